package compare

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copyOf returns other results with the same values.
func copyOf(t *testing.T, r *Results) *Results {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	c := new(Results)
	if err := json.Unmarshal(b, c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAgainst: a change beyond both spreads is told, one within them is not.
func TestAgainst(t *testing.T) {
	before := fixed(t)
	after := copyOf(t, before)
	set := func(id, metric string, s Summary) {
		row := after.find(id)
		if row == nil {
			t.Fatalf("no %s", id)
		}
		row.Metrics[metric] = s
	}
	const kept, scgi = "direct/postern/fastcgi-kept/unix/32/get", "direct/postern/scgi/unix/32/get"
	before.find(kept).Metrics["cpu"] = Summary{10, 9, 11}
	before.find(kept).Metrics["rate"] = Summary{50_000, 49_000, 52_000}
	before.find(scgi).Metrics["cpu"] = Summary{20, 19, 21}
	before.find(scgi).Metrics["p99"] = Summary{400, 300, 500}
	set(kept, "cpu", Summary{15, 14, 16})
	set(kept, "rate", Summary{60_000, 58_000, 61_000})
	set(scgi, "cpu", Summary{18, 17, 18.5})
	set(scgi, "p99", Summary{600, 480, 700}) // within: 480 to 500 are of both
	got := Against(before, after)
	worse, better, _ := strings.Cut(strings.ReplaceAll(got, "\u00a0", " "), "Better:")
	for _, want := range []struct{ in, text string }{
		{worse, "Worse:"}, {worse, kept + "  CPU of the server  10.0 µs -> 15.0 µs  x 1.50  (9.00 µs to 11.0 µs -> 14.0 µs to 16.0 µs)"},
		{better, kept}, {better, "requests/s"}, {better, "50,000 -> 60,000"}, {better, scgi}, {better, "20.0 µs -> 18.0 µs"},
		{better, "figures are within the spread of the two runs"},
	} {
		if !strings.Contains(strings.Join(strings.Fields(want.in), " "), strings.Join(strings.Fields(want.text), " ")) {
			t.Errorf("no %q in\n%s", want.text, got)
		}
	}
	if strings.Contains(got, "p99") || strings.Contains(got, "machines differ") {
		t.Errorf("too much is told:\n%s", got)
	}
}

// TestAgainstOthers: another machine, another plan, and failed rows.
func TestAgainstOthers(t *testing.T) {
	before := fixed(t)
	after := copyOf(t, before)
	after.Machine.CPU, after.Rounds = "another", 9
	after.Rows[0].Failed = 1
	after.Rows[0].Metrics["cpu"] = Summary{1e6, 1e6, 1e6}
	after.Rows = after.Rows[:len(after.Rows)-1]
	got := Against(before, after)
	for _, want := range []string{"The machines differ", "The runs differ: 3 rounds of 500ms before, 9 of 500ms now", "1 rows were measured then and not now"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "Worse") {
		t.Errorf("a row that has failed is set beside others:\n%s", got)
	}
}

func TestReadResults(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{"{": "unexpected end", `{"Schema": 99}`: "schema 99", `{"Rows": 5}`: "cannot unmarshal"} {
		if err := os.WriteFile(filepath.Join(dir, resultsFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadResults(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
