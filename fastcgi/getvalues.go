package fastcgi

import (
	"context"
	"errors"
	"io"

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
	var content []byte
	for _, name := range names {
		content = appendPair(content, name, "")
	}
	if len(content) > fullContent {
		return nil, tooLarge("write GET_VALUES", int64(len(content)), fullContent, "bytes")
	}
	conn, err := c.Dial(ctx)
	if err != nil {
		return nil, valuesFailed(ctx, "connect", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	values, err := askValues(conn, content)
	if err != nil {
		return nil, valuesFailed(ctx, "ask GET_VALUES", err)
	}
	return values, nil
}

// askValues writes a GET_VALUES to rw, a new connection, and reads the answer. An answer that is
// none is an ErrMalformed.
func askValues(rw io.ReadWriter, names []byte) (protocol.Params, error) {
	if _, err := rw.Write(appendRecord(nil, typeGetValues, 0, names)); err != nil {
		return nil, err
	}
	var head [headerLen]byte
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return nil, err
	}
	h, _, err := consumeHeader(head[:])
	if err != nil {
		return nil, err
	}
	if h.typ != typeGetValuesResult || h.id != 0 {
		return nil, malformed("read GET_VALUES_RESULT", "the answer is "+h.typ.String())
	}
	b := make([]byte, h.content+h.padding)
	if _, err := io.ReadFull(rw, b); err != nil {
		return nil, err
	}
	return consumeParams(b[:h.content], protocol.DefaultParamCount)
}

func valuesFailed(ctx context.Context, op string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if e, ok := errors.AsType[*protocol.Error](err); ok {
		return fail(protocol.ErrUpstream, e.Op, e.Detail, e.Err)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fail(protocol.ErrUpstream, op, "", err)
}
