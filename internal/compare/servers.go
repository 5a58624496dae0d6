package compare

import (
	"github.com/postern-gateway/postern/internal/load"
)

// A server is a row of the table of what is compared.
type server struct {
	name, title string
	ours        bool     // Postern
	builtIn     bool     // this program is it
	fast        bool     // it can hold the set rate
	host        bool     // it starts a CGI program for each request
	bodies      bool     // it is sent bodies by one and by many connections, too
	wires       []string // by which it is called without a front
	networks    []string
	behind      []string // the wires by which nginx calls it
	forgets     bool     // it has the system forget its children, and so their processor time
	processes   int      // that serve a connection at a time each; 0: it serves any number
	file        string   // of the peers' sources, which a request names as SCRIPT_FILENAME
	find        func(*setup) (found, error)
	start       func(*site) (*running, error)
}

// found is what was found of a program that is installed.
type found struct{ path, version string }

var (
	bothNetworks = []string{"unix", "tcp"}
	unixOnly     = []string{"unix"}
	allWires     = []string{"http", "http-each", "fastcgi-kept", "fastcgi-mux", "fastcgi-each", "scgi", "uwsgi"}
	frontWires   = []string{"http", "http-each", "fastcgi-kept", "fastcgi-each", "scgi", "uwsgi"}
	fastcgiWires = []string{"fastcgi-kept", "fastcgi-each"}
	fastcgiEach  = []string{"fastcgi-each"}
)

// manyProcesses is how many processes a server has that serve a connection at a time each: as many
// as there are usually connections.
const manyProcesses = usual

// servers are all that are compared, ours first.
var servers = []*server{
	{name: "postern", title: "Postern", ours: true, builtIn: true, fast: true, bodies: true,
		wires: allWires, networks: bothNetworks, behind: frontWires, start: child("native")},
	{name: "postern-fromhttp", title: "Postern, FromHTTP", ours: true, builtIn: true, fast: true,
		wires: allWires, networks: bothNetworks, start: child("fromhttp")},
	{name: "net-http", title: "net/http", builtIn: true, fast: true,
		wires: []string{"http", "http-each"}, networks: bothNetworks, behind: []string{"http", "http-each"}, start: child("net-http")},
	{name: "net-http-fcgi", title: "net/http/fcgi", builtIn: true, fast: true,
		wires: []string{"fastcgi-kept", "fastcgi-mux", "fastcgi-each"}, networks: unixOnly, behind: fastcgiWires, start: child("net-http-fcgi")},
	{name: "libfcgi", title: "libfcgi, C", fast: true, processes: manyProcesses,
		wires: fastcgiWires, networks: unixOnly, behind: fastcgiWires, find: findLibfcgi, start: startLibfcgi},
	{name: "uwsgi", title: "uWSGI, Python", fast: true,
		wires: []string{"uwsgi", "scgi", "fastcgi-each", "http-each"}, networks: unixOnly, behind: []string{"uwsgi", "scgi", "http-each"},
		find: findUWSGI, start: startUWSGI},
	{name: "gunicorn", title: "gunicorn, Python",
		wires: []string{"http", "http-each"}, networks: unixOnly, behind: []string{"http-each"}, find: findGunicorn, start: startGunicorn},
	{name: "php-fpm", title: "php-fpm", fast: true, processes: manyProcesses, file: "peer.php",
		wires: fastcgiWires, networks: unixOnly, behind: fastcgiWires, find: findPHP, start: startPHP},
	{name: "postern-cgi", title: "Postern, CGI programs", ours: true, builtIn: true, host: true,
		wires: fastcgiWires, networks: unixOnly, behind: fastcgiEach, find: findScript, start: child("cgi")},
	{name: "net-http-cgi", title: "net/http/cgi", builtIn: true, host: true,
		wires: fastcgiWires, networks: unixOnly, behind: fastcgiEach, find: findScript, start: child("net-http-cgi")},
	{name: "fcgiwrap", title: "fcgiwrap", host: true, forgets: true, processes: manyProcesses,
		wires: fastcgiWires, networks: unixOnly, behind: fastcgiEach, find: findFcgiwrap, start: startFcgiwrap},
}

func serverNamed(name string) *server {
	for _, s := range servers {
		if s.name == name {
			return s
		}
	}
	return nil
}

// most is how many connections s may have open at once over a wire.
func (s *server) most(wire string) int {
	switch {
	case s.host:
		return usual
	case s.processes > 0 && load.WireNamed(wire).Kept:
		return s.processes
	}
	return connections[len(connections)-1]
}

// works are the names of those that s does. The first is the GET.
func (s *server) works() (names []string) {
	for _, w := range works() {
		if !s.host || w.bytes() < 1<<20 {
			names = append(names, w.Name)
		}
	}
	return names
}

// script is the SCRIPT_FILENAME of requests to s.
func (s *server) script(set *setup) string {
	if s.file != "" {
		return set.file(s.file)
	}
	return set.script
}
