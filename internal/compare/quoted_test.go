package compare

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/internal/load"
)

// quoted is the set of results that the project's pages quote: the one that the README links to.
func quoted(t *testing.T) (dir string, r *Results) {
	t.Helper()
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`\]\(results/([^/)]+)/report\.md\)`).FindSubmatch(page)
	if m == nil {
		t.Fatal("the README links to no report")
	}
	if r, err = ReadResults(filepath.Join("../../results", string(m[1]))); err != nil {
		t.Fatal(err)
	}
	return string(m[1]), r
}

// TestQuotedTables: what the pages quote is what the results say.
func TestQuotedTables(t *testing.T) {
	dir, r := quoted(t)
	for _, tt := range []struct {
		page, name string
		text       string
	}{
		{"README.md", "peers", r.quotePeers()},
		{"docs/protocols.md", "wires", r.quoteWires("../results/" + dir + "/report.md")},
		{"docs/protocols.md", "nginx", r.quoteNginx()},
	} {
		mark := "<!-- go test ./internal/compare -update writes this: " + tt.name + " -->\n"
		path := filepath.Join("../..", tt.page)
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		before, rest, found := strings.Cut(string(page), mark)
		old, after, ended := strings.Cut(rest, "<!-- until here -->\n")
		if !found || !ended {
			t.Errorf("%s has no place for %q", tt.page, tt.name)
			continue
		}
		if *update {
			if err := os.WriteFile(path, []byte(before+mark+tt.text+"<!-- until here -->\n"+after), 0o666); err != nil {
				t.Fatal(err)
			}
		} else if diff := cmp.Diff(tt.text, old); diff != "" {
			t.Errorf("%s: %s is not that of results/%s: go test ./internal/compare -update writes it anew (-want +got):\n%s", tt.page, tt.name, dir, diff)
		}
	}
}

// quotedFigure is a link to a report whose text begins with a digit.
var quotedFigure = regexp.MustCompile(`\[(\d[^\]]*)\]\(([^)#\s]*results/[^)#\s]+/report\.md)[^)]*\)`)

// TestQuotedFigures: a figure that links to a report stands in it.
func TestQuotedFigures(t *testing.T) {
	dir, _ := quoted(t)
	for _, page := range []string{"../../README.md", "../../docs/protocols.md"} {
		b, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quotedFigure.FindAllStringSubmatch(string(b), -1) {
			report, err := os.ReadFile(filepath.Join(filepath.Dir(page), m[2]))
			if err != nil {
				t.Fatal(err)
			}
			figure := strings.Join(strings.Fields(m[1]), " ") // it may be on two lines
			if text := strings.ReplaceAll(string(report), "\u00a0", " "); !strings.Contains(text, figure) {
				t.Errorf("%s: %q is not in %s", page, figure, m[2])
			}
			if filepath.Base(filepath.Dir(m[2])) != dir {
				t.Errorf("%s: %q is quoted of %s, and the README quotes %s", page, figure, m[2], dir)
			}
		}
	}
}

