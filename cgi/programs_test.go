package cgi

import (
	"io"

	"github.com/postern-gateway/postern/protocol"
)

var programs = map[string]func(){
	"conformance": conform,
	"echo": func() {
		Serve(protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error {
			_, err := io.Copy(w, r.Body)
			return err
		}))
	},
}
