package gateway

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
)

// A webReason is the reason phrase of a response that is about to be written, for a status that
// net/http has none for: it writes "299 status code 299".
type webReason struct{ theirs, ours string }

// ownHead is up to which length net/http finds out the type and the length of a body by itself. Its
// buffer is of 2 KiB.
const ownHead = 2<<10 - 1

// MakesHead reports whether net/http makes the head of a whole body of that length as we would,
// which is cheaper: it copies no header then.
func (x *webExchange) MakesHead(length int64) bool {
	if length > ownHead {
		return false
	}
	x.setReason(http.StatusOK, "")
	x.sized = true
	return true
}

// WriteHead writes the head of the response. net/http copies what it needs of h at once.
func (x *webExchange) WriteHead(status int, phrase string, h http.Header) {
	x.setReason(status, phrase)
	x.sized = len(h["Content-Length"]) > 0
	theirs := x.Header()
	for name, values := range h {
		if name != "Status" {
			theirs[name] = values
		}
	}
	x.WriteHeader(status)
	if len(h["Trailer"]) == 0 {
		clear(theirs) // h is the core's again
	}
}

// setReason gives the response's status its phrase, which may be empty, before WriteHeader.
// net/http can be told none: the connection puts it in.
func (x *webExchange) setReason(status int, phrase string) {
	if http.StatusText(status) != "" {
		if x.conn.reason.Load() != nil {
			x.conn.reason.Store(nil)
		}
		return
	}
	code := strconv.Itoa(status)
	x.conn.reason.Store(&webReason{code + " status code " + code + "\r\n", code + " " + phrase + "\r\n"})
}

// Write implements net.Conn. A response's head begins a write: net/http has sent all that came
// before it.
func (c *webConn) Write(p []byte) (int, error) {
	if c.late.Load() {
		c.noteRefusal(latePage)
		if _, err := c.send(latePage); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	c.noteRefusal(p)
	r := c.reason.Load()
	if r == nil || isInterim(p) {
		return c.send(p)
	}
	c.reason.Store(nil)
	version := len("HTTP/1.1 ")
	rest, ok := bytes.CutPrefix(p[min(len(p), version):], []byte(r.theirs))
	if !ok {
		return c.send(p)
	}
	if _, err := c.send(slices.Concat(p[:version], []byte(r.ours), rest)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// isInterim reports whether p begins with the head of a 1xx, which the response is still to follow.
func isInterim(p []byte) bool {
	return len(p) > len("HTTP/1.1 ") && string(p[:len("HTTP/1.")]) == "HTTP/1." && p[len("HTTP/1.1 ")] == '1'
}
