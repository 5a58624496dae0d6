package netio_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/internal/netio/netiotest"
	"github.com/postern-gateway/postern/protocol"
)

var (
	_ protocol.Conn    = (*netio.OneRequest)(nil)
	_ protocol.Watcher = (*netio.OneRequest)(nil)
	_ protocol.Idler   = (*netio.OneRequest)(nil)
)

// line is a protocol whose head is one line: "?" is answered, any other is a request for that path
// with a body of two bytes.
var line = netio.Format{Protocol: "line", Head: protocol.StatusField, ReadHead: func(c *netio.OneRequest, r *protocol.Request) error {
	for !strings.Contains(string(c.Buffered()), "\n") {
		if err := c.Fill(len(c.Buffered()) + 1); err != nil {
			return err
		}
	}
	path, _, _ := strings.Cut(string(c.Buffered()), "\n")
	c.Discard(len(path) + 1)
	if path == "?" {
		c.SetOut(append(c.Out(), "!"...))
		return netio.ErrAnswered
	}
	r.Params, r.ContentLength = protocol.Pairs("PATH_INFO", path), 2
	return nil
}}

func TestOneRequest(t *testing.T) {
	ctx := context.Background()
	c := netio.NewOneRequest(netiotest.NewScript([]byte("/x\nhi, and more"), nil), nil, &line)
	r, enc, err := c.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if string(body) != "hi" || err != nil || r.Params.Get("PATH_INFO") != "/x" || r.Protocol != "line" || r.Peer.String() != "script" {
		t.Errorf("%+v, body %q, %v", r, body, err)
	}
	if err := enc.Close(nil); err != nil {
		t.Error(err)
	}
	if r, enc, err := c.Next(ctx); r != nil || enc != nil || err != io.EOF {
		t.Errorf("a second request: %v, %v, %v", r, enc, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// A message that is not a request is answered, and ends the connection.
func TestOneRequestAnswered(t *testing.T) {
	s := netiotest.NewScript([]byte("?\n/x\n"), nil)
	r, enc, err := netio.NewOneRequest(s, nil, &line).Next(context.Background())
	if r != nil || enc != nil || err != io.EOF || string(s.Wrote()) != "!" {
		t.Errorf("%v, %v, %v; %q", r, enc, err, s.Wrote())
	}
}

// A head that breaks off is the request's failure, which the caller answers.
func TestOneRequestCutHead(t *testing.T) {
	c := netio.NewOneRequest(netiotest.NewScript([]byte("/x"), nil), nil, &line)
	r, enc, err := c.Next(context.Background())
	if r == nil || enc == nil || !errors.Is(err, protocol.ErrAborted) || !strings.HasPrefix(err.Error(), "line: read head: ") {
		t.Errorf("%v, %v, %v", r, enc, err)
	}
}
