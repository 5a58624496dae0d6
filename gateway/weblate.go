package gateway

import (
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// isLate reports whether err is the end of the time for a head of which a part has come.
func (c *webConn) isLate(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) && c.framing.inHead() && !c.serving.Load()
}

// inHead reports whether a part of a head has come.
func (f *webFraming) inHead() bool { return f.at == fieldLine || f.at == requestLine && f.kept > 0 }

// hasten bounds the time for the rest of a head of which a part has come: net/http starts it at the
// fourth byte of a further request.
func (c *webConn) hasten() {
	if c.serving.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if by := c.forHead(c.deadline.wanted); !by.Equal(c.deadline.wanted) {
		c.deadline.wanted = by
		c.setReadDeadline(by)
	}
}

// forHead returns the earlier of t, whose zero is never, and the time for a head of which a part
// has come now.
func (c *webConn) forHead(t time.Time) time.Time {
	limit := c.conn.srv.run.limits.HeadTimeout
	if by := time.Now().Add(limit); limit > 0 && (t.IsZero() || t.After(by)) {
		return by
	}
	return t
}

// noteLate has a head that does not come whole in time answered 408, as over every other protocol.
// net/http closes then without an answer, or says 400 where the last line is not whole.
func (c *webConn) noteLate() {
	var err error = &protocol.Error{Protocol: "http", Op: "read head", Kind: protocol.ErrAborted,
		Detail: "not whole after " + c.conn.srv.run.limits.HeadTimeout.String(), Status: http.StatusRequestTimeout}
	c.framing.at = over
	c.why.Store(&err)
	c.late.Store(true)
	c.conn.report("http", err)
	c.owed = "?\n" + notHTTP // whatever has come of a line, this is no end of a head
}

// latePage is what a head that is late is answered.
var latePage = func() []byte {
	text := strconv.Itoa(http.StatusRequestTimeout) + " " + http.StatusText(http.StatusRequestTimeout)
	return []byte("HTTP/1.1 " + text + "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" + text)
}()
