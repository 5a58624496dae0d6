package floodtest

import (
	"io"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// answer is what /large writes at once.
var answer = make([]byte, 100_000)

// Serve is the handler that floods are made for. What each path does:
//
//	/stuck  nothing, until the client has gone
//	/large  writes 100,000 bytes in one piece
//	/copy   writes 1 MB by io.Copy
//	/late   waits for a moment, then is /copy
//	/read   reads the body, then answers
//	/       answers
func Serve(w protocol.ResponseWriter, r *protocol.Request) (err error) {
	switch r.Params.Get("REQUEST_URI") {
	case "/stuck":
		<-r.Context().Done()
		return nil
	case "/large":
		_, err = w.Write(answer)
		return err
	case "/late":
		<-time.After(5 * pause)
		fallthrough
	case "/copy":
		_, err = io.Copy(w, io.LimitReader(zeros{}, 1<<20))
		return err
	case "/read":
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, "hello")
	return err
}

// zeros is a reader of as many zeros as are wanted.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
