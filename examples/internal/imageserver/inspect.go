package imageserver

import (
	"fmt"
	"io"
	"net/http"

	"github.com/postern-gateway/postern/protocol"
)

// inspect shows the variables in their order, and the body in the pieces that it is read in.
func inspect(w http.ResponseWriter, hr *http.Request) {
	r := requestOf(hr)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "by %s\n\n", r.Protocol)
	for name, value := range r.Params.All() {
		if shown(r, name) {
			fmt.Fprintf(w, "%s=%s\n", name, printable(value))
		}
	}
	io.WriteString(w, "\n")
	offset, piece := 0, make([]byte, 4<<10)
	for {
		n, err := hr.Body.Read(piece)
		if n > 0 {
			fmt.Fprintf(w, "body at %d, %d bytes: %s\n", offset, n, printable(string(piece[:min(n, 60)])))
			offset += n
		}
		switch {
		case err == io.EOF:
			fmt.Fprintf(w, "body ends at %d\n", offset)
			return
		case err != nil:
			fmt.Fprintf(w, "body breaks off at %d: %v\n", offset, err)
			return
		}
	}
}

// shown reports whether a variable is the request's. By CGI it comes with the environment of a
// process, most of which is not.
func shown(r *protocol.Request, name string) bool {
	return r.Protocol != "cgi" || protocol.IsRequestVariable(name)
}

// requestOf is the request as its protocol brought it.
func requestOf(hr *http.Request) *protocol.Request {
	if r := protocol.RequestFromContext(hr.Context()); r != nil {
		return r
	}
	return protocol.NewRequest(hr)
}
