package explore

import (
	"io"
	"net/http"
)

// maxCall is how long a call's argument may be, in bytes.
const maxCall = 1 << 20

// NewHandler returns the handler of page, as [Page] makes it, and of the calls that it makes. live
// may be nil.
func NewHandler(page []byte, live *Live) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	})
	mux.HandleFunc("POST /call/{name}", serveCall)
	if live != nil {
		mux.Handle("GET /events", live)
	}
	return mux
}

func serveCall(w http.ResponseWriter, r *http.Request) {
	argument, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCall))
	if err == nil {
		var out []byte
		if out, err = Call(r.Context(), r.PathValue("name"), argument); err == nil {
			w.Header().Set("Content-Type", "application/json")
			w.Write(out)
			return
		}
	}
	http.Error(w, err.Error(), http.StatusUnprocessableEntity)
}
