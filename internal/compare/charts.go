package compare

import (
	"strconv"

	"github.com/postern-gateway/postern/internal/chart"
	"github.com/postern-gateway/postern/internal/load"
)

// A figure is a chart of the report, and its file's name.
type figure struct {
	name    string
	drawing *chart.Drawing
}

// figures are the charts of which r has something to show.
func (r *Results) figures() (all []figure) {
	add := func(name string, d *chart.Drawing) {
		if d != nil {
			all = append(all, figure{name, d})
		}
	}
	add("cpu", r.bars("cpu", "Processor time of a GET",
		"CPU of the server for one request; less is better. "+usualNote, isUsual))
	add("rate", r.bars("rate", "Requests a second",
		"GET; more is better. "+usualNote+" The generator shares the machine.", isUsual))
	add("latency", r.latencies("Latency of Postern at "+formatNumber(rate)+" requests a second",
		"Counted from when a request was due, so that what waits behind a slow one counts, too.",
		func(row *RowResult) string { return ifServer(row, "postern", wireTitle(row.Wire)) }))
	add("latency-fastcgi", r.latencies("Latency at "+formatNumber(rate)+" a second, FastCGI beside its peers", "One connection for each request. Counted from when a request was due.",
		func(row *RowResult) string { return ifWire(row, "fastcgi-each") }))
	add("size", r.sizes("Processor time and size", "CPU of Postern for one request, by its size.",
		func(row *RowResult) string { return ifServer(row, "postern", wireTitle(row.Wire)) }))
	add("size-fastcgi", r.sizes("Processor time and size, FastCGI beside its peers", "CPU of the server for one request, by its size. Connections are kept.",
		func(row *RowResult) string { return ifWire(row, "fastcgi-kept") }))
	add("connections", r.growth("cpu", "Processor time and connections", "CPU for one GET, with so many connections at once. "+growthNote))
	add("memory", r.growth("memory", "Memory and connections", "Resident memory at its peak, with so many connections busy at once. "+growthNote))
	add("nginx", r.bars("rate", "Behind nginx: requests a second", "GET through nginx; more is better. "+usualNote,
		func(row *RowResult) bool { return row.Front == nginx && row.Work == "get" && !isHost(row) }))
	add("nginx-cpu", r.bars("front_cpu", "Behind nginx: what nginx itself spends", "CPU of nginx for one GET; less is better. "+usualNote,
		func(row *RowResult) bool { return row.Front == nginx && row.Work == "get" && !isHost(row) }))
	add("cgi", r.bars("rate", "CGI programs: requests a second",
		"GET; more is better. A program is started for each. "+usualNote,
		func(row *RowResult) bool { return isUsualOrHost(row) && isHost(row) }))
	return all
}

var usualNote = strconv.Itoa(usual) + " connections over a Unix socket."

const growthNote = "Postern by each wire, and net/http/fcgi on kept connections."

// ifServer is the text, where the row is of that server.
func ifServer(row *RowResult, name, text string) string {
	if row.Server != name {
		return ""
	}
	return text
}

// ifWire is the server's title, where the row is of that wire.
func ifWire(row *RowResult, wire string) string {
	if row.Wire != wire {
		return ""
	}
	return serverTitle(row.Server)
}

// isHost reports whether the row's server starts a program for each request.
func isHost(row *RowResult) bool {
	s := serverNamed(row.Server)
	return s != nil && s.host
}

// bars draws one metric of the rows that which chooses, by their wires.
func (r *Results) bars(name, title, note string, which func(*RowResult) bool) *chart.Drawing {
	var groups []chart.BarGroup
	for _, w := range load.Wires() {
		g := chart.BarGroup{Title: w.Title}
		for i := range r.Rows {
			row := &r.Rows[i]
			s, ok := row.Metrics[name]
			if !ok || row.Failed > 0 || row.Wire != w.Name || !which(row) {
				continue
			}
			if row.Front == nginx {
				g.Title = directive(w)
			}
			g.Bars = append(g.Bars, chart.Bar{Label: serverTitle(row.Server), Value: s.Median, Min: s.Min, Max: s.Max, Kind: kindOf(row.Server)})
		}
		if len(g.Bars) > 0 {
			groups = append(groups, g)
		}
	}
	if groups == nil {
		return nil
	}
	return chart.Bars(title, note, groups, metricNamed(name).format)
}

func kindOf(server string) chart.Kind {
	s := serverNamed(server)
	switch {
	case s == nil || !s.ours:
		return chart.Peer
	case s.name == "postern-fromhttp":
		return chart.OursSecond
	}
	return chart.Ours
}

// directive is by what nginx calls a server over a wire.
func directive(w *load.Wire) string {
	name := w.Protocol + "_pass"
	if w.Protocol == "http" {
		name = "proxy_pass"
	}
	if w.Kept {
		name += ", kept"
	}
	return name
}
