package demo

import (
	"context"
	"io"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

func (c call) context() context.Context {
	if c.native != nil {
		return c.native.Context()
	}
	return c.http.Context()
}

func (c call) body() io.Reader {
	if c.native != nil {
		return c.native.Body
	}
	return c.http.Body
}

func (c call) length() int64 {
	if c.native != nil {
		return c.native.ContentLength
	}
	return c.http.ContentLength
}

// params are the variables as they came, or those that an http.Request amounts to.
func (c call) params() protocol.Params {
	if c.native != nil {
		return c.native.Params
	}
	if r := protocol.RequestFromContext(c.http.Context()); r != nil {
		return r.Params
	}
	return protocol.NewRequest(c.http).Params
}

// field is a header field of the request.
func (c call) field(name string) string {
	if c.native == nil {
		return c.http.Header.Get(name)
	}
	name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	if name != "CONTENT_TYPE" {
		name = "HTTP_" + name
	}
	return c.native.Params.Get(name)
}
