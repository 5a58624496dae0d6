package examples

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
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
	text := readText(answer)
	want := &image.RGBA{Pix: bytes.Clone(enlarged.Pix), Stride: enlarged.Stride, Rect: enlarged.Rect}
	imageserver.Write(want, text)
	if diff := differences(want, answer); diff != "" {
		t.Errorf("%s: the answer is not the picture with %q on it: %s", url, text, diff)
	}
	vars = variables(text)
	for name, want := range map[string]string{
		"REQUEST_METHOD": "POST", "CONTENT_TYPE": m.FormDataContentType(), "CONTENT_LENGTH": strconv.Itoa(length),
	} {
		if vars[name] != want {
			t.Errorf("%s: %s is drawn as %q, want %q", url, name, vars[name], want)
		}
	}
	return vars
}

// differences counts the pixels in which a and b differ; empty: they are the same.
func differences(a, b image.Image) string {
	if a.Bounds() != b.Bounds() {
		return fmt.Sprintf("%v and %v", a.Bounds(), b.Bounds())
	}
	var first image.Point
	n, x, y := 0, asRGBA(a), asRGBA(b)
	if bytes.Equal(x.Pix, y.Pix) {
		return ""
	}
	for i := 0; i < len(x.Pix); i += 4 {
		if !bytes.Equal(x.Pix[i:i+4], y.Pix[i:i+4]) {
			if n == 0 {
				first = image.Pt(i%x.Stride/4, i/x.Stride)
			}
			n++
		}
	}
	return fmt.Sprintf("%d pixels differ, the first at %v", n, first)
}

// asRGBA is img as 4 bytes a pixel.
func asRGBA(img image.Image) *image.RGBA {
	if rgba, ok := img.(*image.RGBA); ok {
		return rgba
	}
	rgba := image.NewRGBA(img.Bounds())
	draw.Draw(rgba, rgba.Bounds(), img, img.Bounds().Min, draw.Src)
	return rgba
}

// Where the image server writes, in pixels.
const (
	left, top              = 10, 10
	letterWidth, lineWidth = 7, (800 - 2*left) / letterWidth
	lineHeight, lineCount  = 15, (800 - 2*top) / 15
)

// A letter is what is black in its place.
type letter [lineHeight * letterWidth]bool

func letterAt(img *image.RGBA, line, column int) (l letter) {
	for i := range l {
		x, y := left+column*letterWidth+i%letterWidth, top+line*lineHeight+i/letterWidth
		l[i] = img.RGBAAt(x, y) == color.RGBA{A: 255}
	}
	return l
}

// letters are those that can be written.
var letters = sync.OnceValue(func() map[letter]byte {
	const first, last = ' ', '~'
	var all []byte
	for c := byte(first); c <= last; c++ {
		all = append(all, c)
	}
	img := image.NewRGBA(image.Rect(0, 0, 800, 800))
	imageserver.Write(img, []string{string(all)})
	known := make(map[letter]byte)
	for i, c := range all {
		known[letterAt(img, 0, i)] = c
	}
	return known
})

// readText reads what is written on an image in black. What is no letter is a NUL.
func readText(from image.Image) (text []string) {
	img, known := asRGBA(from), letters()
	for line := range lineCount {
		var b []byte
		for column := range lineWidth {
			b = append(b, known[letterAt(img, line, column)])
		}
		text = append(text, strings.TrimRight(string(b), " "))
	}
	for len(text) > 0 && text[len(text)-1] == "" {
		text = text[:len(text)-1]
	}
	return text
}

// variables are those of a text, whose long lines go on in indented ones.
func variables(text []string) map[string]string {
	vars, name := make(map[string]string), ""
	for _, line := range text {
		if more, ok := strings.CutPrefix(line, "    "); ok {
			vars[name] += more
			continue
		}
		var value string
		name, value, _ = strings.Cut(line, ":")
		vars[name] = strings.TrimPrefix(value, " ")
	}
	return vars
}
