package rpc

import (
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
	"github.com/postern-gateway/postern/uwsgi"
)

// Open implements [uwsgi.Kind].
func (r *Registry) Open(h uwsgi.Header, peer net.Addr) (uwsgi.Service, error) {
	s := &service{registry: r, form: h.Modifier2}
	if r.Allow != nil && !r.Allow(peer) {
		return s, notAllowed()
	}
	return s, nil
}

// A service answers one packet.
type service struct {
	registry *Registry
	form     uint8
	w        protocol.ResponseWriter
	length   int64  // of the result, once it is known
	failure  string // what the caller is told of a failure
	wrapped  bool   // the result is wrapped as HTTP's
	ctx      callContext
	params   [2]protocol.Param
}

// HTTP implements [uwsgi.Service].
func (s *service) HTTP() bool { return s.form == formPath || s.form == formXML || s.form == formJSON }

// Delimits is asked by package uwsgi: a packet says how long the result is.
func (s *service) Delimits() bool { return s.form == formPacket }

// KeepsBlock is asked by package uwsgi: the arguments are parts of the block.
func (s *service) KeepsBlock() bool { return s.ctx.late }

// Serve implements [uwsgi.Service].
func (s *service) Serve(w protocol.ResponseWriter, r *protocol.Request, block []byte) (err error) {
	switch s.form {
	case formPath:
		return s.registry.servePath(w, r)
	case formXML:
		return s.registry.serveXML(w, r)
	case formJSON:
		return s.registry.serveJSON(w, r)
	}
	defer func() {
		if err != nil {
			s.failure = toCaller(err)
		}
	}()
	return s.call(w, r, block)
}

// call makes the call of an array.
func (s *service) call(w protocol.ResponseWriter, r *protocol.Request, block []byte) error {
	c := newCall()
	name, args, err := consumeArray(block, s.form != formPacket, c.args)
	if err != nil {
		c.free()
		s.name(r, "/")
		return err
	}
	c.args = args
	f := s.registry.functions()[string(name)]
	if f == nil {
		f = s.registry.find(string(name))
	}
	if f == nil {
		c.free()
		s.name(r, "/"+string(name))
		return unknown(string(name))
	}
	s.name(r, f.uri)
	s.w = w
	return s.registry.runCall(c, r, f, s, &s.ctx)
}

// name says in the log and to Observe what was called.
func (s *service) name(r *protocol.Request, uri string) {
	s.params = [...]protocol.Param{{Name: "REQUEST_METHOD", Value: "RPC"}, {Name: "REQUEST_URI", Value: uri}}
	r.Params = s.params[:]
}

// answer sends a result: b, or what stream has.
func (s *service) answer(b []byte, stream io.Reader, length int64) (err error) {
	s.length = length
	if s.registry.WrapRaw && s.form != formPacket {
		_, h, n, herr := protocol.ParseHead(b)
		if s.wrapped = stream != nil || herr != nil || n == 0 || len(h) == 0; s.wrapped {
			setHeader(s.w.Header(), "application/octet-stream", length)
		}
	}
	if stream == nil {
		_, err = s.w.Write(b)
		return err
	}
	n, err := io.Copy(s.w, stream)
	if err == nil && length >= 0 && n != length {
		err = wrongLength(n, length)
	}
	return err
}

// AppendHead implements [uwsgi.Service].
func (s *service) AppendHead(dst []byte, status int, h http.Header) ([]byte, bool) {
	ok := status == http.StatusOK
	switch {
	case s.form != formPacket && s.registry.WrapRaw && (s.wrapped || !ok):
		return protocol.AppendHead(dst, protocol.StatusLine, status, h), true
	case s.form != formPacket:
		return dst, ok
	case ok:
		return appendAnswer(dst, s.length), true
	}
	return appendFailure(dst, status, s.failure), false
}

func setHeader(h http.Header, contentType string, length int64) {
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	if length >= 0 {
		h.Set("Content-Length", strconv.FormatInt(length, 10))
	}
}
