package compare

import (
	"fmt"
	"strings"
)

// markdown is report.md, whose charts are files beside it.
func (r *Results) markdown() []byte {
	var out strings.Builder
	fmt.Fprintf(&out, "# %s\n\n", r.title())
	for _, w := range r.Warnings {
		fmt.Fprintf(&out, "> **Warning:** %s.\n\n", w)
	}
	if lines := r.brief(); len(lines) > 0 {
		list(&out, "In short", lines)
		fmt.Fprintf(&out, "%s\n\n", briefNote)
	}
	for _, s := range r.sections() {
		fmt.Fprintf(&out, "## %s\n\n", s.title)
		for _, text := range s.text {
			fmt.Fprintf(&out, "%s\n\n", text)
		}
		for _, f := range s.figures {
			fmt.Fprintf(&out, "![%s](%s.svg)\n", f.drawing.Title, f.name)
		}
		if len(s.figures) > 0 {
			out.WriteString("\n")
		}
		if s.table != nil {
			s.table.markdown(&out)
		}
	}
	list(&out, "Failed", r.failures())
	list(&out, "Left out", r.missing())
	out.WriteString("## How it was measured\n\n")
	for _, text := range method {
		fmt.Fprintf(&out, "%s\n\n", text)
	}
	out.WriteString("| | |\n| --- | --- |\n")
	for _, f := range r.facts() {
		fmt.Fprintf(&out, "| %s | %s |\n", f.name, cellText(f.value))
	}
	for _, v := range r.versions() {
		fmt.Fprintf(&out, "| | %s |\n", cellText(v))
	}
	return []byte(out.String())
}

func (r *Results) title() string {
	return "Gateway protocols compared, " + r.Date.Format("2 January 2006")
}

func list(out *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(out, "## %s\n\n", title)
	for _, line := range lines {
		fmt.Fprintf(out, "- %s\n", line)
	}
	out.WriteString("\n")
}

func (g *grid) markdown(out *strings.Builder) {
	fmt.Fprintf(out, "| %s |\n|", strings.Join(g.head, " | "))
	for i := range g.head {
		if i < g.text {
			out.WriteString(" --- |")
		} else {
			out.WriteString(" ---: |")
		}
	}
	out.WriteString("\n")
	for _, row := range g.rows {
		out.WriteString("|")
		for _, c := range row.cells {
			fmt.Fprintf(out, " %s |", cellText(c))
		}
		out.WriteString(strings.Repeat(" |", len(g.head)-len(row.cells)) + "\n")
	}
	out.WriteString("\n")
}

// cellText has a second line of a cell in brackets, and no sign of Markdown's tables.
func cellText(text string) string {
	first, second, ok := strings.Cut(text, "\n")
	if ok {
		first += " (" + second + ")"
	}
	return strings.ReplaceAll(first, "|", `\|`)
}
