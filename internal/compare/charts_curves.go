package compare

import (
	"slices"

	"github.com/postern-gateway/postern/internal/chart"
	"github.com/postern-gateway/postern/internal/load"
)

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
