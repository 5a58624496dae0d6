package load

import (
	"bytes"
	"context"
	"io"
	"net"

	"github.com/postern-gateway/postern/fastcgi"
	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/scgi"
	"github.com/postern-gateway/postern/uwsgi"
)

type dialTo = func(context.Context) (net.Conn, error)

func encodeKept(r *protocol.Request) ([]byte, error) {
	return recordRequest(r, fastcgi.Protocol{}, func(d dialTo) protocol.RoundTripper { return &fastcgi.Client{Dial: d, MaxIdle: 1} })
}

func encodeOnce(r *protocol.Request) ([]byte, error) {
	return recordRequest(r, fastcgi.Protocol{}, func(d dialTo) protocol.RoundTripper { return &fastcgi.Client{Dial: d} })
}

func encodeSCGI(r *protocol.Request) ([]byte, error) {
	return recordRequest(r, scgi.Protocol{}, func(d dialTo) protocol.RoundTripper { return &scgi.Client{Dial: d} })
}

func encodeUWSGI(r *protocol.Request) ([]byte, error) {
	return recordRequest(r, uwsgi.Protocol{}, func(d dialTo) protocol.RoundTripper { return &uwsgi.Client{Dial: d} })
}

// recordRequest returns the bytes by which a client sends r to a server that reads it to its end.
func recordRequest(r *protocol.Request, p protocol.Protocol, client func(dialTo) protocol.RoundTripper) ([]byte, error) {
	request, _, err := Record(r, p, client, protocol.HandlerFunc(func(_ protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(io.Discard, r.Body)
		return err
	}))
	return request, err
}

// encodeHTTP encodes r as net/http does.
func encodeHTTP(r *protocol.Request) ([]byte, error) { return writeHTTP(r, false) }

// encodeLastHTTP is encodeHTTP with "Connection: close".
func encodeLastHTTP(r *protocol.Request) ([]byte, error) { return writeHTTP(r, true) }

func writeHTTP(r *protocol.Request, last bool) ([]byte, error) {
	hr, err := r.HTTP()
	if err != nil {
		return nil, err
	}
	hr.Header.Del("Connection")
	hr.Close = last
	var b bytes.Buffer
	err = hr.Write(&b)
	return b.Bytes(), err
}
