package compare

import (
	"slices"
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

// latencies draws the latencies of the rows at a set rate that have a label.
func (r *Results) latencies(title, note string, label func(*RowResult) string) *chart.Drawing {
	var curves []chart.Curve
	for i := range r.Rows {
		row := &r.Rows[i]
		text := label(row)
		if row.Rate == 0 || row.Front != direct || row.Failed > 0 || text == "" {
			continue
		}
		c := chart.Curve{Label: text}
		for _, p := range row.Curve {
			if p.Percent > 0 {
				c.Points = append(c.Points, chart.Point{X: 100 / (100 - p.Percent), Y: p.Microseconds})
			}
		}
		curves = append(curves, c)
	}
	if len(curves) == 0 {
		return nil
	}
	axes := chart.Axes{X: "so many of the requests took at most that long", Y: "latency", YFormat: metricNamed("p50").tick}
	for _, t := range []chart.Tick{{At: 50, Text: "half"}, {At: 90, Text: "90 %"}, {At: 99, Text: "99 %"}, {At: 99.9, Text: "99.9 %"}, {At: 99.99, Text: "99.99 %"}} {
		axes.XTicks = append(axes.XTicks, chart.Tick{At: 100 / (100 - t.At), Text: t.Text})
	}
	return chart.Curves(title, note, axes, curves)
}

// sizes draws what a request costs against the bytes of its bodies, with a curve for each label.
func (r *Results) sizes(title, note string, label func(*RowResult) string) *chart.Drawing {
	axes := chart.Axes{X: "bytes of body, of request and response together", Y: "CPU of the server", YFormat: metricNamed("cpu").tick}
	for _, w := range works() {
		axes.XTicks = append(axes.XTicks, chart.Tick{At: float64(w.bytes()), Text: w.size})
	}
	curves := r.curves("cpu", 1, label, func(row *RowResult) (x float64, ok bool) {
		return float64(workNamed(row.Work).bytes()), row.Connections == usual
	})
	return drawn(title, note+" "+usualNote, axes, curves)
}

// growth draws a metric of a GET against the number of connections.
func (r *Results) growth(name, title, note string) *chart.Drawing {
	m, scale := metricNamed(name), 1.0
	axes := chart.Axes{X: "connections", Y: m.title, YFormat: m.tick}
	if m.unit == "B" { // so that the axis has round numbers
		scale = 1 << 20
		axes.YFormat = func(v float64) string { return formatNumber(v) + " MB" }
	}
	for _, n := range connections {
		axes.XTicks = append(axes.XTicks, chart.Tick{At: float64(n), Text: formatNumber(float64(n))})
	}
	curves := r.curves(name, scale, func(row *RowResult) string {
		if row.Server == "net-http-fcgi" && row.Wire == "fastcgi-kept" {
			return serverTitle(row.Server)
		}
		return ifServer(row, "postern", wireTitle(row.Wire))
	}, func(row *RowResult) (x float64, ok bool) { return float64(row.Connections), row.Work == "get" })
	return drawn(title, note, axes, curves)
}

// drawn is a chart of curves of which one has at least two points.
func drawn(title, note string, axes chart.Axes, curves []chart.Curve) *chart.Drawing {
	for _, c := range curves {
		if len(c.Points) > 1 {
			return chart.Curves(title, note, axes, curves)
		}
	}
	return nil
}

// curves are those of a metric over x, one for each label that rows have.
func (r *Results) curves(name string, scale float64, label func(*RowResult) string, x func(*RowResult) (float64, bool)) (curves []chart.Curve) {
	r.each(func(row *RowResult) bool {
		return row.Front == direct && row.Network == "unix" && row.Rate == 0 && row.Failed == 0 && !isHost(row)
	}, func(_ *load.Wire, row *RowResult) {
		s, known := row.Metrics[name]
		at, fits := x(row)
		text := label(row)
		if !known || !fits || text == "" {
			return
		}
		i := slices.IndexFunc(curves, func(c chart.Curve) bool { return c.Label == text })
		if i < 0 {
			i = len(curves)
			curves = append(curves, chart.Curve{Label: text})
		}
		curves[i].Points = append(curves[i].Points, chart.Point{X: at, Y: s.Median / scale, Min: s.Min / scale, Max: s.Max / scale})
	})
	return curves
}
