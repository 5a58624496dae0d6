package fastcgi

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postern-gateway/postern/protocol"
)

// asking returns a Client whose backend reads a record, and then answers with these bytes, a byte
// at a time, and closes. got is what it has read.
func asking(answer []byte) (c *Client, got chan []byte) {
	got = make(chan []byte, 1)
	return &Client{Dial: func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			b := make([]byte, 1024)
			n, _ := far.Read(b)
			got <- b[:n]
			for i := range answer {
				far.Write(answer[i : i+1])
			}
		}()
		return near, nil
	}}, got
}

func TestGetValues(t *testing.T) {
	known := protocol.Pairs("FCGI_MAX_CONNS", "8", "FCGI_MPXS_CONNS", "0")
	c, got := asking(appendRecord(nil, typeGetValuesResult, 0, appendParams(nil, known)))
	values, err := c.GetValues(t.Context())
	if err != nil || !cmp.Equal(values, known) {
		t.Errorf("%v, %v", values, err)
	}
	want := appendRecord(nil, typeGetValues, 0, appendParams(nil, protocol.Pairs("FCGI_MAX_CONNS", "", "FCGI_MAX_REQS", "", "FCGI_MPXS_CONNS", "")))
	if diff := cmp.Diff(want, <-got); diff != "" {
		t.Error(diff)
	}
	c, got = asking(appendRecord(nil, typeGetValuesResult, 0, nil))
	if values, err := c.GetValues(t.Context(), "X"); len(values) != 0 || err != nil {
		t.Errorf("%v, %v", values, err)
	}
	if diff := cmp.Diff(appendRecord(nil, typeGetValues, 0, appendParams(nil, protocol.Pairs("X", ""))), <-got); diff != "" {
		t.Error(diff)
	}
}

// TestGetValuesFails has answers that are none, cut at every byte of a good one too.
func TestGetValuesFails(t *testing.T) {
	good := appendRecord(nil, typeGetValuesResult, 0, appendParams(nil, protocol.Pairs("FCGI_MAX_CONNS", "8")))
	answers := [][]byte{
		appendRecord(nil, typeUnknown, 0, appendUnknown(nil, typeGetValues)),
		appendRecord(nil, typeGetValuesResult, 0, []byte{200}),
		appendRecord(nil, typeGetValuesResult, 0, []byte("\x0f\x01FC")),
		[]byte("HTTP/1.1 400 Bad Request\r\n\r\n"),
	}
	for n := range good {
		answers = append(answers, good[:n])
	}
	for _, answer := range answers {
		c, _ := asking(answer)
		values, err := c.GetValues(t.Context())
		if !errors.Is(err, protocol.ErrUpstream) || values != nil {
			t.Errorf("%q: %v, %v", answer, values, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := &Client{Dial: func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			far.Read(make([]byte, 1024))
			cancel()
			io.Copy(io.Discard, far)
		}()
		return near, nil
	}}
	if _, err := c.GetValues(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Our own server says what is true of a connection.
func TestGetValuesOfOurs(t *testing.T) {
	done := make(chan error, 1)
	c := &Client{Dial: func(context.Context) (net.Conn, error) {
		near, far := net.Pipe()
		loop := protocol.Loop{Handler: protocol.HandlerFunc(func(protocol.ResponseWriter, *protocol.Request) error { return nil })}
		go func() {
			lim := (*protocol.Limits)(nil).Resolve()
			done <- loop.Serve(t.Context(), Protocol{MaxConns: 7}.NewConn(far, &lim))
		}()
		return near, nil
	}}
	got, err := c.GetValues(t.Context())
	if err != nil || got.Get(mpxsConnsName) != "1" || got.Get(maxConnsName) != "7" {
		t.Error(got, err)
	}
	<-done
}
