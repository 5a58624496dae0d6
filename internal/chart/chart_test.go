package chart

import (
	"encoding/xml"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// wellFormed fails the test where a drawing is no XML, or has a coordinate that is no number.
func wellFormed(t *testing.T, svg string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
					t.Errorf("%s %s=%q", e.Name.Local, a.Name.Local, a.Value)
				}
			}
		}
	}
}

func plain(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

func TestBars(t *testing.T) {
	d := Bars("Cost <of> all", "A note that is so long that it takes more than the one line that most of the notes take, here & there.", []BarGroup{
		{Title: "one", Bars: []Bar{{Label: "A & B", Value: 10, Min: 8, Max: 11, Kind: Ours}, {Label: "C", Value: 20, Min: 20, Max: 20}}},
		{Title: "two", Bars: []Bar{{Label: "nothing", Kind: OursSecond}}},
	}, plain)
	svg := d.SVG()
	wellFormed(t, svg)
	wellFormed(t, d.Inline())
	for _, want := range []string{"<title>Cost &lt;of&gt; all</title>", ">A &amp; B</text>", "fill:var(--ours)", ">10</text>", ">20</text>", "prefers-color-scheme:dark"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %q in\n%s", want, svg)
		}
	}
	if strings.Count(svg, `class="spread"`) != 1 {
		t.Error("one bar has a spread")
	}
	if strings.Contains(d.Inline(), "<style>") {
		t.Error("a part of a page has a style of its own")
	}
}

// TestBarsAreOnOneScale: twice the value is twice the width, and one that is far longer is cut.
func TestBarsAreOnOneScale(t *testing.T) {
	if got := longest([]BarGroup{{Bars: []Bar{{Value: 10}, {Value: 20, Max: 24}, {Value: 15}}}}); got != 24 {
		t.Errorf("the longest is %v", got)
	}
	far := []BarGroup{{Bars: []Bar{{Label: "far", Value: 1000, Max: 1000, Min: 900}, {Value: 10, Max: 10}, {Value: 5, Max: 5}}}}
	if got := longest(far); got != 14 {
		t.Errorf("beside one that is cut the longest is %v", got)
	}
	svg := Bars("", "", far, plain).SVG()
	wellFormed(t, svg)
	if !strings.Contains(svg, ">1000</text>") {
		t.Error("the value of what is cut is missing")
	}
	for _, empty := range [][]BarGroup{nil, {{Title: "x"}}, {{Bars: []Bar{{}}}}} {
		wellFormed(t, Bars("", "", empty, plain).SVG())
	}
}

// TestLongLabels: a label that is longer than most has room, at the cost of the bars.
func TestLongLabels(t *testing.T) {
	one := func(label string) []BarGroup { return []BarGroup{{Bars: []Bar{{Label: label, Value: 10}}}} }
	if got := widthOfLabels(one("short")); got != labelWidth {
		t.Errorf("for a short label %v", got)
	}
	const long = "a server with a long name"
	left := widthOfLabels(one(long))
	if left < 16+textWidth(long, textSize) {
		t.Errorf("for a long label %v", left)
	}
	if svg := Bars("", "", one(long), plain).SVG(); !strings.Contains(svg, `<rect x="`+number(left)+`"`) || !strings.Contains(svg, `width="`+number(width-left-valueWidth)+`"`) {
		t.Errorf("its bar does not begin at %v:\n%s", left, svg)
	}
}

func TestCurves(t *testing.T) {
	axes := Axes{X: "x", Y: "y", YFormat: plain, XTicks: []Tick{{At: 1, Text: "one"}, {At: 100, Text: "hundred"}, {At: 1e6, Text: "out"}}}
	svg := Curves("Growth", "", axes, []Curve{
		{Label: "up", Points: []Point{{X: 1, Y: 1, Min: 0.9, Max: 1.2}, {X: 100, Y: 50}}},
		{Label: "the same", Points: []Point{{X: 1, Y: 2}, {X: 100, Y: 50}}},
		{Label: "left out", Points: []Point{{X: 0, Y: 2}, {X: 100, Y: -1}}},
	}).SVG()
	wellFormed(t, svg)
	if strings.Count(svg, `class="curve"`) != 2 || strings.Contains(svg, "left out") || strings.Contains(svg, ">out<") {
		t.Errorf("want two curves, and two ticks:\n%s", svg)
	}
	for _, few := range [][]Curve{nil, {{Label: "a point", Points: []Point{{X: 5, Y: 5}}}}} {
		wellFormed(t, Curves("", "", axes, few).SVG())
	}
}

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		least, most float64
		want        string
	}{
		{1, 10, "1 2 5 10"}, {20, 500, "20 50 100 200 500"}, {10, 1e5, "10 100 1000 1e+04 1e+05"}, {0.5, 2, "0.5 1 2"},
	} {
		var got []string
		for _, v := range logTicks(tt.least, tt.most) {
			got = append(got, plain(v))
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%v to %v: %s, want %s", tt.least, tt.most, text, tt.want)
		}
	}
	for v, want := range map[float64][2]float64{7: {5, 10}, 10: {10, 10}, 0.03: {0.02, 0.05}, 1500: {1000, 2000}} {
		if below, above := niceBelow(v), niceAbove(v); math.Abs(below/want[0]-1) > 1e-9 || math.Abs(above/want[1]-1) > 1e-9 {
			t.Errorf("%v: %v and %v, want %v", v, below, above, want)
		}
	}
}
