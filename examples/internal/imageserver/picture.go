package imageserver

import (
	"fmt"
	"image"
	"image/color"
	"slices"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/postern-gateway/postern/protocol"
)

const (
	side   = 800 // pixels
	margin = 10

	letterWidth = 7 // of the font, in pixels
	lineHeight  = 15
	columns     = (side - 2*margin) / letterWidth
	rows        = (side - 2*margin) / lineHeight
)

// Enlarge returns in as 800 x 800 pixels.
func Enlarge(in image.Image) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.ApproxBiLinear.Scale(out, out.Bounds(), in, in.Bounds(), draw.Src, nil)
	return out
}

// Write draws lines of text on the picture in black, from the corner at the top.
func Write(to *image.RGBA, text []string) {
	face := basicfont.Face7x13
	d := &font.Drawer{Dst: to, Src: image.NewUniform(color.Black), Face: face}
	for i, line := range text {
		d.Dot = fixed.P(margin, margin+face.Ascent+i*lineHeight)
		d.DrawString(line)
	}
}

// lines are the variables of a request as text that fits on the picture.
func lines(r *protocol.Request) (text []string) {
	for name, value := range r.Params.All() {
		if shown(r, name) {
			text = append(text, name+": "+printable(value))
		}
	}
	slices.Sort(text)
	text = wrap(text)
	if n := len(text); n > rows {
		text = append(text[:rows-1], fmt.Sprintf("and %d lines more", n-rows+1))
	}
	return text
}

// printable shows what the font has no letters for as it is written in Go.
func printable(s string) string {
	q := fmt.Sprintf("%+q", s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

// wrap breaks long lines.
func wrap(text []string) (wrapped []string) {
	for _, line := range text {
		for len(line) > columns {
			wrapped = append(wrapped, line[:columns])
			line = "    " + line[columns:]
		}
		wrapped = append(wrapped, line)
	}
	return wrapped
}
