package compare

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	hostcgi "net/http/cgi"
	"net/http/fcgi"
	"runtime/metrics"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// A childSpec says what a server of Go serves, as JSON on its command line.
type childSpec struct {
	// Handler is "native", "fromhttp", "net-http", "net-http-fcgi", or a host of CGI programs,
	// "cgi" or "net-http-cgi".
	Handler  string
	Protocol string // of the first two
	Network  string // "unix" or "tcp"
	Address  string
	Script   string `json:",omitempty"` // of a host
}

// A childReport is one line from a child: at first where it listens, then an answer to each line
// that it is sent.
type childReport struct {
	Address       string
	Allocs, Bytes uint64 // allocated since it began
}

// ServeChild serves what spec says, until in ends. It is how a server of the comparison runs that
// is written in Go: the program that compares starts itself again.
func ServeChild(spec string, in io.Reader, out io.Writer) error {
	var s childSpec
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		return fmt.Errorf("compare: a server's description: %w", err)
	}
	l, err := net.Listen(s.Network, s.Address)
	if err != nil {
		return err
	}
	serve, err := s.server()
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- serve(l) }()
	go func() { failed <- answerReports(l.Addr().String(), in, out) }()
	return <-failed
}

// answerReports answers each line of in by a report. It returns when in ends.
func answerReports(address string, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	for enc := json.NewEncoder(out); ; {
		r := childReport{Address: address}
		r.count()
		if err := enc.Encode(r); err != nil {
			return err
		}
		if !lines.Scan() {
			return lines.Err()
		}
	}
}

func (r *childReport) count() {
	samples := []metrics.Sample{{Name: "/gc/heap/allocs:objects"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	r.Allocs, r.Bytes = samples[0].Value.Uint64(), samples[1].Value.Uint64()
}

// server returns what serves a listener as s says.
func (s *childSpec) server() (func(net.Listener) error, error) {
	switch s.Handler {
	case "native":
		return s.gateway(nativeHandler())
	case "fromhttp":
		return s.gateway(protocol.FromHTTP(httpHandler()))
	case "cgi":
		if err := cgi.UseBatchScheduling(); err != nil {
			slog.Info("scripts do not run as batch work", "err", err)
		}
		return s.gateway(&gateway.Proxy{Backend: &cgi.Client{Path: s.Script, Queue: -1}})
	case "net-http":
		return func(l net.Listener) error { return http.Serve(l, httpHandler()) }, nil
	case "net-http-fcgi":
		return func(l net.Listener) error { return fcgi.Serve(l, httpHandler()) }, nil
	case "net-http-cgi":
		return func(l net.Listener) error { return fcgi.Serve(l, &hostcgi.Handler{Path: s.Script}) }, nil
	}
	return nil, fmt.Errorf("compare: no handler %q", s.Handler)
}

var protocols = map[string]protocol.Protocol{"fastcgi": fastcgi.Protocol{}, "scgi": scgi.Protocol{}, "uwsgi": uwsgi.Protocol{}}

// gateway serves by our own server.
func (s *childSpec) gateway(h protocol.Handler) (func(net.Listener) error, error) {
	srv := &gateway.Server{Handler: h}
	if s.Protocol == "http" {
		return srv.ServeHTTP, nil
	}
	p, ok := protocols[s.Protocol]
	if !ok {
		return nil, fmt.Errorf("compare: no protocol %q", s.Protocol)
	}
	return func(l net.Listener) error { return srv.Serve(l, p) }, nil
}
