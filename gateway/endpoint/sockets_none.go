//go:build !unix

package endpoint

import (
	"context"
	"errors"
	"net"
)

func openDescriptor(int) (net.Listener, error) {
	return nil, errors.New("sockets are passed on between processes of Unix systems only: use TCP, as in fastcgi://127.0.0.1:9000")
}

// listens fails on this system.
func listens(int) error { return errors.ErrUnsupported }

func (e *Endpoint) openUnix(context.Context) (net.Listener, error) {
	return nil, errors.New("Unix sockets are served on Unix systems only: use TCP, as in fastcgi://127.0.0.1:9000")
}
