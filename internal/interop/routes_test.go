package interop

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
)

// A routeRow is rules of uWSGI's internal routing, a request, and what is answered.
type routeRow struct {
	text  string
	rules string   // lines of an ini file
	path  string   // of the request, with a query perhaps; "" is "/a"
	vars  []string // further variables of the request, name and value in turn
	body  string   // of the request, whose length is among vars
	want  string   // what uWSGI answers: see shortAnswer
	log   string   // what it logs besides, and Postern

	// Where Postern differs by intention: what it answers, or why it does not start.
	ours, refused string
}

// A routeTable is a list of rows, with where their rules send requests on to.
type routeTable struct {
	rows  []routeRow
	nodes []string // names and addresses: "{down}", "/nobody"
}

// ini is the file of those rows. A request says by its variable ROW which row is its own.
func (r *routeTable) ini(wanted func(i int) bool) string {
	var b strings.Builder
	b.WriteString("[uwsgi]\nroute-run = goto:row-${ROW}\n")
	for i, row := range r.rows {
		if !wanted(i) {
			continue
		}
		fmt.Fprintf(&b, "route-label = row-%d\n%s\nroute-run = last:\n", i, strings.Trim(row.rules, "\n"))
	}
	return r.filled(b.String())
}

// standardVars is how many variables every request has.
const standardVars = 10

// packet is the request of a row.
func (r *routeTable) packet(i int) []byte {
	row := &r.rows[i]
	uri := row.path
	if uri == "" {
		uri = "/a"
	}
	path, query, _ := strings.Cut(uri, "?")
	p := protocol.Pairs("REQUEST_METHOD", "GET", "REQUEST_URI", uri, "PATH_INFO", path, "QUERY_STRING", query, "SERVER_PROTOCOL", "HTTP/1.1",
		"SERVER_NAME", "localhost", "SERVER_PORT", "80", "HTTP_HOST", "localhost", "REMOTE_ADDR", "192.0.2.1", "ROW", fmt.Sprint(i))
	for _, v := range protocol.Pairs(row.vars...) {
		if i := slices.IndexFunc(p[:standardVars], func(s protocol.Param) bool { return s.Name == v.Name }); i >= 0 {
			p[i] = v
		} else {
			p = append(p, v)
		}
	}
	var block []byte
	for _, v := range p {
		block = uwsgi.AppendString(uwsgi.AppendString(block, v.Name), v.Value)
	}
	return append(append(uwsgi.AppendHeader(nil, uwsgi.Header{Size: len(block)}), block...), row.body...)
}

// shortAnswer is an answer whose head, if it has one, is its status and its fields, each a line.
func shortAnswer(b string) string {
	head, body, ok := strings.Cut(b, "\r\n\r\n")
	status, isHTTP := strings.CutPrefix(head, "HTTP/1.1 ")
	if !ok || !isHTTP {
		return b
	}
	return strings.ReplaceAll(status, "\r\n", "\n") + "\n\n" + body
}

// TestRoutes has uWSGI and Postern follow the rules of each row.
func TestRoutes(t *testing.T) {
	needPeers(t)
	t.Parallel()
	table := newRouteTable(t)
	theirs, socket := startRoutes(t, table)
	ours, log := serveRoutes(t, table.ini(func(i int) bool { return table.rows[i].refused == "" }), table.filled("{uwsgi}"))
	for i, row := range table.rows {
		t.Run(row.text, func(t *testing.T) {
			want := table.filled(row.want)
			if got := shortAnswer(conversation(t, rpcDial("unix", socket), table.packet(i))); got != want {
				t.Errorf("%s\nuWSGI answers %q\nwant          %q", row.rules, got, want)
			}
			if row.log != "" && !strings.Contains(theirs.said(), row.log+"\n") {
				t.Errorf("%s\nuWSGI does not log %q", row.rules, row.log)
			}
			if row.refused != "" {
				if err := refusesRoutes(t, table, i); err == nil || !strings.Contains(err.Error(), row.refused) {
					t.Errorf("%s\nPostern starts with them: %v, want %q", row.rules, err, row.refused)
				}
				return
			}
			want = sameAnswer(cmp.Or(table.filled(row.ours), want))
			if got := sameAnswer(shortAnswer(conversation(t, rpcDial("unix", ours), table.packet(i)))); got != want {
				t.Errorf("%s\nPostern answers %q\nwant            %q", row.rules, got, want)
			}
			if row.log != "" && !strings.Contains(log.text(), row.log) {
				t.Errorf("%s\nPostern does not log %q", row.rules, row.log)
			}
		})
	}
}

// filled is a text with the addresses of nodes in it.
func (r *routeTable) filled(text string) string { return strings.NewReplacer(r.nodes...).Replace(text) }

// startRoutes starts uWSGI with the rules of all rows.
func startRoutes(t *testing.T, table *routeTable) (p *process, socket string) {
	t.Helper()
	app, err := filepath.Abs("testdata/peers/routes.py")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ini := filepath.Join(dir, "routes.ini")
	if err := os.WriteFile(ini, []byte(table.ini(func(int) bool { return true })), 0o644); err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	types := filepath.Join(dir, "mime.types")
	if err := os.WriteFile(types, []byte("text/plain txt\nimage/jpeg jpg\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"--plugin", "python3", "--wsgi-file", app, "--uwsgi-socket", socket, "--mime-file", types, "--disable-logging"}
	for _, name := range routePlugins {
		args = append(args, "--plugin", name)
	}
	return uwsgiProgram(t, socket, append(args, "--ini", ini)...), socket
}

// routePlugins have the actions of the rows.
var routePlugins = []string{"rpc", "router_rewrite", "router_redirect", "router_static", "router_http", "router_uwsgi", "router_basicauth", "router_cache"}

// The answers that many rows have.

// called is the answer of the action rpc.
func called(result string, fields ...string) string {
	return fmt.Sprintf("200 OK\nContent-Length: %d\n", len(result)) + lines(fields) + "\n" + result
}

// blob is the answer of the action rpcnext.
func blob(result string, fields ...string) string {
	return "200 OK\nConnection: close\n" + lines(fields) + "\n" + result
}

// ended is the answer of the action break.
func ended(status string, fields ...string) string {
	return status + "\nConnection: close\nContent-Type: text/plain\n" + lines(fields) + "\n"
}

// app is the answer of the application, to which a request goes on.
func app(path string, shown ...string) string { return appWith(nil, path, shown...) }

// appWith is app with fields that rules have added.
func appWith(fields []string, path string, shown ...string) string {
	return "200 OK\nContent-Type: text/plain\nX-App: a\nX-Other: b\n" + lines(fields) + "\nGET " + path + "\n" + lines(shown)
}

// moved is the answer of the actions that redirect.
func moved(status, location string, fields ...string) string {
	body := "Moved"
	if status != "302 Found" {
		body = "Moved Permanently"
	}
	return status + "\nLocation: " + location + "\n" + lines(fields) + "\n" + body
}

func lines(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, "\n") + "\n"
}
