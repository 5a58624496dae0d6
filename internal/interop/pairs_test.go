package interop

import "slices"

// A pair is a front and a protocol with one configuration of it, testdata/FRONT/CONF.conf.
type pair struct {
	front    *front
	protocol string
	conf     string
	unix     bool // Postern listens on a Unix socket
	race     bool // its cases run with the race detector, too: one of each kind
}

func (p *pair) name() string { return p.front.name + "/" + p.label() }

// label is the configuration with what else tells the pair from others.
func (p *pair) label() string {
	if p.unix {
		return p.conf + "-unix"
	}
	return p.conf
}

// pairs is every front with every protocol that it speaks; with the race detector, which takes four
// times as long, one of each kind.
func pairs() []*pair {
	return slices.DeleteFunc([]*pair{
		{front: nginx(), protocol: "fastcgi", conf: "fastcgi"},
		{front: nginx(), protocol: "fastcgi", conf: "fastcgi-keep", unix: true, race: true},
		{front: nginx(), protocol: "fastcgi", conf: "fastcgi-unbuffered"},
		{front: apache(), protocol: "fastcgi", conf: "fastcgi"},
		{front: apache(), protocol: "fastcgi", conf: "fastcgi-reuse"},
		{front: lighttpd(), protocol: "fastcgi", conf: "fastcgi"},
		{front: haproxy(), protocol: "fastcgi", conf: "fastcgi", unix: true},
		{front: haproxy(), protocol: "fastcgi", conf: "fastcgi-close"},
		{front: haproxy(), protocol: "fastcgi", conf: "fastcgi-mpxs", race: true},
		{front: caddy(), protocol: "fastcgi", conf: "fastcgi"},

		{front: nginx(), protocol: "scgi", conf: "scgi"},
		{front: nginx(), protocol: "scgi", conf: "scgi", unix: true, race: true},
		{front: apache(), protocol: "scgi", conf: "scgi"},
		{front: lighttpd(), protocol: "scgi", conf: "scgi"},

		{front: nginx(), protocol: "uwsgi", conf: "uwsgi", race: true},
		{front: nginx(), protocol: "uwsgi", conf: "uwsgi", unix: true},
		{front: apache(), protocol: "uwsgi", conf: "uwsgi"},
		{front: lighttpd(), protocol: "uwsgi", conf: "uwsgi"},

		{front: nginx(), protocol: "http", conf: "http", race: true},
		{front: nginx(), protocol: "http", conf: "http", unix: true},
		{front: apache(), protocol: "http", conf: "http"},
		{front: lighttpd(), protocol: "http", conf: "http"},
		{front: haproxy(), protocol: "http", conf: "http"},
		{front: caddy(), protocol: "http", conf: "http"},

		{front: apache(), protocol: "cgi", conf: "cgi", race: true},
		{front: lighttpd(), protocol: "cgi", conf: "cgi"},
	}, func(p *pair) bool { return raced && !p.race })
}

func nginx() *front {
	return &front{
		name: "nginx",
		argv: func(c conf) []string { return []string{"nginx", "-e", "stderr", "-p", c.Dir, "-c", c.File} },
		unix: func(path string) string { return "unix:" + path },
	}
}

func apache() *front {
	return &front{
		name: "apache2",
		argv: func(c conf) []string { return []string{"apache2", "-DFOREGROUND", "-f", c.File} },
	}
}

func lighttpd() *front {
	return &front{
		name: "lighttpd",
		argv: func(c conf) []string { return []string{"lighttpd", "-D", "-f", c.File} },
	}
}

func haproxy() *front {
	return &front{
		name: "haproxy",
		argv: func(c conf) []string { return []string{"haproxy", "-db", "-f", c.File} },
		unix: func(path string) string { return "unix@" + path },
	}
}

func caddy() *front {
	return &front{
		name: "caddy",
		argv: func(c conf) []string {
			return []string{"caddy", "run", "--adapter", "caddyfile", "--config", c.File}
		},
		env: func(c conf) []string {
			return []string{"HOME=" + c.Dir, "XDG_DATA_HOME=" + c.Dir, "XDG_CONFIG_HOME=" + c.Dir}
		},
	}
}
