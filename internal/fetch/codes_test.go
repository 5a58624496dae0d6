package fetch

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

const (
	httpHead = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	cgiHead  = "Status: 200 OK\r\nContent-Type: text/plain\r\n"
)

// A codeRow is a way in which an answer can fail.
type codeRow struct {
	name string
	url  string
	set  func(c *Config)
	code int
	text string // parts of the line, parted by |
}

// badAnswers are what a peer should not say, by each protocol.
func badAnswers(t *testing.T) []codeRow {
	return []codeRow{
		{"HTTP: an empty reply", "http://" + saying(t, "") + "/", nil, CodeEmpty, "closed without a byte|fastcgi://"},
		{"HTTP: a head that ends early", "http://" + saying(t, "HTTP/1.1 200 OK\r\nCont") + "/", nil, CodeIncomplete, "read response head"},
		{"HTTP: garbage", "http://" + saying(t, "what?\r\n\r\n") + "/", nil, CodeMalformed, "read response head"},
		{"HTTP: a field without a colon", "http://" + saying(t, "HTTP/1.1 200 OK\r\nodd\r\n\r\n") + "/", nil, CodeMalformed, "read response head"},
		{"HTTP: a short body", "http://" + saying(t, httpHead+"Content-Length: 10\r\n\r\nabc") + "/", nil, CodeIncomplete, "7 bytes short of its Content-Length|3 bytes of the body had come"},
		{"HTTP: a short chunk", "http://" + saying(t, httpHead+"Transfer-Encoding: chunked\r\n\r\n5\r\nab") + "/", nil, CodeIncomplete, "unexpected EOF"},
		{"HTTP: a bad chunk", "http://" + saying(t, httpHead+"Transfer-Encoding: chunked\r\n\r\nzz\r\nab") + "/", nil, CodeReceive, "read response"},
		{"HTTP: a bad length", "http://" + saying(t, "HTTP/1.1 200 OK\r\nContent-Length: zz\r\n\r\nabc") + "/", nil, CodeMalformed, "Content-Length"},
		{"HTTP: FastCGI answers", "http://" + saying(t, stdout("x")) + "/", nil, CodeMalformed, "the peer speaks FastCGI; is this a fastcgi:// port?"},
		{"HTTP: TLS answers", "http://" + saying(t, "\x15\x03\x01\x00\x02\x02\x0a") + "/", nil, CodeMalformed, "the peer speaks TLS; is this an https:// port?"},
		{"HTTPS: HTTP answers", "https://" + saying(t, "HTTP/1.1 400 Bad Request\r\n\r\n") + "/", nil, CodeTLS, "TLS handshake|the peer speaks HTTP; is this an http:// port?"},
		{"HTTPS: an alert", "https://" + saying(t, "\x15\x03\x03\x00\x02\x02\x28") + "/", nil, CodeTLS, "TLS handshake|handshake failure"},
		{"HTTPS: closed", "https://" + saying(t, "") + "/", nil, CodeTLS, "TLS handshake|the connection was cut"},
		{"HTTP: SSH answers", "http://" + saying(t, "SSH-2.0-OpenSSH_9.2\r\n") + "/", nil, CodeMalformed, "the peer speaks SSH"},

		{"FastCGI: an empty reply", "fastcgi://" + saying(t, "") + "/", nil, CodeEmpty, "closed without a byte|listen.allowed_clients"},
		{"FastCGI: HTTP answers", "fastcgi://" + saying(t, "HTTP/1.1 400 Bad Request\r\n\r\n") + "/", nil, CodeMalformed, "version 72, want 1|the peer speaks HTTP; is this an http:// port?"},
		{"FastCGI: no END_REQUEST", "fastcgi://" + saying(t, stdout(cgiHead+"\r\nhello")) + "/", nil, CodeIncomplete, "5 bytes of the body had come"},
		{"FastCGI: a head that ends early", "fastcgi://" + saying(t, stdout(cgiHead)+endRequest(0)) + "/", nil, CodeIncomplete, "before the end of its head"},
		{"FastCGI: a short body", "fastcgi://" + saying(t, stdout(cgiHead+"Content-Length: 9\r\n\r\nhello")+stdout("")+endRequest(0)) + "/", nil, CodeIncomplete, "4 bytes short"},
		{"FastCGI: a record for another request", "fastcgi://" + saying(t, "\x01\x06\x00\x07\x00\x00\x00\x00") + "/", nil, CodeMalformed, "request id 7"},
		{"FastCGI: overloaded", "fastcgi://" + saying(t, endRequest(2)) + "/", nil, CodeMalformed, "OVERLOADED"},

		{"SCGI: an empty reply", "scgi://" + saying(t, "") + "/", nil, CodeEmpty, "does it speak SCGI?"},
		{"SCGI: garbage", "scgi://" + saying(t, "-ERR unknown command\r\n\r\n") + "/", nil, CodeMalformed, "the peer speaks Redis or POP3"},
		{"SCGI: a short body", "scgi://" + saying(t, cgiHead+"Content-Length: 10\r\n\r\nabc") + "/", nil, CodeIncomplete, "7 bytes short"},
		{"uwsgi: an empty reply", "uwsgi://" + saying(t, "") + "/", nil, CodeEmpty, "buffer-size"},
		{"uwsgi: FastCGI answers", "uwsgi://" + saying(t, stdout("")) + "/", nil, CodeMalformed, "the peer speaks FastCGI"},
	}
}

