package protocoltest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

const noHijack = "the protocol frames everything, and its connection is not one response's to hand over"

// upgrading switches protocols and echoes what it reads, in a goroutine of its own where outlive is
// set.
func upgrading(outlive bool) protocol.Handler {
	return web(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Upgrade", "echo")
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("X-Accept", r.Header.Get("X-Key")+"!")
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		echo := func() {
			defer conn.Close()
			for {
				s, err := rw.ReadString('\n')
				if err != nil {
					return
				}
				rw.WriteString("echo " + s)
				rw.Flush()
			}
		}
		if outlive {
			go echo()
			return
		}
		echo()
	})
}

// upgraded talks to an upgrading handler.
func upgraded(x *trial) {
	res := x.open(x.request("GET", "/", "HTTP_UPGRADE", "echo", "HTTP_CONNECTION", "Upgrade", "HTTP_X_KEY", "key"))
	if res.Status != 101 || res.Header.Get("Upgrade") != "echo" || res.Header.Get("X-Accept") != "key!" {
		x.Fatalf("%d %v", res.Status, res.Header)
	}
	conn, ok := res.Body.(io.ReadWriteCloser)
	if !ok {
		x.Fatalf("the body of a 101 is a %T", res.Body)
	}
	// no deadline reaches a connection that was handed over
	late := time.AfterFunc(patience/3, func() { conn.Close() })
	defer late.Stop()
	for i := range 20 {
		text := fmt.Sprintf("%d %s\n", i, strings.Repeat("x", i*500))
		io.WriteString(conn, text)
		x.read(conn, "echo "+text)
	}
	conn.Close()
}

// notUpgraded is what a handler that insists gets where there is no Hijack: its own 500, or a
// gateway's 502.
func notUpgraded(x *trial) {
	got := x.get()
	if !x.pair.Chain || got.status != 502 {
		x.status(got, 500)
	}
}

// notSwitched answers as f does after a 101 that has come to nothing.
func notSwitched(name string, f func(w http.ResponseWriter)) testCase {
	return testCase{
		name: "switching-then-" + name,
		want: "A WriteHeader(101) that comes to nothing is an error page, whatever the handler goes on to do.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Upgrade", "echo")
			w.Header().Set("Connection", "Upgrade")
			w.WriteHeader(http.StatusSwitchingProtocols)
			f(w)
		}),
		check: func(x *trial) {
			got := x.end(x.request("GET", "/", "HTTP_UPGRADE", "echo", "HTTP_CONNECTION", "Upgrade"))
			x.whole(got, 500, "500 Internal Server Error\n")
			x.field(got, "Upgrade")
		},
	}
}

// asksFirst upgrades as WebSocket libraries do: they ask what the writer is, and say 501.
func asksFirst(w http.ResponseWriter, r *http.Request) {
	h, ok := w.(http.Hijacker)
	if !ok {
		http.Error(w, "no Hijacker", http.StatusNotImplemented)
		return
	}
	conn, _, err := h.Hijack()
	if err != nil {
		panic(err)
	}
	io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhijacked")
	conn.Close()
}

var hijackCases = []testCase{
	{
		name:    "hijacker-where-it-can",
		want:    "The writer is an http.Hijacker only where it can hijack: a WebSocket library answers 501 elsewhere.",
		handler: web(asksFirst),
		check: func(x *trial) {
			// the backend's own protocol may have it
			if got := x.get(); x.pair.has(Hijack) || x.pair.Chain && got.body == "hijacked" {
				x.whole(got, 200, "hijacked")
			} else {
				x.whole(got, 501, "no Hijacker\n")
			}
		},
	},
	notSwitched("writing", func(w http.ResponseWriter) { io.WriteString(w, "Internal Server Error") }),
	notSwitched("copying", func(w http.ResponseWriter) { io.Copy(w, strings.NewReader("Internal Server Error")) }),
	notSwitched("flushing", func(w http.ResponseWriter) { http.NewResponseController(w).Flush() }),
	notSwitched("200", func(w http.ResponseWriter) { w.WriteHeader(200) }),
	notSwitched("302", func(w http.ResponseWriter) { w.WriteHeader(302) }),
	{
		name: "switching-then-own-error",
		want: "After a WriteHeader(101) that comes to nothing the handler's own error is the answer.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusSwitchingProtocols)
			http.Error(w, "none here", http.StatusUpgradeRequired)
		}),
		check: func(x *trial) { x.whole(x.get(), 426, "none here\n") },
	},
	{
		name: "hijack-before-body",
		want: "A Hijack that fails, as the body is unread, sends nothing of the 101: the handler's error is the answer.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusSwitchingProtocols)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				http.Error(w, "failed", http.StatusInternalServerError)
				return
			}
			conn.Close()
		}),
		check: func(x *trial) {
			if r := x.post("body"); x.pair.name() == "http" || x.pair.Chain {
				x.try(r) // net/http hands over what it has not read
			} else {
				x.whole(x.end(r), 500, "failed\n")
			}
		},
	},
	{
		name:    "upgrade",
		want:    "101 and Hijack hand the connection over, both ways, as for a WebSocket.",
		handler: upgrading(false),
		needs:   Hijack, why: noHijack,
		check: upgraded,
		else_: notUpgraded,
	},
	{
		name:    "upgrade-outlives",
		want:    "A hijacked connection is the handler's also after it has returned.",
		handler: upgrading(true),
		needs:   Hijack, why: noHijack,
		check: upgraded,
		else_: notUpgraded,
	},
	{
		name: "hijack-says",
		want: "Hijack is http.ErrNotSupported where the protocol has none, and the handler answers in the usual way.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhijacked")
				conn.Close()
				return
			}
			fmt.Fprint(w, errors.Is(err, http.ErrNotSupported))
		}),
		check: func(x *trial) {
			if x.pair.has(Hijack) {
				x.whole(x.get(), 200, "hijacked")
				return
			}
			// the backend's own protocol may have it
			if got := x.get(); !x.pair.Chain || got.body != "hijacked" {
				x.whole(got, 200, "true")
			}
		},
	},
	{
		name: "hijack-too-late",
		want: "Hijack after the response has begun is an error, and the response stays whole.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "begun ")
			_, _, err := http.NewResponseController(w).Hijack()
			fmt.Fprint(w, err != nil)
		}),
		check: func(x *trial) { x.whole(x.get(), 200, "begun true") },
	},
	{
		name: "hijacked-writer",
		want: "After a Hijack the writer says http.ErrHijacked, and writes nothing between.",
		handler: web(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Upgrade", "echo")
			w.Header().Set("Connection", "Upgrade")
			w.WriteHeader(http.StatusSwitchingProtocols)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			defer conn.Close()
			_, err = io.WriteString(w, "never")
			fmt.Fprintf(conn, "%v\n", errors.Is(err, http.ErrHijacked))
		}),
		needs: Hijack, why: noHijack,
		check: func(x *trial) {
			res := x.open(x.request("GET", "/", "HTTP_UPGRADE", "echo", "HTTP_CONNECTION", "Upgrade"))
			if got := finish(res); got.status != 101 || got.body != "true\n" {
				x.Errorf("%d %q %v", got.status, got.body, got.err)
			}
		},
		else_: notUpgraded,
	},
}
