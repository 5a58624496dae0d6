package fastcgi

import (
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// foreign answers a connection whose bytes are no record. Where it speaks another protocol from the start, the error says so.
func (c *conn) foreign(err error) error {
	b := c.in.buffered()
	if c.begun || len(b) == 0 {
		return err
	}
	detail, form := recognize(b[0])
	if detail == "" {
		return err
	}
	c.out.raw(badRequest(form, "this is a FastCGI listener: "+detail+"\n"))
	return malformed("read record", detail)
}

// recognize says in plain words what begins with b instead of a record, and in which form to answer it.
func recognize(b byte) (detail string, form protocol.HeadForm) {
	switch {
	case b >= 'A' && b <= 'Z':
		return "HTTP on a FastCGI listener: the front uses proxy_pass where fastcgi_pass is meant", protocol.StatusLine
	case b >= '0' && b <= '9':
		return "SCGI on a FastCGI listener: the front uses scgi_pass where fastcgi_pass is meant", protocol.StatusField
	case b == 0:
		return "uwsgi on a FastCGI listener: the front uses uwsgi_pass where fastcgi_pass is meant", protocol.StatusLine
	case b == 0x16:
		return "TLS on a FastCGI listener: FastCGI is spoken in the clear", protocol.StatusLine
	}
	return "", 0
}

func badRequest(form protocol.HeadForm, text string) string {
	head := protocol.AppendHead(nil, form, 400, map[string][]string{
		"Connection":     {"close"},
		"Content-Length": {strconv.Itoa(len(text))},
		"Content-Type":   {"text/plain; charset=utf-8"},
	})
	return string(head) + text
}