// TestCodes has each way in which an answer can fail, with curl's number for it.
func TestCodes(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	nobody := closed.Addr().String()
	over := make(chan struct{})
	silentPeer := netiotest.Peer(t, func(net.Conn) { <-over })
	stalls := netiotest.Peer(t, func(c net.Conn) {
		io.WriteString(c, httpHead+"Content-Length: 9\r\n\r\nhel")
		<-over
	})
	t.Cleanup(func() { close(over) })
	resetting := netiotest.Peer(t, func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) })
	rows := append(badAnswers(t), []codeRow{
		{"a bad scheme", "gopher://127.0.0.1:70/", nil, CodeURL, "unknown scheme"},
		{"no port", "fastcgi://127.0.0.1/x", nil, CodeURL, "no port"},
		{"a space", "http://" + nobody + "/a b", nil, CodeURL, "write a space as %20"},
		{"a bad escape", "http://" + nobody + "/%zz", nil, CodeURL, "invalid URL escape"},
		{"a path without a slash", "scgi+unix:/run/s:x", nil, CodeURL, "no slash"},
		{"an unknown option", "http://" + nobody, func(c *Config) { c.Options = []string{"x=1"} }, CodeURL, `unknown option "x"`},
		{"no such host", "http://postern.invalid/", nil, CodeResolve, "connect to http://postern.invalid:80"},
		{"nobody listens", "fastcgi://" + nobody + "/", nil, CodeConnect, "connect to fastcgi://" + nobody + ": |refused|does the server run"},
		{"no such socket", "scgi+unix:/nonexistent.sock:/x", nil, CodeConnect, "connect to scgi+unix:/nonexistent.sock: no such file or directory"},
		{"a peer that says nothing", "fastcgi://" + silentPeer + "/", within(time.Second), CodeTimeout, "fastcgi://" + silentPeer + ": it accepted the connection and has said nothing within"},
		{"a peer that stops", "http://" + stalls + "/", within(time.Second), CodeTimeout, "not whole after"},
		{"a reset", "http://" + resetting + "/", nil, CodeReceive, "http://" + resetting + ": read response head: connection reset by peer"},

		{"a status", "http://" + saying(t, "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n") + "/", func(c *Config) { c.Show.Fail = true }, CodeStatus, "the answer is 404 Not Found"},
		{"a status, and its body", "http://" + saying(t, "HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nno\n") + "/", func(c *Config) { c.Show.FailBody = true }, CodeStatus, "the answer is 500 Internal Server Error"},
		{"no file to write to", "http://" + saying(t, httpHead+"Content-Length: 3\r\n\r\nabc") + "/", func(c *Config) { c.Show.Output = "/nonexistent/x" }, CodeWrite, "cannot write the answer"},
		{"no file of -d", "http://" + nobody + "/", func(c *Config) { c.Message.Data = []Datum{{DataText, "@/nonexistent"}} }, CodeRead, "/nonexistent: no such file"},
		{"no file of -F", "http://" + nobody + "/", func(c *Config) { c.Message.Form = []FormField{{Text: "a=@/nonexistent"}} }, CodeRead, "/nonexistent: no such file"},
		{"a directory of -T", "http://" + nobody + "/", func(c *Config) { c.Message.Upload = t.TempDir() }, CodeRead, "is a directory"},
		{"too many redirects", "http://" + saying(t, "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") + "/",
			func(c *Config) { c.Follow, c.MaxRedirects = true, 3 }, CodeRedirects, "more than 3 redirects, the last to http://|/x"},
	}...)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{URL: row.url}
			if row.set != nil {
				row.set(&cfg)
			}
			_, _, code, err := run(t, t.Context(), cfg)
			if code != row.code {
				t.Fatalf("%d, want %d: %v", code, row.code, err)
			}
			for part := range strings.SplitSeq(row.text, "|") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q lacks %q", err, part)
				}
			}
		})
	}
}

func within(d time.Duration) func(*Config) { return func(c *Config) { c.MaxTime = d } }

