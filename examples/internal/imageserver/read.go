package imageserver

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"
)

// Compare reads the variables off an answer of the image server. It returns an error unless all
// else of the answer is the enlarged upload, pixel for pixel. The upload may have no black in it,
// which is the text's.
func Compare(answer image.Image, enlarged *image.RGBA) (variables map[string]string, err error) {
	text := readText(answer)
	want := image.NewRGBA(enlarged.Rect)
	copy(want.Pix, enlarged.Pix)
	Write(want, text)
	return variablesOf(text), differences(want, answer)
}

// differences tells in how many pixels two images differ.
func differences(want *image.RGBA, img image.Image) error {
	got := asRGBA(img)
	switch {
	case want.Rect != got.Rect:
		return fmt.Errorf("the image has %v, want %v", got.Rect, want.Rect)
	case bytes.Equal(want.Pix, got.Pix):
		return nil
	}
	var first image.Point
	n := 0
	for i := 0; i < len(want.Pix); i += 4 {
		if !bytes.Equal(want.Pix[i:i+4], got.Pix[i:i+4]) {
			if n == 0 {
				first = image.Pt(i%want.Stride/4, i/want.Stride)
			}
			n++
		}
	}
	return fmt.Errorf("%d pixels differ, the first at %v", n, first)
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

// A letter is what is black in its place.
type letter [lineHeight * letterWidth]bool

func letterAt(img *image.RGBA, line, column int) (l letter) {
	for i := range l {
		x, y := margin+column*letterWidth+i%letterWidth, margin+line*lineHeight+i/letterWidth
		l[i] = img.RGBAAt(x, y) == color.RGBA{A: 255}
	}
	return l
}

// letters are those that can be written.
var letters = sync.OnceValue(func() map[letter]byte {
	var all []byte
	for c := byte(' '); c <= '~'; c++ {
		all = append(all, c)
	}
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	Write(img, []string{string(all)})
	known := make(map[letter]byte)
	for i, c := range all {
		known[letterAt(img, 0, i)] = c
	}
	return known
})

// readText reads what is written on an image in black. What is no letter is a NUL.
func readText(from image.Image) (text []string) {
	img, known := asRGBA(from), letters()
	for line := range rows {
		var b []byte
		for column := range columns {
			b = append(b, known[letterAt(img, line, column)])
		}
		text = append(text, strings.TrimRight(string(b), " "))
	}
	for len(text) > 0 && text[len(text)-1] == "" {
		text = text[:len(text)-1]
	}
	return text
}

// variablesOf are those of a text, whose long lines go on in indented ones. A space at the end of a
// line is lost.
func variablesOf(text []string) map[string]string {
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
