package chart

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// A Point of a curve has a spread where Min and Max differ.
type Point struct{ X, Y, Min, Max float64 }

// A Curve is a line through points, whose label stands at its end.
type Curve struct {
	Label  string
	Points []Point
}

// A Tick is a place on an axis with a text.
type Tick struct {
	At   float64
	Text string
}

// Axes say what the two axes show. Both are logarithmic.
type Axes struct {
	X, Y   string // what they show
	XTicks []Tick
	// YFormat writes the values at the vertical axis, which are chosen by the data.
	YFormat func(float64) string
}

// The measures of a chart of curves.
const (
	plotLeft   = 58
	plotRight  = width - 128
	plotHeight = 210
	labelStep  = 14
)

// dashes tell curves apart where there is no colour.
var dashes = []string{"", "7 3", "2 3", "9 3 2 3", "4 2", "1 4", "12 4"}

// Curves draws curves with both axes logarithmic. Values that are not positive are left out.
func Curves(title, note string, axes Axes, curves []Curve) *Drawing {
	d := new(Drawing)
	d.heading(title, note)
	p := newPlot(d.height+textSize+10, curves)
	d.text(0, d.height+12, "small soft", axes.Y)
	d.height = p.top + plotHeight
	for _, t := range logTicks(p.minY, p.maxY) {
		y := p.y(t)
		d.line(plotLeft, y, plotRight, y, "grid", "")
		d.text(plotLeft-6, y+4, "small soft end", axes.YFormat(t))
	}
	for _, t := range axes.XTicks {
		if x := p.x(t.At); x >= plotLeft-1 && x <= plotRight+1 {
			d.line(x, d.height, x, d.height+4, "grid", "")
			d.text(x, d.height+16, "small soft middle", t.Text)
		}
	}
	d.text((plotLeft+plotRight)/2, d.height+32, "small soft middle", axes.X)
	for i, c := range curves {
		d.curve(p, c, i)
	}
	d.labels(p, curves)
	d.height += 40
	return d
}

// A plot maps values to places.
type plot struct {
	top                    float64
	minX, maxX, minY, maxY float64
}

func newPlot(top float64, curves []Curve) *plot {
	p := &plot{top: top, minX: math.Inf(1), maxX: math.Inf(-1), minY: math.Inf(1), maxY: math.Inf(-1)}
	for _, c := range curves {
		for _, pt := range positive(c.Points) {
			p.minX, p.maxX = min(p.minX, pt.X), max(p.maxX, pt.X)
			p.minY, p.maxY = min(p.minY, pt.Y, cmp.Or(pt.Min, pt.Y)), max(p.maxY, pt.Y, pt.Max)
		}
	}
	if p.minX > p.maxX { // there is no point
		p.minX, p.maxX, p.minY, p.maxY = 1, 10, 1, 10
	}
	if p.minX == p.maxX {
		p.maxX *= 10
	}
	if p.minY, p.maxY = niceBelow(p.minY), niceAbove(p.maxY); p.minY == p.maxY {
		p.maxY *= 10
	}
	return p
}

func positive(points []Point) []Point {
	return slices.DeleteFunc(slices.Clone(points), func(p Point) bool { return p.X <= 0 || p.Y <= 0 })
}

func (p *plot) x(v float64) float64 {
	return plotLeft + (plotRight-plotLeft)*math.Log(v/p.minX)/math.Log(p.maxX/p.minX)
}

func (p *plot) y(v float64) float64 {
	return p.top + plotHeight - plotHeight*math.Log(v/p.minY)/math.Log(p.maxY/p.minY)
}

func (d *Drawing) curve(p *plot, c Curve, number int) {
	var path strings.Builder
	points := positive(c.Points)
	colour := fmt.Sprintf("var(--c%d)", number%7)
	for i, pt := range points {
		verb := "L"
		if i == 0 {
			verb = "M"
		}
		fmt.Fprintf(&path, "%s%.1f %.1f", verb, p.x(pt.X), p.y(pt.Y))
		if pt.Min > 0 && pt.Max > pt.Min {
			d.line(p.x(pt.X), p.y(pt.Min), p.x(pt.X), p.y(pt.Max), "", "stroke:"+colour+";stroke-width:1;opacity:.6")
		}
	}
	if len(points) == 0 {
		return
	}
	fmt.Fprintf(&d.body, `<path class="curve" d="%s" style="stroke:%s" stroke-dasharray="%s"/>`+"\n", path.String(), colour, dashes[number%len(dashes)])
	if len(points) < 8 {
		for _, pt := range points {
			fmt.Fprintf(&d.body, `<circle cx="%.1f" cy="%.1f" r="2.6" style="fill:%s"/>`+"\n", p.x(pt.X), p.y(pt.Y), colour)
		}
	}
}

// labels writes each curve's label beside its end, and moves labels apart that would overlap.
func (d *Drawing) labels(p *plot, curves []Curve) {
	type label struct {
		text      string
		colour    string
		fromX, at float64
		end       float64
	}
	var all []label
	for i, c := range curves {
		if points := positive(c.Points); len(points) > 0 {
			last := points[len(points)-1]
			all = append(all, label{text: c.Label, colour: fmt.Sprintf("var(--c%d)", i%7), fromX: p.x(last.X), at: p.y(last.Y), end: p.y(last.Y)})
		}
	}
	slices.SortStableFunc(all, func(a, b label) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(all); i++ {
		all[i].at = max(all[i].at, all[i-1].at+labelStep)
	}
	bottom := p.top + plotHeight + 4
	for i := len(all) - 1; i >= 0; i-- {
		all[i].at = min(all[i].at, bottom)
		bottom = all[i].at - labelStep
	}
	for _, l := range all {
		d.line(l.fromX+3, l.end, plotRight+10, l.at, "", "stroke:"+l.colour+";stroke-width:1;opacity:.45")
		fmt.Fprintf(&d.body, `<text x="%d" y="%s" class="small" style="fill:%s">%s</text>`+"\n", plotRight+13, number(l.at+4), l.colour, html.EscapeString(l.text))
	}
}

// logTicks returns round values from least to most: those of 1, 2 and 5 where few tens lie between.
func logTicks(least, most float64) (ticks []float64) {
	steps := []float64{1, 2, 5}
	if most/least > 200 {
		steps = steps[:1]
	}
	for ten := math.Pow(10, math.Floor(math.Log10(least))); ten <= most*1.001; ten *= 10 {
		for _, s := range steps {
			if v := ten * s; v >= least*0.999 && v <= most*1.001 {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// niceBelow is the next of 1, 2 and 5 times a power of ten that is not more than v.
func niceBelow(v float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(v)))
	for _, s := range []float64{5, 2} {
		if ten*s <= v*1.001 {
			return ten * s
		}
	}
	return ten
}

// niceAbove is the next that is not less.
func niceAbove(v float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(v)))
	for _, s := range []float64{1, 2, 5} {
		if ten*s >= v*0.999 {
			return ten * s
		}
	}
	return ten * 10
}
