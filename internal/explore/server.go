package explore

import (
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
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
		mux.Handle("GET /events", ownPages(live))
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

// ownPages has the pages of other sites read nothing of h on this machine. Such a page can have a
// name of its own lead here, and then this server is its own to the browser (DNS rebinding).
func ownPages(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err == nil && peer.Addr().Unmap().IsLoopback() && !isOwnName(r.Host) {
			http.Error(w, "ask for this page by localhost, or by an address: "+r.Host+" may be another site's", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// isOwnName reports whether a host, with a port or without, is localhost or an address.
func isOwnName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || strings.EqualFold(host, "localhost")
}
