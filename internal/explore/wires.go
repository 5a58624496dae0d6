package explore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

// A protocolRow is a protocol as the page shows it.
type protocolRow struct {
	name, title string
	decoder     func(protocol.Side) protocol.DecodeFunc
	record      func(context.Context, *protocol.Request, protocol.Handler) (dialogue, error)
	// parse reads a request as the server does
	parse func(request []byte) (*protocol.Request, error)
	// answer serves what is said as the server does, and returns what it answers
	answer func(request []byte) []byte
	// client makes the client; it is nil for CGI, whose client starts programs
	client func(dialPipe) protocol.RoundTripper
}

// rows are the protocols in the order in which the page shows them.
func rows() []protocolRow {
	return []protocolRow{
		{name: "cgi", title: "CGI", decoder: cgiDecoder, record: recordCGI, parse: parseCGI, answer: answerCGI},
		wireRow("fastcgi", "FastCGI", fastcgi.Protocol{}, func(d dialPipe) protocol.RoundTripper { return &fastcgi.Client{Dial: d, Log: quiet} }),
		wireRow("scgi", "SCGI", scgi.Protocol{}, func(d dialPipe) protocol.RoundTripper { return &scgi.Client{Dial: d, Log: quiet} }),
		wireRow("uwsgi", "uwsgi", uwsgi.Protocol{}, func(d dialPipe) protocol.RoundTripper { return &uwsgi.Client{Dial: d, Log: quiet} }),
		{name: "http", title: "HTTP", decoder: gateway.HTTPTracer{}.Decoder, record: recordHTTP, parse: parseHTTP, answer: answerHTTP, client: httpClient},
	}
}

// quiet drops what the codecs log: their errors are shown.
var quiet = slog.New(slog.DiscardHandler)

func httpClient(d dialPipe) protocol.RoundTripper {
	return &gateway.HTTPClient{Dial: d, Log: quiet, MaxIdle: -1}
}

// A tracedProtocol is a protocol that serves connections and explains their bytes.
type tracedProtocol interface {
	protocol.Protocol
	protocol.Tracer
}

// wireRow returns the row of a protocol that has a wire.
func wireRow(name, title string, p tracedProtocol, client func(dialPipe) protocol.RoundTripper) protocolRow {
	return protocolRow{
		name: name, title: title, decoder: p.Decoder, client: client,
		record: func(ctx context.Context, r *protocol.Request, h protocol.Handler) (dialogue, error) {
			loop := &protocol.Loop{Handler: h, Log: quiet}
			return record(ctx, r, client, func(c net.Conn) { loop.Serve(ctx, p.NewConn(c, nil)) })
		},
		answer: func(request []byte) []byte {
			out := &written{Conn: &heard{in: bytes.NewReader(request)}}
			loop := &protocol.Loop{Handler: welcome, Log: quiet}
			loop.Serve(context.Background(), p.NewConn(out, nil))
			return out.all()
		},
		parse: func(request []byte) (*protocol.Request, error) {
			c := p.NewConn(&heard{in: bytes.NewReader(request)}, nil)
			r, _, err := c.Next(context.Background())
			if err == nil {
				err = takeBody(r)
			}
			return r, err
		},
	}
}

// takeBody reads r's body, and gives r one that can be read again.
func takeBody(r *protocol.Request) error {
	var body strings.Builder
	if r.Body != nil {
		if _, err := io.Copy(&body, r.Body); err != nil {
			return err
		}
	}
	if n := int64(body.Len()); n < r.ContentLength { // where there is no frame the loop sees to it
		err := fmt.Errorf("%d of %d bytes came: %w", n, r.ContentLength, io.ErrUnexpectedEOF)
		return &protocol.Error{Protocol: r.Protocol, Op: "read body", Kind: protocol.ErrAborted, Err: err}
	}
	r.Body = strings.NewReader(body.String())
	return nil
}

// recordHTTP has our HTTP listener serve one connection.
func recordHTTP(ctx context.Context, r *protocol.Request, h protocol.Handler) (dialogue, error) {
	srv := &gateway.Server{Handler: h, Log: quiet}
	return record(ctx, r, httpClient, func(c net.Conn) {
		l := &oneConn{conn: c, done: make(chan struct{})}
		srv.ServeHTTP(l)
		srv.Close()
	})
}

// recordCGI has the handler answer as a CGI script, whose environment and standard input are the
// request.
func recordCGI(_ context.Context, r *protocol.Request, h protocol.Handler) (x dialogue, err error) {
	environ := environOf(r.Params)
	for _, v := range environ {
		if name, _, _ := strings.Cut(v, "="); strings.Contains(v, "\x00") {
			return dialogue{}, fmt.Errorf("cgi: NUL in %s, which ends a string of the environment", protocol.Clip(name))
		}
		x.request = append(append(x.request, v...), 0)
	}
	if x.request, err = appendAll(x.request, r.Body); err != nil {
		return x, err
	}
	body := x.request[len(x.request)-int(r.ContentLength):]
	var out bytes.Buffer
	p := cgi.Program{Environ: environ, Stdin: bytes.NewReader(body), Stdout: &out, Stderr: io.Discard, Log: quiet}
	err = p.Serve(h)
	x.response = out.Bytes()
	return x, err
}

// environOf is the environment that a host of CGI programs makes of the variables.
func environOf(p protocol.Params) (environ []string) {
	for name, value := range p.All() {
		if !protocol.Withheld(name, protocol.ToHandler) {
			environ = append(environ, name+"="+value)
		}
	}
	return environ
}

// parseCGI reads a request as a CGI program does.
func parseCGI(request []byte) (got *protocol.Request, err error) {
	m := decodeEnviron(request, true)
	if err := m.Err(); err != nil {
		return nil, err
	}
	environ, stdin := cutEnviron(request)
	p := cgi.Program{Environ: environ, Stdin: bytes.NewReader(stdin), Stdout: io.Discard, Stderr: io.Discard, Log: quiet,
		Observe: func(_ *protocol.Request, s protocol.Summary) { err = s.Err }}
	p.Serve(protocol.HandlerFunc(func(_ protocol.ResponseWriter, r *protocol.Request) error {
		got = r
		return takeBody(r)
	}))
	return got, err
}

// decoderOfResponse is the decoder of what CGI and HTTP answer.
func decoderOfResponse() protocol.DecodeFunc { return netio.HeadAndBody("", netio.DecodeResponseHead) }
