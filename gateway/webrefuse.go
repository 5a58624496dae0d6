package gateway

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// refuse answers hr before any handler has seen it, and has the connection end.
func (w *web) refuse(rw http.ResponseWriter, hr *http.Request, err error, status int, text string) {
	rw.Header().Set("Connection", "close")
	w.srv.refuseRequest(rw, hr, err, status, text)
}

// refuseRequest answers hr before any handler has seen it.
func (s *Server) refuseRequest(rw http.ResponseWriter, hr *http.Request, err error, status int, text string) {
	if e, ok := err.(*protocol.Error); ok && e.RetryAfter > 0 {
		rw.Header().Set("Retry-After", protocol.RetrySeconds(e.RetryAfter))
	}
	page := strconv.Itoa(status) + " " + text
	http.Error(rw, page, status)
	s.run.totals.unseen.Add(1)
	if observe := s.Observe; observe != nil {
		sent := int64(len(page) + 1)
		if hr.Method == http.MethodHead {
			sent = 0
		}
		observe(protocol.NewRequest(hr), protocol.Summary{Status: status, BodySent: sent, Began: time.Now(), Err: err})
	}
}

// noteRefusal tells of p where that is net/http's own answer, to a request that it gives to nobody.
func (c *webConn) noteRefusal(p []byte) {
	if c.serving.Load() || c.hijacked.Load() {
		return
	}
	c.serving.Store(true)
	c.conn.srv.run.totals.unseen.Add(1)
	observe := c.conn.srv.Observe
	if observe == nil {
		return
	}
	head, body, _ := bytes.Cut(p, []byte("\r\n\r\n"))
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	_, rest, _ := bytes.Cut(line, []byte{' '})
	status, _ := strconv.Atoi(string(rest[:min(len(rest), 3)]))
	var err error = &protocol.Error{Protocol: "http", Op: "read head", Kind: protocol.ErrMalformed, Detail: string(rest), Status: status}
	if why := c.why.Load(); why != nil {
		err = *why
	}
	observe(&protocol.Request{Protocol: "http", Peer: c.RemoteAddr()},
		protocol.Summary{Status: status, BodySent: int64(len(body)), Began: time.Now(), Err: err})
}
