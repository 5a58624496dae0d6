package fastcgi

import (
	"context"
	"io"

	"github.com/postern-gateway/postern/internal/netio"
	"github.com/postern-gateway/postern/protocol"
)

// GetValues asks the backend what it knows of itself (section 4.1): FCGI_MAX_CONNS, FCGI_MAX_REQS
// and FCGI_MPXS_CONNS, unless other names are given. It runs no application. The answer leaves out
// what the backend does not know. php-fpm answers with FCGI_MPXS_CONNS alone. Others close, or say
// nothing until ctx ends, which bounds the whole exchange: uWSGI, and fcgiwrap with libfcgi 2.4.2.
// The connection is one of its own, and does not count for MaxOpen.
func (c *Client) GetValues(ctx context.Context, names ...string) (protocol.Params, error) {
	if len(names) == 0 {
		names = []string{maxConnsName, maxReqsName, mpxsConnsName}
	}
	var asked protocol.Params
	for _, name := range names {
		asked.Add(name, "")
	}
	content := appendParams(nil, asked)
	if len(content) > fullContent {
		return nil, tooLarge("write GET_VALUES", int64(len(content)), fullContent, "bytes")
	}
	conn, err := c.Dial(ctx)
	if err != nil {
		return nil, valuesFailed(ctx, "connect", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(appendRecord(nil, typeGetValues, 0, content)); err != nil {
		return nil, valuesFailed(ctx, "write GET_VALUES", err)
	}
	in := new(netio.Reader)
	in.Reset(conn)
	defer in.Release()
	for {
		h, content, n, err := consumeRecord(in.Buffered())
		switch {
		case err != nil:
			return nil, valuesFailed(ctx, "read GET_VALUES_RESULT", err)
		case n > 0:
			return readValues(h, content)
		}
		if err := in.More(len(in.Buffered()) + 1); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, valuesFailed(ctx, "read GET_VALUES_RESULT", err)
		}
	}
}

// readValues reads the record that answers a GET_VALUES.
func readValues(h header, content []byte) (protocol.Params, error) {
	if h.typ != typeGetValuesResult || h.id != 0 {
		return nil, fail(protocol.ErrUpstream, "read GET_VALUES_RESULT", "the answer is "+h.typ.String(), nil)
	}
	values, err := consumeParams(content, protocol.DefaultParamCount)
	if err != nil {
		return nil, fail(protocol.ErrUpstream, "read GET_VALUES_RESULT", "", err)
	}
	return values, nil
}

func valuesFailed(ctx context.Context, op string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return fail(protocol.ErrUpstream, op, "", err)
}
