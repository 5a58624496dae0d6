package endpoint

import (
	"os"
	"path/filepath"
	"testing"
)

// Who listens at an address is found by each name of it, so that nobody is his own backend.
func TestLeadsTo(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, row := range []struct {
		to, listen string
		want       bool
	}{
		{"fastcgi://127.0.0.1:9000", "fastcgi://127.0.0.1:9000", true},
		{"fastcgi://127.0.0.1:9000", "fastcgi://:9000", true},
		{"fastcgi://127.0.0.1:9000", "auto://0.0.0.0:9000", true},
		{"fastcgi://[::1]:9000", "fastcgi://*:9000", true},
		{"fastcgi://localhost:9000", "fastcgi://127.0.0.1:9000", true},
		{"fastcgi://127.0.0.1:9000", "fastcgi://LOCALHOST:9000", true},
		{"fastcgi://:9000", "fastcgi://[::1]:9000", true},
		{"fastcgi://[::ffff:127.0.0.1]:9000", "fastcgi://127.0.0.1:9000", true},
		{"fastcgi+unix:" + dir + "/s", "fastcgi+unix:s", true},
		{"fastcgi+unix:./link/s", "fastcgi+unix:" + dir + "/s", true},
		{"fastcgi://127.0.0.1:9001", "fastcgi://:9000", false},
		{"fastcgi://127.0.0.2:9000", "fastcgi://127.0.0.1:9000", false},
		{"fastcgi://192.0.2.1:9000", "fastcgi://:9000", false}, // another machine
		{"fastcgi://[::1]:9000", "fastcgi://0.0.0.0:9000", false},
		{"fastcgi+unix:t", "fastcgi+unix:s", false},
		{"fastcgi+unix:/9000", "fastcgi://:9000", false},
		{"cgi:/usr/lib/cgi-bin/", "fastcgi://:9000", false},
		{"fastcgi://127.0.0.1:9000", "fastcgi+fd:3", false},
	} {
		to, err := Parse(row.to)
		if err != nil {
			t.Fatal(err)
		}
		listen, err := Parse(row.listen)
		if err != nil {
			t.Fatal(err)
		}
		if got := to.LeadsTo(listen); got != row.want {
			t.Errorf("%s leads to %s: %v", row.to, row.listen, got)
		}
	}
}
