package compare

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/internal/load"
)

// A Row of the plan is what is measured at once: a server, by a wire and a network, alone or behind
// nginx, with so many connections, doing one work.
type Row struct {
	Front       string // "direct" or "nginx"
	Server      string // the name of a server of the table
	Wire        string // by which the server is called
	Network     string // "unix" or "tcp"
	Connections int    // over a multiplexed wire, requests that are open at once
	Work        string
	// Rate is how many requests are due in a second. 0 is a closed loop.
	Rate int `json:",omitempty"`
}

// ID names the row: "direct/postern/fastcgi-kept/unix/32/get".
func (r Row) ID() string {
	id := strings.Join([]string{r.Front, r.Server, r.Wire, r.Network, strconv.Itoa(r.Connections), r.Work}, "/")
	if r.Rate > 0 {
		id += "@" + strconv.Itoa(r.Rate)
	}
	return id
}

// The fronts.
const (
	direct = "direct"
	nginx  = "nginx"
)

// What is varied, one at a time, around a GET over a Unix socket with 32 connections.
const usual = 32

var connections = []int{1, usual, 256, 1000}

// bodyConnections is how many connections at most send bodies, where their number is varied, too.
const bodyConnections = 256

// rate is how many requests are due in a second where the load is at a set rate. Every server that
// is asked for it can hold it on one core.
const rate = 2000

// muxDepth is how many requests a multiplexed connection has open at once.
const muxDepth = load.DefaultDepth

// plan returns the rows of a whole comparison.
func plan() (rows []Row) {
	for _, s := range servers {
		for _, wire := range s.wires {
			for _, network := range s.networks {
				rows = append(rows, s.rows(wire, network)...)
			}
		}
	}
	for _, s := range servers {
		for _, wire := range s.behind {
			for _, work := range s.works() {
				if work != "upload10m" { // nginx would take it in to a file first
					rows = append(rows, Row{Front: nginx, Server: s.name, Wire: wire, Network: "unix", Connections: usual, Work: work})
				}
			}
		}
	}
	return rows
}

// rows returns those of a server without a front, with the fewest connections first.
func (s *server) rows(wire, network string) (rows []Row) {
	for _, n := range connections {
		if n > s.most(wire) || n == 1 && load.WireNamed(wire).Multiplexed {
			continue
		}
		r := Row{Front: direct, Server: s.name, Wire: wire, Network: network, Connections: n, Work: "get"}
		rows = append(rows, r)
		if n != usual && !(s.bodies && network == "unix" && n <= bodyConnections) {
			continue
		}
		if n == usual && network == "unix" && s.fast {
			r.Rate = rate
			rows = append(rows, r)
			r.Rate = 0
		}
		for _, work := range s.works()[1:] {
			r.Work = work
			rows = append(rows, r)
		}
	}
	return rows
}

// quickPlan returns the rows that need nothing installed and are done in a minute.
func quickPlan() (rows []Row) {
	for _, r := range plan() {
		s := serverNamed(r.Server)
		switch {
		case r.Front != direct || r.Network != "unix" || !s.builtIn || s.host || r.Rate > 0:
		case r.Connections == usual && r.Work != "upload10m":
			rows = append(rows, r)
		case r.Work == "get" && r.Server == "postern" && r.Connections <= 256:
			rows = append(rows, r)
		}
	}
	return rows
}

// A glob is a pattern of rows' names: * stands for any text, ? for any character.
type glob struct{ *regexp.Regexp }

func parseGlob(text string) (glob, error) {
	if text == "" {
		return glob{}, fmt.Errorf("compare: an empty pattern matches nothing: say --only '*/fastcgi*/unix/32/*'")
	}
	expr := regexp.QuoteMeta(text)
	expr = strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(expr)
	re, err := regexp.Compile("^" + expr + "$")
	return glob{re}, err
}

// choose returns the rows that one of the patterns matches; without patterns, all.
func choose(rows []Row, patterns []string) (chosen []Row, err error) {
	if len(patterns) == 0 {
		return rows, nil
	}
	var globs []glob
	for _, p := range patterns {
		g, err := parseGlob(p)
		if err != nil {
			return nil, err
		}
		globs = append(globs, g)
	}
	for _, r := range rows {
		for _, g := range globs {
			if g.MatchString(r.ID()) {
				chosen = append(chosen, r)
				break
			}
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("compare: no row of the plan matches %s: --list prints them all", strings.Join(patterns, " or "))
	}
	return chosen, nil
}
