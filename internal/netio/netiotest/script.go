// Package netiotest has the peers that the tests of connections talk to.
package netiotest

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// A Script is a connection whose peer has said everything beforehand, in pieces, and then closed
// its side. A read returns bytes of one piece; what is written is kept. It has no half-close, and
// deadlines do not matter to it.
type Script struct {
	mu     sync.Mutex
	pieces [][]byte
	wrote  bytes.Buffer
	end    error // what a read returns after the last piece
}

// NewScript returns a connection whose peer says b, cut in pieces: each cut is how many bytes the
// next piece has, and one is never empty. The rest comes in one.
func NewScript(b []byte, cuts []byte) *Script {
	s := &Script{end: io.EOF}
	for _, c := range cuts {
		n := int(c) + 1
		if n >= len(b) {
			break
		}
		s.pieces, b = append(s.pieces, b[:n]), b[n:]
	}
	if len(b) > 0 {
		s.pieces = append(s.pieces, b)
	}
	return s
}

// Single returns the cuts that make every piece of n bytes a single one.
func Single(n int) []byte { return make([]byte, n) }

func (s *Script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pieces) == 0 {
		return 0, s.end
	}
	n := copy(p, s.pieces[0])
	if s.pieces[0] = s.pieces[0][n:]; len(s.pieces[0]) == 0 {
		s.pieces = s.pieces[1:]
	}
	return n, nil
}

func (s *Script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != io.EOF {
		return 0, s.end
	}
	return s.wrote.Write(p)
}

// Wrote returns what has been written.
func (s *Script) Wrote() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.wrote.Bytes())
}

// Unread returns how many bytes of what the peer said have not been read.
func (s *Script) Unread() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.pieces {
		n += len(p)
	}
	return n
}

// Close ends both sides.
func (s *Script) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pieces, s.end = nil, net.ErrClosed
	return nil
}

type addr struct{}

func (addr) Network() string { return "script" }
func (addr) String() string  { return "script" }

func (*Script) LocalAddr() net.Addr              { return addr{} }
func (*Script) RemoteAddr() net.Addr             { return addr{} }
func (*Script) SetDeadline(time.Time) error      { return nil }
func (*Script) SetReadDeadline(time.Time) error  { return nil }
func (*Script) SetWriteDeadline(time.Time) error { return nil }
