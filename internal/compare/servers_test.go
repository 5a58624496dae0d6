package compare

import (
	"os"
	"testing"

	"github.com/postern-gateway/postern/internal/load"
)

// TestServers: every server of the table starts, and answers each of its works with the bytes that
// are wanted. One that is not installed is left out, as in a comparison.
func TestServers(t *testing.T) {
	c := newComparison(t)
	for _, s := range servers {
		works := s.works()
		if s.name != "postern" {
			works = works[:min(3, len(works))] // one upload is enough
		}
		row := Row{Front: direct, Server: s.name, Wire: s.wires[0], Network: s.networks[len(s.networks)-1]}
		t.Run(s.name, func(t *testing.T) { c.try(t, row, works) })
	}
	for _, row := range []Row{ // what differs by the wire
		{Front: direct, Server: "postern", Wire: "fastcgi-mux", Network: "tcp"},
		{Front: direct, Server: "uwsgi", Wire: "http-each", Network: "unix"},
		{Front: direct, Server: "gunicorn", Wire: "http-each", Network: "unix"},
	} {
		t.Run(row.Server+"/"+row.Wire, func(t *testing.T) { c.try(t, row, []string{"get"}) })
	}
}

// TestNginx: nginx stands before a server by each of its directives.
func TestNginx(t *testing.T) {
	c := newComparison(t)
	for _, wire := range []string{"http-each", "fastcgi-kept", "scgi", "uwsgi"} {
		row := Row{Front: nginx, Server: "postern", Wire: wire, Network: "unix"}
		t.Run(wire, func(t *testing.T) { c.try(t, row, []string{"get", "post64k"}) })
	}
}

// missing leaves out what needs a program that is not installed, unless all have to be.
func missing(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("POSTERN_INTEROP") != "" {
		t.Fatalf("%s: make deps installs it", reason)
	}
	t.Skip(reason)
}

// try has a row's servers do each of the works a few times.
func (c *comparison) try(t *testing.T, row Row, names []string) {
	t.Helper()
	row.Connections, row.Work = c.setup.processes, names[0]
	if reason := c.setup.lacks(row); reason != "" {
		missing(t, reason)
	}
	err := c.atSite(row, func(r *rig) error {
		wire, address := load.WireNamed(row.Wire), r.backend.address
		if r.front != nil {
			wire, address = load.WireNamed("http"), r.front.address
		}
		before, err := r.sample()
		if err != nil {
			return err
		}
		for _, name := range names {
			row.Work = name
			g, err := c.generator(row, wire, address)
			if err != nil {
				return err
			}
			requests := int64(20)
			if name == "upload10m" {
				requests = 2
			}
			res, err := g.Run(t.Context(), load.Pace{Requests: requests})
			g.Close() // before the next one: of some servers a process serves one connection
			if err != nil {
				return err
			}
			if res.Requests != requests || res.Failed != 0 {
				t.Errorf("%s: %d requests, %d failed: %q", name, res.Requests, res.Failed, res.Errors)
			}
		}
		after, err := r.sample()
		if err != nil {
			return err
		}
		r.wantUsage(t, before, after)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// wantUsage: whoever has answered has used something, as far as the system tells.
func (r *rig) wantUsage(t *testing.T, before, after sample) {
	t.Helper()
	if after.backend.known && (after.backend.cpu <= before.backend.cpu || after.backend.peak == 0) {
		t.Errorf("the server has used %v, after %v; %d bytes", after.backend.cpu, before.backend.cpu, after.backend.peak)
	}
	if r.front != nil && after.front.known && after.front.cpu <= before.front.cpu {
		t.Errorf("nginx has used %v, after %v", after.front.cpu, before.front.cpu)
	}
	if r.backend.ask != nil && after.child.Allocs <= before.child.Allocs {
		t.Errorf("%d allocations, after %d", after.child.Allocs, before.child.Allocs)
	}
}

func TestChildRefuses(t *testing.T) {
	for _, spec := range []string{"", "{}", `{"Handler": "native", "Protocol": "gopher", "Network": "tcp", "Address": "127.0.0.1:0"}`,
		`{"Handler": "none", "Network": "tcp", "Address": "127.0.0.1:0"}`} {
		if err := ServeChild(spec, nil, nil); err == nil {
			t.Errorf("%q is served", spec)
		}
	}
}
