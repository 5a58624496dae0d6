package explore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/postern-gateway/postern/protocol"
)

var errNoHead = errors.New("cgi: read response head: the output ends within the head")

// receive has the protocol's client read a response, and returns what it found, a line each.
func (row *protocolRow) receive(ctx context.Context, in Input, response []byte) (lines []string, err error) {
	var res *protocol.Response
	var body []byte
	if row.client == nil {
		res, body, err = receiveCGI(response)
	} else {
		conn := &heard{in: bytes.NewReader(response)}
		res, body, err = readAll(ctx, row.client(func(context.Context) (net.Conn, error) { return conn, nil }), in.request())
	}
	if err != nil {
		return nil, err
	}
	lines = append(lines, fmt.Sprintf("the status is %d", res.Status), fmt.Sprintf("the body is %q", body))
	for name, values := range res.Header {
		lines = append(lines, fmt.Sprintf("%s is %q", name, cmp.Or(values...)))
	}
	slices.Sort(lines)
	return lines, nil
}

// receiveCGI reads what a script has written.
func receiveCGI(b []byte) (*protocol.Response, []byte, error) {
	status, h, n, err := protocol.ParseHead(b)
	if err == nil && n == 0 {
		err = errNoHead
	}
	if err != nil {
		return nil, nil, err
	}
	return &protocol.Response{Status: status, Header: h}, b[n:], nil
}