// TestContradictions has what a command line must not say.
func TestContradictions(t *testing.T) {
	data := []Datum{{DataText, "a"}}
	form := []FormField{{Text: "a=b"}}
	for _, row := range []struct {
		url  string
		set  func(c *Config)
		text string
	}{
		{"http://127.0.0.1/", func(c *Config) { c.Message.Data, c.Message.Form = data, form }, "-d and -F"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Data, c.Message.Upload = data, "x" }, "-T and -d"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Data, c.Message.Head = data, true }, "-I asks for a head"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Form, c.Message.Query = form, true }, "-G is for -d"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Params = []string{"A=b"} }, "which http has none of"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Script = "/x.php" }, "which http has none of"},
		{"scgi://127.0.0.1:1/", func(c *Config) { c.Message.Role = protocol.Authorizer }, "--role is FastCGI's"},
		{"fastcgi://127.0.0.1:1/", func(c *Config) { c.Message.Role = protocol.Filter }, "say --stream FILE"},
		{"fastcgi://127.0.0.1:1/", func(c *Config) { c.Message.Stream = "x" }, "--stream is for --role filter"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Cookies = []string{"a=b", "jar.txt"} }, "files of cookies are not read"},
		{"scgi://127.0.0.1:1/", func(c *Config) { c.Message.Params = []string{"=x"} }, `-p "=x": write NAME=VALUE`},
		{"scgi://127.0.0.1:1/", func(c *Config) { c.Message.Params = []string{""} }, `-p "": write NAME=VALUE`},
		{"http://127.0.0.1/", func(c *Config) { c.Message.User = "secret" }, "-u: write NAME:PASSWORD"},
		{"scgi://127.0.0.1:1/", func(c *Config) { c.Message.Method = "A B" }, `-X "A B": a method is one word`},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Fields = []string{"Host:"} }, "HTTP/1.1 wants one"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Form = []FormField{{Text: `a=1;headers="a b: c"`}} }, "name of header"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Fields = []string{"odd"} }, "write it as 'Name: value'"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Fields = []string{"a b: c"} }, "name of header"},
		{"http://127.0.0.1/", func(c *Config) { c.Message.Form = []FormField{{Text: "odd"}} }, "NAME=VALUE"},
		{"http://127.0.0.1/", func(c *Config) { c.Show.Fail, c.Show.FailBody = true, true }, "say one of them"},
		{"http://127.0.0.1/", func(c *Config) { c.Show.FileName = true }, "say -o FILE"},
		{"http://127.0.0.1/", func(c *Config) { c.Load.Requests, c.Show.Verbose = 2, true }, "a load prints a summary"},
		{"http://127.0.0.1/", func(c *Config) { c.Load.Rate = 2 }, "say --repeat N or --duration TIME"},
		{"cgi:/bin/true:/", func(c *Config) { c.Show.Wire = true }, "cgi has no wire"},
		{"cgi:/nonexistent:/", nil, "no such file"},
		{"auto://127.0.0.1:1/", nil, "auto is for listening"},
	} {
		cfg := Config{URL: row.url}
		if row.set != nil {
			row.set(&cfg)
		}
		if _, _, code, err := run(t, t.Context(), cfg); code != CodeUsage || !strings.Contains(err.Error(), row.text) {
			t.Errorf("%s: %d, %v", row.text, code, err)
		}
	}
}

// TestConnectTimeout: the time to connect is bounded by itself.
func TestConnectTimeout(t *testing.T) {
	_, _, code, err := run(t, t.Context(), Config{URL: "http://192.0.2.1/", ConnectTimeout: time.Nanosecond})
	if code != CodeTimeout || !strings.Contains(err.Error(), "connect to http://192.0.2.1:80: no connection within") {
		t.Errorf("%d, %v", code, err)
	}
}

// TestInterrupted: the end of the context ends the exchange.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	addr := netiotest.Peer(t, func(c net.Conn) {
		cancel()
		io.Copy(io.Discard, c)
	})
	if _, _, code, err := run(t, ctx, Config{URL: "fastcgi://" + addr + "/"}); code != CodeInterrupted {
		t.Errorf("%d, %v", code, err)
	}
}

// TestInterruptedInput: so does it while standard input says nothing.
func TestInterruptedInput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	defer w.Close()
	go func() {
		io.WriteString(w, "a")
		cancel()
	}()
	cfg := Config{URL: "fastcgi://127.0.0.1:1/", Message: Message{Data: texts(DataText, "@-")}, Stdin: r}
	if _, _, code, err := run(t, ctx, cfg); code != CodeInterrupted {
		t.Errorf("%d, %v", code, err)
	}
}

// TestWriteFails: standard output that takes no more ends it.
func TestWriteFails(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	cfg := Config{URL: "http://" + saying(t, httpHead+"Content-Length: 3\r\n\r\nabc") + "/", Stdout: w, Stderr: io.Discard}
	if err := Run(t.Context(), &cfg); failed(0, err).Code != CodeWrite {
		t.Error(err)
	}
}
