package protocoltest

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// bulkBytes is the variable that says how much goes through: a handler in a process of its own may
// be compiled with another bulk.
const bulkBytes = "HTTP_X_BULK"

// gauged answers with how memory grew while the handler did its work.
func gauged(work func(w protocol.ResponseWriter, r *protocol.Request, g *gauge) error) protocol.Handler {
	return failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
		l := call(r)
		defer l.hangUp()
		g := &gauge{Reader: r.Body}
		err := work(w, r, g)
		l.say(fmt.Sprint(g.growth(), " ", text(err)))
		return err
	})
}

// constantly checks what a gauged handler tells, and the client's own gauge.
func (x *trial) constantly(g *gauge, l *line) {
	x.Helper()
	var served int64
	var verdict string
	if _, err := fmt.Sscan(l.hear(), &served, &verdict); err != nil || verdict != "none" {
		x.Errorf("the handler failed: %v %s", err, verdict)
	}
	x.Logf("memory grew by %d KiB where it is served, %d KiB where it is called", served>>10, g.growth()>>10)
	if served > constant || g.growth() > constant {
		x.Errorf("%d MB grew memory by %d and %d bytes", bulk>>20, served, g.growth())
	}
}

var bulkCases = []testCase{
	{
		name: "bulk-up",
		want: "A body of 64 MB goes up whole, in constant memory.",
		handler: gauged(func(w protocol.ResponseWriter, r *protocol.Request, g *gauge) error {
			return compare(g, int64(number(r, bulkBytes)))
		}),
		check: func(x *trial) {
			g := &gauge{Reader: io.LimitReader(new(pattern), bulk)}
			x.status(x.do(x.send(g, bulk, bulkBytes, itoa(bulk))), 200)
			x.constantly(g, x.answer())
		},
	},
	{
		name: "bulk-down",
		want: "A body of 64 MB comes down whole, in constant memory.",
		handler: gauged(func(w protocol.ResponseWriter, r *protocol.Request, g *gauge) error {
			g.Reader = io.LimitReader(new(pattern), int64(number(r, bulkBytes)))
			_, err := io.CopyBuffer(onlyWriter{w}, onlyReader{g}, make([]byte, 40000))
			return err
		}),
		check: func(x *trial) {
			res := x.open(x.request("GET", "/", bulkBytes, itoa(bulk)))
			g := &gauge{Reader: res.Body}
			if err := compare(g, bulk); err != nil {
				x.Error(err)
			}
			x.constantly(g, x.answer())
		},
	},
	{
		name: "bulk-both-ways",
		want: "64 MB go up and come down in one exchange, in constant memory, though the front is half duplex: the rest waits in a file.",
		handler: gauged(func(w protocol.ResponseWriter, r *protocol.Request, g *gauge) error {
			_, err := io.CopyBuffer(onlyWriter{w}, onlyReader{g}, make([]byte, 40000))
			return err
		}),
		check: func(x *trial) {
			res := x.open(x.send(io.LimitReader(new(pattern), bulk), bulk))
			g := &gauge{Reader: res.Body}
			if err := compare(g, bulk); err != nil {
				x.Error(err)
			}
			x.constantly(g, x.answer())
		},
	},
	{
		name:  "bulk-duplex",
		want:  "With full duplex 64 MB go up and come down at the same time, in constant memory and without a file.",
		needs: Duplex, why: "the server or a front in between reads a request whole before it answers; the body is taken in",
		limits: &protocol.Limits{Spool: 1 << 20},
		handler: gauged(func(w protocol.ResponseWriter, r *protocol.Request, g *gauge) error {
			if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
				return err
			}
			_, err := io.CopyBuffer(onlyWriter{w}, onlyReader{g}, make([]byte, 40000))
			return err
		}),
		check: func(x *trial) {
			res := x.open(x.send(io.LimitReader(new(pattern), bulk), bulk))
			g := &gauge{Reader: res.Body}
			if err := compare(g, bulk); err != nil {
				x.Error(err)
			}
			x.constantly(g, x.answer())
		},
		else_: func(x *trial) {
			// the backend's own protocol may have it
			if got := x.do(x.post("")); !x.pair.Chain || got.status != 200 {
				x.status(got, 500)
			}
			x.answer()
		},
	},
	{
		name: "read-from-file",
		want: "A file that is copied into the response arrives whole, with and without a Content-Length, from its middle, and more than one.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			f, err := patternFile()
			if err != nil {
				return err
			}
			defer f.Close()
			if r.Params.Get("HTTP_X_DECLARED") != "" {
				w.Header().Set("Content-Length", "2000000")
			}
			n, err := io.Copy(w, f)
			if err != nil || n != 1000000 {
				return fmt.Errorf("%d %v", n, err)
			}
			f.Seek(0, io.SeekStart)
			io.CopyN(w, f, 300000)
			n, err = io.Copy(w, f)
			if err != nil || n != 700000 {
				return fmt.Errorf("%d %v", n, err)
			}
			return nil
		}),
		check: func(x *trial) {
			for _, declared := range []string{"", "yes"} {
				res := x.open(x.request("GET", "/", "HTTP_X_DECLARED", declared))
				if err := compare(io.LimitReader(res.Body, 1000000), 1000000); err != nil {
					x.Error("first:", err)
				}
				if err := compare(res.Body, 1000000); err != nil {
					x.Error("second:", err)
				}
			}
		},
	},
	{
		name: "read-from-beyond-length",
		want: "A file that is longer than the declared length fills it, and not a byte more.",
		handler: failing(func(w protocol.ResponseWriter, r *protocol.Request) error {
			f, err := patternFile()
			if err != nil {
				return err
			}
			defer f.Close()
			w.Header().Set("Content-Length", "500000")
			w.(http.Flusher).Flush()
			io.Copy(w, f)
			return nil
		}),
		check: func(x *trial) {
			res := x.open(x.request("GET", "/"))
			if err := compare(res.Body, 500000); err != nil {
				x.Error(err)
			}
			x.status(x.do(x.request("HEAD", "/")), 200)
		},
	},
	{
		name: "serve-content",
		want: "http.ServeContent answers ranges, validators and HEAD over this protocol as over HTTP.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "digits.txt", time.Unix(1700000000, 0), strings.NewReader("0123456789"))
		}),
		check: func(x *trial) {
			x.whole(x.get(), 200, "0123456789")
			got := x.do(x.request("GET", "/", "HTTP_RANGE", "bytes=2-5"))
			x.whole(got, 206, "2345")
			x.field(got, "Content-Range", "bytes 2-5/10")
			x.status(x.do(x.request("GET", "/", "HTTP_RANGE", "bytes=20-")), 416)
			x.whole(x.do(x.request("GET", "/", "HTTP_IF_MODIFIED_SINCE", got.header.Get("Last-Modified"))), 304, "")
			head := x.do(x.request("HEAD", "/"))
			x.whole(head, 200, "")
			x.field(head, "Content-Length", "10")
		},
	},
}

// patternFile returns a file of a million bytes of the pattern, which is gone when it is closed.
func patternFile() (*os.File, error) {
	f, err := os.CreateTemp("", "pattern")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	if _, err := io.CopyN(f, new(pattern), 1000000); err != nil {
		return nil, err
	}
	_, err = f.Seek(0, io.SeekStart)
	return f, err
}
