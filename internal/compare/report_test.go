package compare

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata's reports anew")

// fixed are the results of testdata/fixed, which are no machine's.
func fixed(t *testing.T) *Results {
	t.Helper()
	r, err := ReadResults("testdata/fixed")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReport: what is written of fixed results is what lies beside them.
func TestReport(t *testing.T) {
	files, err := fixed(t).files()
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range files {
		path := filepath.Join("testdata/fixed", name)
		if *update {
			if err := os.WriteFile(path, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: go test ./internal/compare -update writes it anew (-want +got):\n%s", name, diff)
		}
		if strings.HasSuffix(name, ".svg") {
			isXML(t, name, got)
		}
	}
	lying, err := os.ReadDir("testdata/fixed")
	if err != nil || len(lying) != len(files) {
		t.Errorf("%d files lie there, %d are written: %v", len(lying), len(files), err)
	}
}

func isXML(t *testing.T, name string, text []byte) {
	t.Helper()
	for d := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// TestReportIsOneFile: the page asks for nothing else, and its every link leads somewhere.
func TestReportIsOneFile(t *testing.T) {
	page, err := fixed(t).html()
	if err != nil {
		t.Fatal(err)
	}
	for _, not := range []string{"src=", "<link", "@import", "url(", "<script", "http://127", "https:"} {
		if bytes.Contains(page, []byte(not)) {
			t.Errorf("it has %q", not)
		}
	}
	for _, part := range strings.Split(string(page), `href="#`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		if !bytes.Contains(page, []byte(`id="`+id+`"`)) {
			t.Errorf("nothing is at #%s", id)
		}
	}
	if !bytes.Contains(page, []byte("&lt;script&gt;")) || !bytes.Contains(page, []byte("gunicorn is not installed")) {
		t.Error("an error's text, escaped, or what was left out is missing")
	}
}

// TestEmptyReport: results without a row make a report all the same.
func TestEmptyReport(t *testing.T) {
	if _, err := new(Results).files(); err != nil {
		t.Error(err)
	}
}

func TestFormat(t *testing.T) {
	for _, tt := range []struct {
		unit string
		v    float64
		want string
	}{
		{"", 0, "0"}, {"", 3, "3.00"}, {"", 9.999, "10.0"}, {"", 99.96, "100"}, {"", 3.14159, "3.14"}, {"", 31.4159, "31.4"}, {"", 314.159, "314"}, {"", 1234567, "1,234,567"}, {"", 999.6, "1,000"},
		{"us", 9.5, "9.50 µs"}, {"us", 987, "987 µs"}, {"us", 9876, "9.88 ms"}, {"us", 1000, "1.00 ms"}, {"us", 999.7, "1.00 ms"}, {"us", 49, "49.0 µs"}, {"us", 12345, "12.3 ms"}, {"us", 2.5e6, "2.50 s"},
		{"B", 864, "864 B"}, {"B", 12 << 10, "12 KB"}, {"B", 18.75 * (1 << 20), "18.8 MB"},
	} {
		m := metric{unit: tt.unit}
		if got := strings.ReplaceAll(m.format(tt.v), "\u00a0", " "); got != tt.want {
			t.Errorf("%v %s: %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
	for v, want := range map[float64]string{1: "1", 31.25: "31.2", 1000: "1,000", 12345.6: "12,346"} {
		if got := formatNumber(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{10: "10 µs", 2000: "2 ms", 1e6: "1 s"} {
		if got := strings.ReplaceAll(metricNamed("cpu").tick(v), "\u00a0", " "); got != want {
			t.Errorf("at an axis %v: %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]float64{0: 0, 123456: 123500, 0.012344: 0.01234, 1e-9: 1e-9, 17.666666: 17.67} {
		if got := round(v); got != want {
			t.Errorf("round(%v) = %v, want %v", v, got, want)
		}
	}
}

// TestRatio: where the spreads have values in common it is told.
func TestRatio(t *testing.T) {
	row := func(s Summary) *RowResult { return &RowResult{Metrics: map[string]Summary{"cpu": s}} }
	ours := row(Summary{20, 18, 25})
	for _, tt := range []struct {
		row  *RowResult
		to   *RowResult
		want string
	}{
		{ours, ours, "1.0"}, {row(Summary{40, 26, 44}), ours, "2.0"}, {row(Summary{16, 15, 18}), ours, "≈ 0.8"}, {row(Summary{10, 9, 17.9}), ours, "0.5"},
		{row(Summary{}), nil, "-"}, {new(RowResult), ours, "-"}, {ours, new(RowResult), "-"},
	} {
		if got := strings.ReplaceAll(tt.row.ratio(tt.to, "cpu"), "\u00a0", " "); got != tt.want {
			t.Errorf("%v of %v: %q, want %q", tt.row, tt.to, got, tt.want)
		}
	}
}

func TestShortVersion(t *testing.T) {
	for text, want := range map[string]string{
		"nginx version: nginx/1.22.1": "1.22.1", "gunicorn (version 20.1.0)": "20.1.0", "2.0.21-debian": "2.0.21-debian",
		"PHP 8.2.36 (fpm-fcgi) (built: Nov 18 2026 20:02:04)": "8.2.36", "its program is in C": "its program is in C", "": "",
	} {
		if got := shortVersion(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSummarize(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   Summary
	}{
		{[]float64{5}, Summary{5, 5, 5}}, {[]float64{3, 1, 2}, Summary{2, 1, 3}}, {[]float64{4, 1, 2, 3}, Summary{2.5, 1, 4}},
	} {
		if got := summarize(tt.values); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.values, got, tt.want)
		}
	}
}

// TestBodiesTable: works with bodies stand there where they were measured by more than one number
// of connections.
func TestBodiesTable(t *testing.T) {
	r := fixed(t)
	if rows := r.bodiesTable().rows; len(rows) > 0 {
		t.Errorf("%d rows, where all was measured by 32 connections: %q", len(rows), rows[0].cells)
	}
	row := *r.find("direct/postern/http/unix/32/post64k")
	row.ID, row.Connections = "direct/postern/http/unix/256/post64k", 256
	row.Metrics = map[string]Summary{"rate": {Median: 1000}, "cpu": {Median: 50}}
	r.Rows = append(r.Rows, row)
	var got [][]string
	for _, row := range r.bodiesTable().rows {
		got = append(got, row.cells)
	}
	want := [][]string{{"HTTP", "POST, 64 KB", "-", "24,500\n28.8\u00a0µs", "1,000\n50.0\u00a0µs"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
