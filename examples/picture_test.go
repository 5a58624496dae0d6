package examples

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/postern-gateway/postern/examples/internal/imageserver"
)

// picture is a PNG of 400 x 400 pixels, and what becomes of it without the text. It has no black in
// it: black is the text's. No part of it is like another, so that nothing can be moved unseen.
var picture = sync.OnceValues(func() (file []byte, enlarged *image.RGBA) {
	const side = 400
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			img.SetRGBA(x, y, color.RGBA{uint8(64 + x*191/side), uint8(64 + y*191/side), uint8(64 + (x^y)&64), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes(), imageserver.Enlarge(img)
})

// upload posts the picture to url as a form's file and returns the variables that are drawn on the
// answer. All else of the answer must be the picture, enlarged.
func upload(t *testing.T, client *http.Client, url string) (vars map[string]string) {
	t.Helper()
	file, enlarged := picture()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	w, err := m.CreateFormFile("image_data", "picture.png")
	if err == nil {
		_, err = w.Write(file)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	length := form.Len()
	res, err := client.Post(url, m.FormDataContentType(), &form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || res.Header.Get("Content-Type") != "image/png" {
		t.Fatalf("%s: %s, %v, %.200q", url, res.Status, err, b)
	}
	answer, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	vars, err = imageserver.Compare(answer, enlarged)
	if err != nil {
		t.Errorf("%s: the answer is not the picture with %q on it: %v", url, vars, err)
	}
	for name, want := range map[string]string{
		"REQUEST_METHOD": "POST", "CONTENT_TYPE": m.FormDataContentType(), "CONTENT_LENGTH": strconv.Itoa(length),
	} {
		if vars[name] != want {
			t.Errorf("%s: %s is drawn as %q, want %q", url, name, vars[name], want)
		}
	}
	return vars
}
