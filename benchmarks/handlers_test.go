package benchmarks

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/postern-gateway/postern/protocol"
)

const (
	hello     = "hello, world\n"
	pieceSize = 32 << 10
	postSize  = 64 << 10
	pieces    = 32
)

// piece is what stream1m sends, 32 times.
var piece = bytes.Repeat([]byte("0123456789abcdef"), pieceSize/16)

// An exercise is one thing that a server is asked to do. Its body is the same for both kinds of
// handler.
type exercise struct {
	name  string
	body  int    // bytes of the request's body
	want  []byte // the response's body
	serve func(w http.ResponseWriter, body io.Reader) error
}

var exercises = []exercise{
	{name: "get", want: []byte(hello), serve: serveHello},
	{name: "post64k", body: postSize, want: []byte(hello), serve: servePost},
	{name: "stream1m", want: bytes.Repeat(piece, pieces), serve: serveStream},
}

func exerciseNamed(name string) (exercise, error) {
	for _, x := range exercises {
		if x.name == name {
			return x, nil
		}
	}
	return exercise{}, fmt.Errorf("no exercise %q", name)
}

func (x exercise) native() protocol.Handler {
	return protocol.HandlerFunc(func(w protocol.ResponseWriter, r *protocol.Request) error { return x.serve(w, r.Body) })
}

func (x exercise) http() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := x.serve(w, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	})
}

func serveHello(w http.ResponseWriter, _ io.Reader) error {
	_, err := io.WriteString(w, hello)
	return err
}

var rooms = sync.Pool{New: func() any { return new([pieceSize]byte) }}

func servePost(w http.ResponseWriter, body io.Reader) error {
	room := rooms.Get().(*[pieceSize]byte)
	defer rooms.Put(room)
	for n := 0; ; {
		m, err := body.Read(room[:])
		n += m
		switch {
		case err == io.EOF && n == postSize:
			return serveHello(w, nil)
		case err != nil:
			return fmt.Errorf("%d bytes of body: %w", n, err)
		}
	}
}

func serveStream(w http.ResponseWriter, _ io.Reader) error {
	for range pieces {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}
