package cgi

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/postern-gateway/postern/protocol"
)

// programs are what this test binary can be as a CGI program.
var programs = map[string]func(){
	"conformance": conform,

	"echo": serve(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := io.Copy(w, r.Body)
		return err
	}),
	"nph": serve(func(w protocol.ResponseWriter, r *protocol.Request) error {
		w.(http.Flusher).Flush()
		_, err := io.WriteString(w, "true")
		return err
	}),
	"environment": serve(func(w protocol.ResponseWriter, r *protocol.Request) error {
		_, err := fmt.Fprintln(w, r.Params.Get("PATH_INFO"), r.Params.Get("QUERY_STRING"), r.Params.Get("GATEWAY_INTERFACE"))
		return err
	}),
	"cut": serve(func(w protocol.ResponseWriter, r *protocol.Request) error {
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		return errors.New("no more")
	}),
	"wait": serve(func(w protocol.ResponseWriter, r *protocol.Request) error {
		io.WriteString(w, "ready")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return r.Context().Err()
	}),
}

func serve(h protocol.HandlerFunc) func() {
	return func() {
		if err := Serve(h); err != nil {
			os.Exit(1)
		}
	}
}
