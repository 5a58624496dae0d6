package compare

import (
	"fmt"

	"github.com/postern-gateway/postern/internal/load"
)

// A section of the report is text, a table and charts; each may be missing.
type section struct {
	title   string
	text    []string // paragraphs
	table   *grid
	figures []figure
}

// A grid is a table, whose first columns are text and whose others are numbers.
type grid struct {
	head []string
	text int // how many columns are text
	rows []gridRow
}

type gridRow struct {
	cells []string
	ours  bool
}

// sections are the whole report.
func (r *Results) sections() (all []section) {
	figures := make(map[string]figure)
	for _, f := range r.figures() {
		figures[f.name] = f
	}
	add := func(s section, names ...string) {
		for _, name := range names {
			if f, ok := figures[name]; ok {
				s.figures = append(s.figures, f)
			}
		}
		if s.table != nil && len(s.table.rows) == 0 {
			s.table = nil
		}
		if s.table != nil || len(s.figures) > 0 || len(s.text) > 0 && s.title == "" {
			all = append(all, s)
		}
	}
	add(section{title: "A small request", text: []string{
		"A GET with 13 bytes of answer and the variables that nginx sends for a browser's request. " + usualNote +
			" With a figure stands its spread, the least and the greatest of all rounds. × is the processor time as a multiple of Postern's by the same wire; ≈ says that the two spreads overlap: the difference may be chance.",
	}, table: r.mainTable()}, "cpu", "rate")
	add(section{title: "What a request costs on the way", text: []string{
		"All for one GET. Bytes on the wire are those that the programs see, without the heads of TCP/IP. By HTTP the request is the browser's header fields alone: who the client is, which the others say by variables (REMOTE_ADDR and its like), is not in it.",
		"System calls are those of all the server's processes, but for those by which threads wait for each other. They are counted over one connection, so that the server has to wait for each request; where many are waiting there are fewer. FastCGI, multiplexed, is counted with 32 requests open. Those of a CGI program, its start included, count as its host's, and stand below them.",
		"Allocations are those of servers in Go, with 32 connections.",
	}, table: r.wayTable()})
	add(section{title: "Larger bodies", text: []string{"CPU of the server for one request of each work, with its spread. " + usualNote}, table: r.worksTable("cpu")}, "size", "size-fastcgi")
	add(section{title: "More connections", text: []string{
		"Requests a second, and with them the latency that 99 % do not exceed. GET over a Unix socket. With one connection a server sleeps before each request, and being woken is in what it spends. A dash: the server has a process for each connection that is kept, and has 32; or, multiplexed, there are at least 8 requests.",
	},
		table: r.connectionsTable()}, "connections", "memory")
	add(section{title: "Larger bodies and more connections", text: []string{
		"Requests a second of Postern, and with them the CPU of the server for one request. Over a Unix socket. A dash: multiplexed, there are at least 8 requests.",
	}, table: r.bodiesTable()})
	add(section{title: "Latency at a set rate", text: []string{
		fmt.Sprintf("%s requests a second are due, whether or not those before have been answered. A latency counts from when its request was due. The server sleeps between requests, and being woken is in its CPU, so that a request costs more than in the tables above. %s", formatNumber(rate), usualNote),
	}, table: r.rateTable()}, "latency", "latency-fastcgi")
	add(section{title: "Unix socket and TCP", text: []string{"GET, 32 connections: CPU of the server, and requests a second, each with its spread."}, table: r.networksTable()})
	add(section{title: "Behind nginx", text: []string{
		"The same works through nginx, whose clients keep their connections. \"Kept\" is keepalive in the upstream block; without it nginx connects for each request. \"CPU, both\" is what server and nginx spend together. " + usualNote,
	}, table: r.nginxTable()}, "nginx", "nginx-cpu")
	add(section{title: "CGI programs", text: []string{"A program is started for each request. Its processor time is in the CPU; the memory is that of the host. fcgiwrap has the system forget its programs (it ignores SIGCHLD), so what they take is not known. What a request takes of system calls is above, in the table of what it costs on the way."},
		table: r.cgiTable()}, "cgi")
	return all
}

// usualRow is the row of a GET around which everything is varied, for a server and a wire; nil if
// there is none.
func (r *Results) usualRow(server, wire string) *RowResult {
	return r.find(Row{Front: direct, Server: server, Wire: wire, Network: "unix", Connections: usual, Work: "get"}.ID())
}

// each calls f for every row that which chooses, by wires, in the order of the plan.
func (r *Results) each(which func(*RowResult) bool, f func(*load.Wire, *RowResult)) {
	for _, w := range load.Wires() {
		for i := range r.Rows {
			if row := &r.Rows[i]; row.Wire == w.Name && which(row) {
				f(w, row)
			}
		}
	}
}

// isUsual reports whether row is the usual one of a server that is no host of CGI programs.
func isUsual(row *RowResult) bool { return isUsualOrHost(row) && !isHost(row) }

// isUsualOrHost reports whether row is the usual one of any server.
func isUsualOrHost(row *RowResult) bool {
	return row.Front == direct && row.Network == "unix" && row.Connections == usual && row.Work == "get" && row.Rate == 0
}
