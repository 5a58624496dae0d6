package compare

import (
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/load"
)

// TestPlan: a row has a name of its own, and names what there is.
func TestPlan(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range plan() {
		if seen[r.ID()] {
			t.Errorf("%s comes twice", r.ID())
		}
		seen[r.ID()] = true
		if serverNamed(r.Server) == nil || load.WireNamed(r.Wire) == nil || workNamed(r.Work) == nil {
			t.Errorf("%s names what there is not", r.ID())
		}
		if load.WireNamed(r.Wire).Multiplexed && r.Connections%muxDepth != 0 {
			t.Errorf("%s: %d requests are not whole connections", r.ID(), r.Connections)
		}
	}
	for _, want := range []string{
		"direct/postern/fastcgi-kept/unix/1000/get", "direct/postern-fromhttp/scgi/tcp/32/upload10m", "direct/postern/uwsgi/unix/32/get@2000",
		"direct/net-http/http/unix/256/get", "direct/postern/http-each/tcp/32/get", "direct/net-http/http-each/unix/32/get", "direct/php-fpm/fastcgi-kept/unix/32/post64k", "direct/fcgiwrap/fastcgi-each/unix/1/get",
		"direct/postern/scgi/unix/256/upload10m", "direct/postern/http/unix/1/download1m", "direct/postern/fastcgi-mux/unix/256/post64k",
		"nginx/postern/scgi/unix/32/download1m", "nginx/net-http/http-each/unix/32/get", "nginx/php-fpm/fastcgi-each/unix/32/get",
	} {
		if !seen[want] {
			t.Errorf("no %s", want)
		}
	}
	for _, not := range []string{
		"direct/libfcgi/fastcgi-kept/unix/256/get", // a process serves a connection at a time
		"direct/fcgiwrap/fastcgi-each/unix/32/download1m", "direct/postern/fastcgi-mux/unix/1/get",
		"direct/postern/uwsgi/unix/1000/post64k", "direct/postern-fromhttp/http/unix/1/post64k", "direct/postern/http/tcp/256/download1m",
	} {
		if seen[not] {
			t.Errorf("%s has no sense", not)
		}
	}
}

// TestQuickPlan: it is a part of the plan that needs nothing installed, and ends in a minute.
func TestQuickPlan(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range plan() {
		seen[r.ID()] = true
	}
	cfg := Config{Quick: true}
	cfg.setDefaults()
	rows, err := cfg.rows()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if !seen[r.ID()] || serverNamed(r.Server).find != nil || r.Front != direct {
			t.Errorf("%s is not for a quick run", r.ID())
		}
	}
	if total := cfg.estimateAll(rows); total.Seconds() > 50 {
		t.Errorf("it takes %v", total)
	}
}

func TestOnly(t *testing.T) {
	for _, tt := range []struct {
		patterns string
		rows     int // at least
		has      string
	}{
		{"", 300, "direct/postern/http/unix/1/get"},
		{"direct/postern/http/unix/32/get", 1, "direct/postern/http/unix/32/get"},
		{"*/get@*", 10, "direct/libfcgi/fastcgi-kept/unix/32/get@2000"},
		{"nginx/*", 20, "nginx/postern/uwsgi/unix/32/get"},
		{"*/scgi/unix/3?/get,*/uwsgi/tcp/*", 10, "direct/uwsgi/scgi/unix/32/get"},
	} {
		var patterns []string
		if tt.patterns != "" {
			patterns = strings.Split(tt.patterns, ",")
		}
		rows, err := choose(plan(), patterns)
		if err != nil {
			t.Fatal(err)
		}
		has := false
		for _, r := range rows {
			has = has || r.ID() == tt.has
		}
		if !has || len(rows) < tt.rows {
			t.Errorf("%q: %d rows, want at least %d, and %s", tt.patterns, len(rows), tt.rows, tt.has)
		}
	}
	for _, pattern := range []string{"", "direct/postern", "[a", "DIRECT/*"} {
		if rows, err := choose(plan(), []string{pattern}); err == nil {
			t.Errorf("%q: %d rows, and no error", pattern, len(rows))
		}
	}
}
