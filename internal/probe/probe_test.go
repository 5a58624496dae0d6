package probe

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/gateway/endpoint"
	"github.com/postern-gateway/postern/internal/fetch"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/postern-gateway/postern/internal/netio.(*watcher).run"))
}

// statusText is php-fpm's status page as JSON.
const statusText = `{"pool":"www","process manager":"dynamic","start time":1,"start since":5,"accepted conn":12,"listen queue":3,"max listen queue":4,` +
	`"listen queue len":511,"idle processes":1,"active processes":2,"total processes":3,"max active processes":2,"max children reached":1,"slow requests":0}`

// pages are a backend as php-fpm is one: each page is its own script.
var pages = protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
	text, path := "", strings.TrimSuffix(r.RequestURI(), "?json")
	if script, ok := r.Params.Lookup("SCRIPT_FILENAME"); ok && script != path && script != "/srv/x.php" {
		text = script + " is not " + path
	}
	switch path {
	case "/ping", "/x":
		text += "pong"
	case "/status":
		text += statusText
	case "/":
		text += "front page"
	default:
		w.WriteHeader(404)
		text += "nothing here\n"
	}
	_, err := io.WriteString(w, text)
	return err
})

// listening is Postern with pages, by a protocol. It returns its URL.
func listening(t *testing.T, url string) string {
	t.Helper()
	l, err := endpoint.Listen(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	srv := &gateway.Server{Handler: pages, Log: slog.New(slog.DiscardHandler)}
	var all sync.WaitGroup
	all.Go(func() { l.Serve(srv) })
	t.Cleanup(all.Wait)
	t.Cleanup(func() { srv.Close() })
	return l.URL()
}

// saying is a peer that answers whatever comes with this, and closes; where it is "" it says
// nothing.
func saying(t *testing.T, answer string) string {
	return netiotest.Peer(t, func(c net.Conn) {
		if io.WriteString(c, answer); answer == "" {
			io.Copy(io.Discard, c)
		}
	})
}

// A probeRow is a probe and what it finds.
type probeRow struct {
	name string
	cfg  Config
	ok   bool
	text string // parts of the line, parted by |
}

// TestProbes has each check of each protocol.
func TestProbes(t *testing.T) {
	fcgi, http, uwsgiURL := listening(t, "fastcgi://127.0.0.1:0"), listening(t, "http://127.0.0.1:0"), listening(t, "uwsgi://127.0.0.1:0")
	scgiURL := listening(t, "scgi+unix:"+filepath.Join(t.TempDir(), "s"))
	silent, short := saying(t, ""), time.Second
	for _, row := range []probeRow{
		{"FastCGI", Config{URL: fcgi}, true, "ok " + fcgi + " get-values FCGI_MAX_REQS=|FCGI_MPXS_CONNS=1 ("},
		{"FastCGI, a path", Config{URL: fcgi + "/ping"}, true, "request status=200"},
		{"FastCGI, a path and a script", Config{URL: fcgi + "/x", Script: "/srv/x.php", Expect: "pong"}, true, "request status=200"},
		{"FastCGI, connect", Config{URL: fcgi, ConnectOnly: true}, true, " connect ("},
		{"ping", Config{URL: fcgi, Ping: "/ping"}, true, "ping status=200"},
		{"ping, another answer", Config{URL: fcgi, Ping: "/ping", Expect: "yes"}, false, `failed |: the answer is "pong", and is to be "yes"`},
		{"ping, no such page", Config{URL: fcgi, Ping: "/pong"}, false, `status=404: the status is 404: "nothing here"`},
		{"status page", Config{URL: fcgi, StatusPage: "/status"}, true, `status-page pool=www process-manager=dynamic active=2 idle=1 total=3 listen-queue=3 max-listen-queue=4 listen-queue-len=511 accepted=12`},
		{"status page, bounds that are kept", Config{URL: fcgi, StatusPage: "/status", Bounds: Bounds{At(3), At(2), At(1), At(1), At(0)}}, true, "listen-queue=3"},
		{"status page, the queue", Config{URL: fcgi, StatusPage: "/status", Bounds: Bounds{MaxListenQueue: At(2)}}, false, ": the listen queue: 3 > 2 ("},
		{"status page, active", Config{URL: fcgi, StatusPage: "/status", Bounds: Bounds{MaxActive: At(1)}}, false, "active processes: 2 > 1"},
		{"status page, idle", Config{URL: fcgi, StatusPage: "/status", Bounds: Bounds{MinIdle: At(2)}}, false, "idle processes: 1 < 2"},
		{"status page, children", Config{URL: fcgi, StatusPage: "/status", Bounds: Bounds{MaxChildrenReached: At(0)}}, false, "max children reached: 1 > 0"},
		{"status page, another page", Config{URL: fcgi, StatusPage: "/ping"}, false, `the answer is no status page of php-fpm: "pong"`},
		{"uwsgi", Config{URL: uwsgiURL}, true, "ok " + uwsgiURL + " uwsgi-ping ("},
		{"uwsgi, a path", Config{URL: uwsgiURL + "/ping", Expect: "pong"}, true, "request status=200"},
		{"SCGI", Config{URL: scgiURL}, true, "ok " + scgiURL + " connect ("},
		{"SCGI, a path", Config{URL: scgiURL + ":/ping", Status: 200}, true, "request status=200"},
		{"HTTP", Config{URL: http}, true, "request status=200"},
		{"HTTP, a path", Config{URL: http + "/ping"}, true, "request status=200"},
		{"HTTP, no such path", Config{URL: http + "/nobody"}, false, "request status=404: the status is 404"},
		{"HTTP, a status", Config{URL: http + "/nobody", Status: 404}, true, "request status=404"},
		{"HTTP, another status", Config{URL: http + "/", Status: 204}, false, `the status is 200, and is to be 204: "front page"`},

		{"a FastCGI peer that says nothing", Config{URL: "fastcgi://" + silent, Timeout: short}, false, ": it accepted the connection and has said nothing within |by --connect"},
		{"a uwsgi peer that says nothing", Config{URL: "uwsgi://" + silent, Timeout: short}, false, "has said nothing within"},
		{"an HTTP peer that says nothing", Config{URL: "http://" + silent, Timeout: short}, false, "has said nothing within"},
		{"an SCGI peer that says nothing", Config{URL: "scgi://" + silent + "/x", Timeout: short}, false, "has said nothing within"},
		{"nobody listens", Config{URL: "uwsgi+unix:/nonexistent.sock"}, false, "failed uwsgi+unix:/nonexistent.sock uwsgi-ping: connect to uwsgi+unix:/nonexistent.sock: no such file or directory"},
		{"HTTP where FastCGI is meant", Config{URL: "fastcgi://" + saying(t, "HTTP/1.1 400 Bad Request\r\n\r\n")}, false, "the peer speaks HTTP; is this an http:// port?"},
		{"HTTP where uwsgi is meant", Config{URL: "uwsgi://" + saying(t, "HTTP/1.1 400 Bad Request\r\n\r\n")}, false, "the peer speaks HTTP; is this an http:// port?"},
		{"a backend without GET_VALUES", Config{URL: "fastcgi://" + saying(t, "\x01\x0b\x00\x00\x00\x08\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00")}, false, "the answer is UNKNOWN_TYPE (a backend that knows no GET_VALUES"},
		{"a backend that is overloaded", Config{URL: "fastcgi://" + saying(t, record(3, "\x00\x00\x00\x00\x02\x00\x00\x00")) + "/x"}, false, "OVERLOADED"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, err := Run(t.Context(), &row.cfg)
			if err != nil {
				t.Fatal(err)
			}
			line := r.String()
			if r.OK != row.ok || strings.Contains(line, "\n") {
				t.Error(line)
			}
			for part := range strings.SplitSeq(row.text, "|") {
				if !strings.Contains(line, part) {
					t.Errorf("%s lacks %q", line, part)
				}
			}
		})
	}
}

