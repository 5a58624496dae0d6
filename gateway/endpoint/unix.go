//go:build unix

package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// backlog is more than any system allows, which takes its own bound then.
const backlog = 65535

// lookTimeout bounds the look whether somebody accepts on a socket.
const lookTimeout = 2 * time.Second

// openUnix opens a Unix socket. Nobody can connect before it has its mode and owner: only then is
// it told to listen.
func (e *Endpoint) openUnix(ctx context.Context) (net.Listener, error) {
	if strings.HasPrefix(e.Address, "@") {
		if len(e.listens) > 0 {
			return nil, fmt.Errorf("option %s: an abstract socket is no file, and everybody may connect", e.listens[0])
		}
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "unix", e.Address)
		return l, advise(err)
	}
	if limit := len(syscall.RawSockaddrUnix{}.Path) - 1; len(e.Address) > limit {
		return nil, fmt.Errorf("the path is too long: %d > %d bytes", len(e.Address), limit)
	}
	uid, gid, err := e.owner()
	if err != nil {
		return nil, err
	}
	if err := removeStale(ctx, e.Address); err != nil {
		return nil, err
	}
	fd, err := bind(e.Address)
	if err != nil {
		return nil, advise(err)
	}
	f := os.NewFile(uintptr(fd), e.Address)
	defer f.Close()
	l, err := e.listenOn(f, fd, uid, gid)
	if err != nil {
		os.Remove(e.Address)
	}
	return l, err
}

func bind(path string) (fd int, err error) {
	syscall.ForkLock.RLock()
	fd, err = syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: path}); err != nil {
		syscall.Close(fd)
		return -1, os.NewSyscallError("bind", err)
	}
	return fd, nil
}

// listenOn gives the bound socket its owner and mode, and opens it.
func (e *Endpoint) listenOn(f *os.File, fd, uid, gid int) (net.Listener, error) {
	if uid >= 0 || gid >= 0 {
		if err := os.Lchown(e.Address, uid, gid); err != nil {
			return nil, fmt.Errorf("give the socket to owner %q and group %q: %w: only root may give a file away, and a user only "+
				"to groups that they are in", e.Owner, e.Group, cause(err))
		}
	}
	mode := e.Mode
	if mode == 0 {
		mode = DefaultMode
	}
	if err := os.Chmod(e.Address, mode); err != nil {
		return nil, err
	}
	made, err := os.Lstat(e.Address)
	if err != nil {
		return nil, err
	}
	if err := syscall.Listen(fd, backlog); err != nil {
		return nil, os.NewSyscallError("listen", err)
	}
	l, err := net.FileListener(f)
	if err != nil {
		return nil, err
	}
	return &unixListener{Listener: l, path: e.Address, made: made}, nil
}

// owner finds the numbers of Owner and Group; -1 is none.
func (e *Endpoint) owner() (uid, gid int, err error) {
	uid, gid = -1, -1
	if e.Owner != "" {
		if uid, err = strconv.Atoi(e.Owner); err != nil {
			u, lerr := user.Lookup(e.Owner)
			if lerr != nil {
				return -1, -1, fmt.Errorf("unknown owner %q: write a user's name or number", e.Owner)
			}
			uid, _ = strconv.Atoi(u.Uid)
		}
	}
	if e.Group != "" {
		if gid, err = strconv.Atoi(e.Group); err != nil {
			g, lerr := user.LookupGroup(e.Group)
			if lerr != nil {
				return -1, -1, fmt.Errorf("unknown group %q: write a group's name or number", e.Group)
			}
			gid, _ = strconv.Atoi(g.Gid)
		}
	}
	return uid, gid, nil
}

// removeStale removes a socket on which nobody accepts any more, and nothing else.
func removeStale(ctx context.Context, path string) error {
	fi, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return advise(err)
	case fi.Mode()&os.ModeSocket == 0:
		return fmt.Errorf("there is a file that is no socket: remove it, or choose another path")
	}
	d := net.Dialer{Timeout: lookTimeout}
	c, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		c.Close()
		return fmt.Errorf("another process accepts connections there: stop it, or choose another path")
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	}
	return fmt.Errorf("there is a socket that may be in use: %w: remove it, or choose another path", cause(err))
}

// A unixListener removes its socket when it closes, if the file is still the one that it has made.
type unixListener struct {
	net.Listener
	path string
	made os.FileInfo
	once sync.Once
}

// PlainListener is the listener whose Accept l has.
func (l *unixListener) PlainListener() net.Listener { return l.Listener }

func (l *unixListener) Close() error {
	l.once.Do(func() {
		if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.made) {
			os.Remove(l.path)
		}
	})
	return l.Listener.Close()
}
