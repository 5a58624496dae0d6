//go:build unix

package gateway

import (
	"io"
	"net"
	"os"
	"syscall"
)

// peekSystem returns the first two bytes of a socket and leaves them there: so the protocol gets the connection as it is. ok is false
// where c is no socket. A peer that sends one byte and then nothing is waited for, as the deadline allows.
func peekSystem(c net.Conn) (first []byte, ok bool, err error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil, false, nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, true, err
	}
	var p peeking
	if err := raw.Read(p.try); err != nil {
		return nil, true, err
	}
	return p.first[:], true, p.err
}

type peeking struct {
	first [2]byte
	err   error
}

// try peeks once; false means to wait. The wait ends with the next bytes that come, not because there are some, so that a
// single byte is no reason to turn in circles.
func (p *peeking) try(fd uintptr) bool {
	for {
		n, _, err := syscall.Recvfrom(int(fd), p.first[:], syscall.MSG_PEEK)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN || err == nil && n == 1:
			return false
		case err != nil:
			p.err = os.NewSyscallError("recvfrom", err)
		case n == 0:
			p.err = io.EOF
		}
		return true
	}
}
