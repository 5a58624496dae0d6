package interop

import (
	"os"
	"testing"
)

// needFronts skips the test unless the fronts are wanted.
func needFronts(t *testing.T) {
	t.Helper()
	if os.Getenv("POSTERN_INTEROP") != "1" {
		t.Skip("needs nginx, Apache, lighttpd, HAProxy and Caddy: set POSTERN_INTEROP=1, or run make test")
	}
}

// TestFronts runs every case through every pair, natively and by net/http.
func TestFronts(t *testing.T) {
	needFronts(t)
	table := newTable()
	t.Run("pairs", func(t *testing.T) {
		for _, p := range pairs() {
			row := table.row(p)
			t.Run(p.name(), func(t *testing.T) {
				t.Parallel()
				runPair(t, p, row)
			})
		}
	})
	table.print(t)
}

func runPair(t *testing.T, p *pair, row *tableRow) {
	s := startSite(t, p)
	for _, handler := range []string{"native", "net-http"} {
		s := *s
		s.viaHTTP = handler == "net-http"
		for _, c := range cases() {
			if c.only == nil || c.only(p) {
				t.Run(handler+"/"+c.name, func(t *testing.T) { runCase(t, &s, c, row) })
			}
		}
	}
}

// runCase runs one case through one pair, or what is known of the pair instead.
func runCase(t *testing.T, s *site, c testCase, row *tableRow) {
	d := departureOf(s.pair, c.name)
	defer func() { row.count(t, c.name, d) }()
	if d != nil {
		t.Logf("%s; but %s", c.says, d.why)
		d.run(t, s)
		return
	}
	c.run(t, s)
	if t.Failed() {
		t.Logf("expected: %s", c.says)
	}
}

// startSite starts a backend and its front.
func startSite(t *testing.T, p *pair) *site {
	t.Helper()
	s := &site{pair: p, client: newClient()}
	t.Cleanup(s.client.CloseIdleConnections)
	var c conf
	if p.protocol == "cgi" {
		c = startFront(t, p.front, p.conf, nil, cgiProgram(t))
	} else {
		s.exercise = newExercise()
		c = startFront(t, p.front, p.conf, startBackend(t, p, s.exercise), "")
	}
	s.addr, s.tlsAddr = loopback(c.Port), loopback(c.TLSPort)
	return s
}
