package chart

import (
	"fmt"
	"html"
	"strings"
)

// The width of every drawing, and the heights of its text, in its own units.
const (
	width     = 460
	textSize  = 12
	smallSize = 11
	titleSize = 14
	wordWidth = 0.55 // of a letter, as a part of its height, about
)

// Style is the CSS that drawings need. [Drawing.SVG] has it in itself.
const Style = `.chart{--paper:#fff;--ink:#1d2430;--soft:#667085;--line:#dfe3ea;--ours:#2563c9;--ours2:#8fb4ee;--peer:#b4bcc8;` +
	`--c0:#2563c9;--c1:#d4622a;--c2:#17875f;--c3:#a23ea0;--c4:#94700f;--c5:#0e8ba3;--c6:#5a6577;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
@media (prefers-color-scheme:dark){.chart{--paper:#14181f;--ink:#e6e9ef;--soft:#98a2b3;--line:#303845;--ours:#5b9bff;--ours2:#2f5a9c;--peer:#5a6575;` +
	`--c0:#5b9bff;--c1:#f08c4f;--c2:#42c492;--c3:#d97ad6;--c4:#d9b23f;--c5:#42bfd8;--c6:#98a2b3}}
@media print{.chart{--paper:#fff;--ink:#000;--soft:#444;--line:#ccc;--ours:#2563c9;--ours2:#8fb4ee;--peer:#b4bcc8;` +
	`--c0:#2563c9;--c1:#d4622a;--c2:#17875f;--c3:#a23ea0;--c4:#94700f;--c5:#0e8ba3;--c6:#5a6577}}
.chart text{fill:var(--ink);font-size:12px}
.chart .title{font-size:14px;font-weight:600}.chart .group{font-weight:600;font-size:11.5px}
.chart .small{font-size:11px}.chart .soft{fill:var(--soft)}.chart .value{font-variant-numeric:tabular-nums}
.chart .end{text-anchor:end}.chart .middle{text-anchor:middle}
.chart .grid{stroke:var(--line);stroke-width:1}.chart .spread{stroke:var(--ink);stroke-width:1.2;fill:none;opacity:.75}
.chart .curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
`

// A Drawing is one chart.
type Drawing struct {
	Title  string
	height float64
	body   strings.Builder
}

// SVG returns the drawing as a file.
func (d *Drawing) SVG() string { return d.svg(`<style>` + Style + `</style>`) }

// Inline returns the drawing for an HTML page that has [Style] in its own.
func (d *Drawing) Inline() string { return d.svg("") }

func (d *Drawing) svg(style string) string {
	title := html.EscapeString(d.Title)
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %d %s" role="img" aria-label="%s"><title>%s</title>%s<rect width="100%%" height="100%%" fill="var(--paper)"/>`,
		width, number(d.height), title, title, style) + "\n" + d.body.String() + "</svg>\n"
}

// heading writes the title and the note below it.
func (d *Drawing) heading(title, note string) {
	d.Title, d.height = title, titleSize+8
	d.text(0, d.height-4, "title", title)
	for _, line := range wrap(note, width, smallSize) {
		d.height += smallSize + 4
		d.text(0, d.height-2, "small soft", line)
	}
	d.height += 8
}

func (d *Drawing) text(x, y float64, class, text string) {
	fmt.Fprintf(&d.body, `<text x="%s" y="%s" class="%s">%s</text>`+"\n", number(x), number(y), class, html.EscapeString(text))
}

func (d *Drawing) line(x1, y1, x2, y2 float64, class, style string) {
	fmt.Fprintf(&d.body, `<line x1="%s" y1="%s" x2="%s" y2="%s" class="%s"`, number(x1), number(y1), number(x2), number(y2), class)
	if style != "" {
		fmt.Fprintf(&d.body, ` style="%s"`, style)
	}
	d.body.WriteString("/>\n")
}

// number writes a coordinate with at most one digit after the point.
func number(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}

// textWidth is about how wide a text is.
func textWidth(text string, size float64) float64 {
	return float64(len([]rune(text))) * size * wordWidth
}

// wrap breaks a text into lines that are at most so wide.
func wrap(text string, wide, size float64) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && textWidth(line+" "+word, size) > wide {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
