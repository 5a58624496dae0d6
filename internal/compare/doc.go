// Package compare runs the whole comparison: every protocol of ours and each peer that is
// installed, on the same works, alone and behind nginx, in interleaved rounds.
//
// The plan (plan.go) is data: a [Row] is a server, a wire, a network, a number of connections and a
// work. A measurement (measure.go) starts a row's server, drives it by package load, asks the
// system what it has used, and ends it. Servers of Go are this program, started again (child.go),
// so that they can tell of their allocations too; peers.go knows how to start the others. Each is
// ended before the next one starts: what runs beside a measurement is the generator alone.
//
// The results (results.go) are medians over the rounds, with the least and the greatest value as
// their spread. They are written as JSON, Markdown, SVG and HTML (report*.go), and set beside
// earlier ones (against.go).
package compare
