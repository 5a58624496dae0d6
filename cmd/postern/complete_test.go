package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a shell asks when Tab is pressed, and what it is told. The last line of it is what the shell
// does: 2 is no space, 4 no files.
func TestCompletion(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"app.sock", "app.cgi", ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ typed, want, not string }{
		{"ser", "serve :4", "version"},
		{"serve|--listen|", "auto:// auto+unix: fastcgi:// fastcgi+unix: http:// http+unix: scgi:// scgi+unix: uwsgi:// uwsgi+unix: :6", "cgi: demo: files:"},
		{"serve|--listen|fast", "fastcgi:// fastcgi+unix: :6", "auto://"},
		{"serve|--to|", "cgi: fastcgi:// files: http:// demo: :6", "auto://"},
		{"serve|--to|f", "fastcgi:// fastcgi+unix: files: :6", "cgi:"},
		{"serve|--to|cgi:DIR/", "cgi:DIR/app.cgi cgi:DIR/app.sock cgi:DIR/bin/ :6", "cgi:DIR/.hidden"},
		{"serve|--to|cgi:DIR/.h", "cgi:DIR/.hidden :6", "cgi:DIR/bin/"},
		{"serve|--listen|scgi+unix:DIR/app.s", "scgi+unix:DIR/app.sock :6", "scgi+unix:DIR/app.cgi"},
		{"serve|--listen|scgi://", ":6", "scgi://"},
		{"serve|--listen|scgi://:4000?", "scgi://:4000?allow= scgi://:4000?mode= :6", "scgi://:4000?keep="},
		{"serve|--to|http://:80?keep=1&max-", "http://:80?keep=1&max-age= http://:80?keep=1&max-open= :6", "http://:80?keep=1&mount="},
		{"serve|--to|gopher:", ":6", "gopher:"},
		{"serve|--at|/wiki=fast", "/wiki=fastcgi:// /wiki=fastcgi+unix: :6", ""},
		{"serve|--at|/wi", ":6", ""},
		{"tap|--to|sc", "scgi:// scgi+unix: :6", ""},
		{"explore|--tap|sc", "scgi:// scgi+unix: :6", ""},
		{"rpc|", "uwsgi:// uwsgi+unix: :6", "http://"},
		{"get|fast", "fastcgi:// fastcgi+unix: fastcgis:// :6", "auto://"},
		{"get|fastcgi+unix:DIR/app.s", "fastcgi+unix:DIR/app.sock :6", "fastcgi+unix:DIR/app.cgi"},
		{"get|http://a|", ":4", "http://"},
		{"probe|", "fastcgi:// uwsgi+unix: :6", "cgi:"},
		{"serve|--balance|", "round-robin least-connections :4", ""},
		{"get|--role|", "authorizer :4", ""},
		{"serve|--log|", "text json :4", ""},
		{"help|", "protocols route serve :4", "serve-compared"},
		{"help|route|", "check :4", "serve"},
	} {
		var out strings.Builder
		c := root()
		c.SetOut(&out)
		c.SetErr(&strings.Builder{})
		c.SetArgs(append([]string{"__complete"}, strings.Split(strings.ReplaceAll(row.typed, "DIR", dir), "|")...))
		if err := c.Execute(); err != nil {
			t.Errorf("%s: %v", row.typed, err)
		}
		said := make(map[string]bool)
		for line := range strings.Lines(strings.ReplaceAll(out.String(), dir, "DIR")) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			said[word] = true
		}
		for word := range strings.FieldsSeq(row.want) {
			if !said[word] {
				t.Errorf("%s: no %s in %q", row.typed, word, out.String())
			}
		}
		for word := range strings.FieldsSeq(row.not) {
			if said[word] {
				t.Errorf("%s: %s is in %q", row.typed, word, out.String())
			}
		}
	}
}