// record is a record of FastCGI.
func record(typ byte, content string) string {
	b := []byte{1, typ, 0, 1, 0, 0, 0, 0}
	binary.BigEndian.PutUint16(b[4:], uint16(len(content)))
	return string(b) + content
}

// TestWrongProbes has what a command line must not say.
func TestWrongProbes(t *testing.T) {
	for _, row := range []struct {
		cfg  Config
		text string
	}{
		{Config{URL: "nonsense"}, "no scheme"},
		{Config{URL: "auto://127.0.0.1:1"}, "auto"},
		{Config{URL: "cgi:/bin/true:/"}, "postern get cgi:/bin/true:/"},
		{Config{URL: "fastcgi://127.0.0.1:1/x", Ping: "/ping"}, "four checks"},
		{Config{URL: "fastcgi://127.0.0.1:1", Ping: "/ping", ConnectOnly: true}, "four checks"},
		{Config{URL: "fastcgi://127.0.0.1:1", Ping: "ping"}, "a path begins with a slash"},
		{Config{URL: "fastcgi://127.0.0.1:1", Bounds: Bounds{MinIdle: At(1)}}, "are for --status-page"},
		{Config{URL: "fastcgi://127.0.0.1:1", Expect: "x"}, "are for a request"},
		{Config{URL: "fastcgi://127.0.0.1:1", Ping: "/p", Script: "/x"}, "--script is for a path"},
		{Config{URL: "http://127.0.0.1:1/x", Script: "/x"}, ""},
	} {
		r, err := Run(t.Context(), &row.cfg)
		if _, ok := err.(*fetch.Error); row.text != "" && (!ok || !strings.Contains(err.Error(), row.text)) {
			t.Errorf("%+v: %v, %v", row.cfg, r, err)
		}
	}
}

// TestJSON is the line for programs.
func TestJSON(t *testing.T) {
	b, err := json.Marshal(&Report{OK: false, URL: "fastcgi://127.0.0.1:9000", Check: "status-page", Took: 1234567 * time.Nanosecond,
		Facts: []Fact{{"pool", "www"}, {"listen queue", "3"}}, Error: "the listen queue: 3 > 2"})
	want := `{"ok":false,"url":"fastcgi://127.0.0.1:9000","check":"status-page","ms":1.234,"facts":{"listen_queue":3,"pool":"www"},"error":"the listen queue: 3 \u003e 2"}`
	if string(b) != want || err != nil {
		t.Errorf("%s, %v", b, err)
	}
}
