package explore

import (
	"net/textproto"

	"github.com/postern-gateway/postern/protocol"
)

// variable names what spans[i] belongs to.
func (c *cutter) variable(spans []protocol.Span, i int) string {
	s := spans[i]
	switch {
	case s.Field == "body", s.Field == "data", s.Field == "contentData":
		if len(s.Bytes) == 0 {
			return ""
		}
		return c.named("body")
	case s.Field == "method":
		return "REQUEST_METHOD"
	case s.Field == "request-target":
		return "REQUEST_URI"
	case s.Field == "HTTP-version":
		return "SERVER_PROTOCOL"
	case s.Field == "status line":
		return c.named("Status")
	case s.Field == "end of head", s.Err != nil:
		return ""
	}
	step := -1
	if s.Field == "nameLength" || s.Field == "valueLength" || s.Field == "key_size" {
		step = 1
	}
	for j := i; j >= 0 && j < len(spans); j += step {
		if s := spans[j]; s.Kind == protocol.SpanName || s.Field == "field name" {
			return c.named(string(s.Bytes))
		}
	}
	return ""
}

// named is the name that a field has on every wire: that of its variable in a request, that of the
// header field in a response.
func (c *cutter) named(name string) string {
	switch {
	case c.side == protocol.ResponseSide && name == "body":
		return "answer body"
	case c.side == protocol.ResponseSide:
		return "answer " + textproto.CanonicalMIMEHeaderKey(name)
	case name == "body":
		return name
	}
	if v, ok := forwarded[name]; ok {
		return v
	}
	for i := range name {
		if c := name[i]; 'a' <= c && c <= 'z' { // a header field of HTTP's
			return variableOf(name)
		}
	}
	return name
}

// forwarded are the header fields by which an HTTP backend is told what others are told by
// variables.
var forwarded = map[string]string{
	"X-Forwarded-For": "REMOTE_ADDR", "X-Forwarded-Proto": "REQUEST_SCHEME", "X-Forwarded-Host": "SERVER_NAME",
}
