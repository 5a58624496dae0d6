package compare

import (
	"bytes"
	_ "embed"
	"html/template"
	"strings"
	"sync"

	"github.com/postern-gateway/postern/internal/chart"
)

//go:embed report.html
var page string

var pageTemplate = sync.OnceValue(func() *template.Template { return template.Must(template.New("report").Parse(page)) })

// A pageData is what report.html, a template, is filled with.
type pageData struct {
	Title, Subtitle           string
	Style                     template.CSS
	Brief                     []string
	BriefNote                 string
	Sections                  []pageSection
	Warnings, Failed, LeftOut []string
	Method, Programs          []string
	Facts                     []pageFact
}

type pageFact struct{ Name, Value string }

type pageSection struct {
	ID, Title string
	Text      []string
	Figures   []template.HTML
	Head      []pageCell
	Rows      []pageRow
}

type pageRow struct {
	Ours  bool
	First bool // its first cell says something else than that of the row above
	Cells []pageCell
}

// A pageCell is one of a table: text or a number, with a second line.
type pageCell struct {
	Text, More string
	Number     bool
	Span       int // of columns, where it is not 0
}

// html is report.html, which needs no other file.
func (r *Results) html() ([]byte, error) {
	m := &r.Machine
	p := pageData{Title: r.title(), Subtitle: m.CPU + ", " + plural(m.Cores, "core") + ", " + m.OS, Style: template.CSS(chart.Style), Brief: r.brief(), BriefNote: briefNote,
		Warnings: r.Warnings, Failed: r.failures(), LeftOut: r.missing(), Method: method, Programs: r.versions()}
	for _, f := range r.facts() {
		p.Facts = append(p.Facts, pageFact{f.name, f.value})
	}
	for _, s := range r.sections() {
		ps := pageSection{ID: strings.ReplaceAll(strings.ToLower(s.title), " ", "-"), Title: s.title, Text: s.text}
		for _, f := range s.figures {
			// Its texts have been escaped.
			ps.Figures = append(ps.Figures, template.HTML(f.drawing.Inline()))
		}
		if s.table != nil {
			ps.Head, ps.Rows = s.table.page()
		}
		p.Sections = append(p.Sections, ps)
	}
	var out bytes.Buffer
	err := pageTemplate().Execute(&out, p)
	return out.Bytes(), err
}

func (g *grid) page() (head []pageCell, rows []pageRow) {
	for i, text := range g.head {
		head = append(head, pageCell{Text: text, Number: i >= g.text})
	}
	for i, row := range g.rows {
		pr := pageRow{Ours: row.ours, First: i > 0 && row.cells[0] != g.rows[i-1].cells[0]}
		for i, text := range row.cells {
			first, more, _ := strings.Cut(text, "\n")
			pr.Cells = append(pr.Cells, pageCell{Text: first, More: more, Number: i >= g.text})
		}
		if n := len(pr.Cells); n < len(g.head) {
			last := &pr.Cells[n-1]
			last.Number, last.Span = false, len(g.head)-n+1
		}
		rows = append(rows, pr)
	}
	return head, rows
}
