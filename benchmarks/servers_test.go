package benchmarks

import (
	"fmt"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"strings"

	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// runServer serves what spec says until the benchmark has gone: protocol, exercise, variant and
// socket, "fastcgi get native /run/s", or "cgi", the host, the script and the socket, or "flood",
// the number of the flood, a word and the socket, or "rpc", two words and the socket, or "files",
// the variant, the root and the address.
func runServer(spec string) error {
	f := strings.Fields(spec)
	if len(f) != 4 {
		return fmt.Errorf("want 4 words")
	}
	if f[0] == "flood" {
		return runFlood(f[1], f[3])
	}
	l, err := listenAt(f[3])
	if err != nil {
		return err
	}
	if f[0] == "files" {
		go serveFiles(l, f[1], f[2])
		return answerQuestions()
	}
	if f[0] == "cgi" {
		go serveScript(l, f[1], f[2])
		return answerQuestions()
	}
	if f[0] == rpcWire.name {
		go serveRPC(l)
		return answerQuestions()
	}
	w := wireNamed(f[0])
	if f[1] == floodedName {
		go w.flooded(l)
		return answerQuestions()
	}
	x, err := exerciseNamed(f[1])
	if w == nil || err != nil {
		return fmt.Errorf("no protocol %q, or: %v", f[0], err)
	}
	go w.serve(l, x, f[2])
	return answerQuestions()
}

// inheritedSocket is a socket that who starts the server has opened, as its descriptor 3.
const inheritedSocket = "inherited"

func listenAt(socket string) (net.Listener, error) {
	if _, _, err := net.SplitHostPort(socket); err == nil {
		return net.Listen("tcp", socket)
	}
	if socket != inheritedSocket {
		return net.Listen("unix", socket)
	}
	f := os.NewFile(3, "listener")
	defer f.Close()
	return net.FileListener(f)
}

// serve serves one variant, which may have the socket of a backend after "=", as long as the
// process lives.
func (w *wire) serve(l net.Listener, x exercise, variant string) {
	variant, backend, _ := strings.Cut(variant, "=")
	switch variant {
	case "proxy":
		w.gateway(l, proxyTo(backend, workers, 0))
	case "proxy-mux":
		w.gateway(l, proxyTo(backend, workers, 8))
	case "php":
		socket, script, _ := strings.Cut(backend, "=")
		w.gateway(l, proxyTo(socket, 0, 0, protocol.Param{Name: "SCRIPT_FILENAME", Value: script}))
	case "native":
		w.gateway(l, x.native())
	case "http":
		w.gateway(l, protocol.FromHTTP(x.http()))
	case "net-http":
		http.Serve(l, x.http())
	case "net-http-fcgi":
		fcgi.Serve(l, x.http())
	case "floor":
		d, err := w.record(x)
		if err != nil {
			panic(err)
		}
		accept(l, func(c net.Conn) { w.floor(c, d) })
	}
}

// gateway serves by our own server.
func (w *wire) gateway(l net.Listener, h protocol.Handler) {
	srv := &gateway.Server{Handler: h}
	if w.proto == nil {
		srv.ServeHTTP(l)
	} else {
		srv.Serve(l, w.proto)
	}
}

func accept(l net.Listener, serve func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go serve(c)
	}
}

// floor reads as many bytes as a request has and writes the answer: what any server must do at
// least.
func (w *wire) floor(c net.Conn, d dialogue) {
	defer c.Close()
	in := rooms.Get().(*[pieceSize]byte)
	defer rooms.Put(in)
	for once := true; w.kept || once; once = false {
		for left := len(d.request); left > 0; {
			n, err := c.Read(in[:min(left, len(in))])
			if err != nil {
				return
			}
			left -= n
		}
		for out := d.answer; len(out) > 0; {
			n, err := c.Write(out[:min(len(out), pieceSize)])
			if err != nil {
				return
			}
			out = out[n:]
		}
	}
}
