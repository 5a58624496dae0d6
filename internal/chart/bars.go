package chart

import (
	"fmt"
	"slices"
)

// A Kind chooses the colour of a bar.
type Kind int

const (
	Peer       Kind = iota // grey
	Ours                   // the colour that stands out
	OursSecond             // a lighter one
)

var kindColours = [...]string{Peer: "--peer", Ours: "--ours", OursSecond: "--ours2"}

// A Bar is a value and its spread. Where Min and Max are equal no spread is drawn.
type Bar struct {
	Label           string
	Value, Min, Max float64
	Kind            Kind
}

// A BarGroup has a heading of its own.
type BarGroup struct {
	Title string
	Bars  []Bar
}

// The measures of a chart of bars.
const (
	barHeight  = 14
	barStep    = 20
	groupSpace = 10
	labelWidth = 136 // at least
	valueWidth = 66
	outlier    = 2.5
)

// Bars draws bars from the left, on one scale that begins at 0. Each has its value behind it, as
// format writes it. A bar that is far longer than all others is drawn cut.
func Bars(title, note string, groups []BarGroup, format func(float64) string) *Drawing {
	d := new(Drawing)
	d.heading(title, note)
	most := longest(groups)
	left := widthOfLabels(groups)
	scale := (width - left - valueWidth) / most
	for i, g := range groups {
		if g.Title != "" {
			if i > 0 {
				d.height += groupSpace
			}
			d.height += textSize + 4
			d.text(0, d.height-4, "group", g.Title)
		}
		for _, b := range g.Bars {
			d.bar(b, left, most, scale, format)
		}
	}
	d.height += 6
	return d
}

// longest is the value of a bar that takes the whole width. One bar that would leave little room to
// all others, being more than outlier times as long as the next, is cut.
func longest(groups []BarGroup) float64 {
	var values []float64
	for _, g := range groups {
		for _, b := range g.Bars {
			values = append(values, max(b.Value, b.Max))
		}
	}
	slices.Sort(values)
	n := len(values)
	switch {
	case n == 0 || values[n-1] <= 0:
		return 1
	case n > 2 && values[n-2] > 0 && values[n-1] > outlier*values[n-2]:
		return 1.4 * values[n-2]
	}
	return values[n-1]
}

// widthOfLabels is how much the longest label takes, with the space behind it.
func widthOfLabels(groups []BarGroup) float64 {
	wide := float64(labelWidth)
	for _, g := range groups {
		for _, b := range g.Bars {
			wide = max(wide, 16+1.1*textWidth(b.Label, textSize)) // some fonts are wider than most
		}
	}
	return wide
}

// bar draws one whose left end is at left.
func (d *Drawing) bar(b Bar, left, most, scale float64, format func(float64) string) {
	text := format(b.Value)
	cut := b.Value > most
	if cut {
		b.Value, b.Min, b.Max = most, most, most
	}
	b.Max = min(b.Max, most)
	top, middle := d.height+(barStep-barHeight)/2, d.height+barStep/2
	d.text(left-8, middle+4, "end", b.Label)
	fmt.Fprintf(&d.body, `<rect x="%s" y="%s" width="%s" height="%d" rx="2" style="fill:var(%s)"/>`+"\n",
		number(left), number(top), number(max(1, b.Value*scale)), barHeight, kindColours[b.Kind])
	end := left + b.Value*scale
	if b.Max > b.Min {
		from, to := left+b.Min*scale, left+b.Max*scale
		fmt.Fprintf(&d.body, `<path class="spread" d="M%s %sv6M%s %sH%sM%s %sv6"/>`+"\n",
			number(from), number(middle-3), number(from), number(middle), number(to), number(to), number(middle-3))
		end = max(end, to)
	}
	if cut {
		fmt.Fprintf(&d.body, `<path d="M%s %sl5 -%dh5l-5 %dz" style="fill:var(--paper)"/>`+"\n", number(end-22), number(top+barHeight+1), barHeight+2, barHeight+2)
	}
	d.text(end+6, middle+4, "small value", text)
	d.height += barStep
}
