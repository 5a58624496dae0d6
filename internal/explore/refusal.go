package explore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strconv"

	"github.com/postern-gateway/postern/cgi"
	"github.com/postern-gateway/postern/gateway"
	"github.com/postern-gateway/postern/protocol"
)

// welcome answers 200 to whatever it is asked. Any other answer is the server's own.
var welcome = (&Answer{Status: 200}).handler()

// refusal says how the server refuses a request that its parser reads with err, or "" if it serves
// it.
func (row *protocolRow) refusal(request []byte, err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "The server waits for more; when the connection ends, this is its error."
	}
	answer := row.answer(request)
	status, known := row.statusOf(answer)
	switch {
	case len(answer) == 0:
		return "The server closes the connection, and answers nothing."
	case known && status >= 400:
		return "The server refuses it with " + strconv.Itoa(status) + "."
	case err == io.EOF:
		return "It is no request: the server answers it by itself, in " + strconv.Itoa(len(answer)) + " bytes."
	case err != nil:
		return "The server refuses it with " + strconv.Itoa(protocol.Status(err)) + "."
	}
	return ""
}

// statusOf reads the status of an answer.
func (row *protocolRow) statusOf(answer []byte) (status int, known bool) {
	var res *protocol.Response
	var err error
	if row.client == nil {
		res, _, err = receiveCGI(answer)
	} else {
		in := Input{Method: "GET", Path: "/"}
		dial := func(context.Context) (net.Conn, error) { return &heard{in: bytes.NewReader(answer)}, nil }
		res, _, err = readAll(context.Background(), row.client(dial), in.request())
	}
	if err != nil {
		return 0, false
	}
	return res.Status, true
}

// answerHTTP serves as our HTTP listener does.
func answerHTTP(request []byte) []byte {
	out := &written{Conn: &heard{in: bytes.NewReader(request)}}
	srv := &gateway.Server{Handler: welcome, Log: quiet}
	srv.ServeHTTP(&oneConn{conn: out, done: make(chan struct{})})
	srv.Close()
	return out.all()
}

// answerCGI answers as a CGI program does.
func answerCGI(request []byte) []byte {
	var out bytes.Buffer
	environ, stdin := cutEnviron(request)
	p := cgi.Program{Environ: environ, Stdin: bytes.NewReader(stdin), Stdout: &out, Stderr: io.Discard, Log: quiet}
	p.Serve(welcome) // its error is that of parse
	return out.Bytes()
}
