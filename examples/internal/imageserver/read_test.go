package imageserver

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is written can be read, and a pixel that is another is found.
func TestCompare(t *testing.T) {
	blank := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range blank.Pix {
		blank.Pix[i] = 0xee
	}
	long := strings.Repeat("long-", 60)
	want := map[string]string{"HTTP_A": `!"#$%&'()*+,-./09:;<=>?@AZ[\]^_az{|}~`, "HTTP_B": "", "HTTP_C": long}
	img := image.NewRGBA(blank.Rect)
	copy(img.Pix, blank.Pix)
	Write(img, wrap([]string{"HTTP_A: " + want["HTTP_A"], "HTTP_B: ", "HTTP_C: " + long}))
	got, err := Compare(img, blank)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
	img.Set(700, 10, color.RGBA{1, 2, 3, 255})
	if _, err := Compare(img, blank); err == nil || err.Error() != "1 pixels differ, the first at (700,10)" {
		t.Errorf("another pixel: %v", err)
	}
	if _, err := Compare(image.NewGray(image.Rect(0, 0, 9, 9)), blank); err == nil {
		t.Error("another size: no error")
	}
}