// quotePeers has a GET over each wire, Postern's beside that of each peer, and who is ahead.
func (r *Results) quotePeers() string {
	columns := [][]string{{"postern"}, {"net-http", "net-http-fcgi"}, {"libfcgi"}, {"uwsgi"}, {"gunicorn"}, {"php-fpm"}}
	g := &grid{head: []string{"processor time of a GET, GETs a second", "Postern", "net/http, net/http/fcgi"}, text: 1 + len(columns)}
	for _, c := range columns[2:] {
		g.head = append(g.head, serverTitle(c[0]))
	}
	var ahead []string
	for _, w := range load.Wires() {
		ours := r.usualRow("postern", w.Name)
		if ours == nil {
			continue
		}
		cells := []string{w.Title}
		for _, names := range columns {
			cell := "-"
			for _, name := range names {
				row := r.usualRow(name, w.Name)
				if row == nil {
					continue
				}
				cell = cellText(row.spread("cpu")) + "<br>" + cellText(row.spread("rate"))
				if row.Metrics["cpu"].Median < ours.Metrics["cpu"].Median {
					ahead = append(ahead, fmt.Sprintf("%s over %s (%s\u00a0×)", serverTitle(name), w.Title, row.ratio(ours, "cpu")))
				}
			}
			cells = append(cells, cell)
		}
		g.rows = append(g.rows, gridRow{cells: cells})
	}
	var out strings.Builder
	fmt.Fprintf(&out, "Measured on %s, on %s, %s, %s.\n\n", r.Date.Format("2 January 2006"), r.facts()[2].value, r.Machine.OS, r.Machine.Go)
	g.markdown(&out)
	fmt.Fprintf(&out, "Who takes less than Postern: %s. ≈: the spreads overlap, it may be chance.\n%s\n", strings.Join(ahead, "; "), r.briefHosts())
	return out.String()
}

// quoteWires has what a GET costs Postern by each wire.
func (r *Results) quoteWires(report string) string {
	g := &grid{head: []string{"a small GET"}, text: 1}
	var rows []*RowResult
	r.each(isUsualOrHost, func(w *load.Wire, row *RowResult) {
		if row.Server == "postern" {
			g.head, rows = append(g.head, w.Title), append(rows, row)
		}
	})
	if host := r.usualRow("postern-cgi", "fastcgi-each"); host != nil {
		g.head, rows = append(g.head, "CGI programs"), append(rows, host)
	}
	line := func(title, section string, of func(*RowResult) string) {
		cells := []string{"[" + title + "](" + report + "#" + section + ")"}
		for _, row := range rows {
			cells = append(cells, strings.ReplaceAll(of(row), "\n", "<br>"))
		}
		g.rows = append(g.rows, gridRow{cells: cells})
	}
	line("processor time", "a-small-request", func(row *RowResult) string { return row.spread("cpu") })
	line("system calls", "what-a-request-costs-on-the-way", func(row *RowResult) string { return r.calls(load.WireNamed(row.Wire), row) })
	bytes := func(name string) func(*RowResult) string {
		return func(row *RowResult) string {
			if isHost(row) { // they are those of the wire by which it is called
				return "-"
			}
			return row.text(name)
		}
	}
	line("bytes of the request", "what-a-request-costs-on-the-way", bytes("sent"))
	line("bytes of the response", "what-a-request-costs-on-the-way", bytes("received"))
	for _, n := range connections {
		line("a second, with "+plural(n, "connection"), "more-connections", func(row *RowResult) string {
			other := row.Row
			other.Connections = n
			return r.cell(other, (*RowResult).text, "rate")
		})
	}
	var out strings.Builder
	g.markdown(&out)
	return out.String()
}

// quoteNginx has what a GET costs by each directive, beside proxy_pass.
func (r *Results) quoteNginx() string {
	g := &grid{head: []string{"nginx has", "GETs a second", "server and nginx", "of the server", "of nginx", "beside proxy_pass"}, text: 1}
	r.each(func(row *RowResult) bool { return row.Front == nginx && row.Server == "postern" && row.Work == "get" }, func(w *load.Wire, row *RowResult) {
		proxy := row.Row
		if proxy.Wire = "http-each"; w.Kept {
			proxy.Wire = "http"
		}
		beside := "-"
		if p := r.find(proxy.ID()); p != nil {
			beside = fmt.Sprintf("%.2f\u00a0×", sum(row)/sum(p))
		}
		g.rows = append(g.rows, gridRow{cells: []string{directive(w), row.spread("rate"), row.both(), row.spread("cpu"), row.spread("front_cpu"), beside}})
	})
	var out strings.Builder
	g.markdown(&out)
	return out.String()
}

func sum(row *RowResult) float64 {
	return row.Metrics["cpu"].Median + row.Metrics["front_cpu"].Median
}
