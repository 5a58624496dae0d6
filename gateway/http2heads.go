package gateway

import (
	"net/http"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// What a head may take beside others, in bytes, and what a field takes besides its text. Of a
// larger one the rest counts for Limits.ConnMemory: net/http bounds each by itself.
const (
	plainHead = 8 << 10
	fieldCost = 64
)

// largeHead returns what hr's head takes beyond plainHead.
func largeHead(hr *http.Request) int64 {
	n := len(hr.RequestURI) + len(hr.Host)
	for name, values := range hr.Header {
		for _, v := range values {
			n += len(name) + len(v) + fieldCost
		}
	}
	return int64(max(0, n-plainHead))
}

// hold counts n bytes of a head, or returns why the connection's requests have too many. One alone
// may have as many as it likes.
func (h *http2Conn) hold(n int64) *protocol.Error {
	if n == 0 {
		return nil
	}
	lim := &h.conn.srv.run.limits
	h.mu.Lock()
	defer h.mu.Unlock()
	if all, most := h.heads+n, int64(lim.ConnMemory); h.heads > 0 && all > most {
		return tooManyHeads(all, most, "bytes of the connection's requests")
	}
	budget := h.conn.srv.run.each.Budget
	if all := budget.HoldMemory(n); all > lim.TotalMemory {
		budget.HoldMemory(-n)
		return tooManyHeads(all, lim.TotalMemory, "bytes of all requests")
	}
	h.heads += n
	return nil
}

// release is hold's undoing.
func (h *http2Conn) release(n int64) {
	if n == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heads -= n
	h.conn.srv.run.each.Budget.HoldMemory(-n)
}

func tooManyHeads(got, limit int64, unit string) *protocol.Error {
	return &protocol.Error{Protocol: "http", Op: "read head", Kind: protocol.ErrTooLarge,
		Detail: protocol.Exceeds(got, limit, unit), Status: http.StatusServiceUnavailable, RetryAfter: time.Second}
}
