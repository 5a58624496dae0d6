package explore

import (
	"io"
	"net/http"

	"github.com/postern-gateway/postern/protocol"
)

// date is the Date of every HTTP response here: the same input always gives the same bytes.
const date = "Thu, 01 Jan 2026 00:00:00 GMT"

// handler returns the handler that gives the answer.
func (a *Answer) handler() protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return err
		}
		h := w.Header()
		for _, f := range a.Headers {
			h.Add(f.Name, f.Value)
		}
		if r.Protocol == "http" {
			h.Set("Date", date)
		}
		w.WriteHeader(a.Status)
		if a.Body == "" || r.Params.Get("REQUEST_METHOD") == http.MethodHead {
			return nil
		}
		_, err := io.WriteString(w, a.Body)
		return err
	})
}
