package demo

import (
	"context"
	"io"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

func (c exchange) context() context.Context {
	if c.native != nil {
		return c.native.Context()
	}
	return c.http.Context()
}

func (c exchange) body() io.Reader {
	if c.native != nil {
		return c.native.Body
	}
	return c.http.Body
}

func (c exchange) length() int64 {
	if c.native != nil {
		return c.native.ContentLength
	}
	return c.http.ContentLength
}

// params are the variables as they came, or those that an http.Request amounts to.
func (c exchange) params() protocol.Params {
	if c.native != nil {
		return c.native.Params
	}
	if r := protocol.RequestFromContext(c.http.Context()); r != nil {
		return r.Params
	}
	return protocol.NewRequest(c.http).Params
}

// field is a header field of the request.
func (c exchange) field(name string) string {
	if c.native == nil {
		return c.http.Header.Get(name)
	}
	name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if name != "CONTENT_TYPE" {
		name = "HTTP_" + name
	}
	return c.native.Params.Get(name)
}
