//go:build !386 && !s390x

package netio

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// lookEvery is how often an arrivals that waits looks whether its listener has been closed by
// somebody else: the system tells nobody.
const lookEvery = time.Second

// An arrivals waits for connections to a listener. Package net's own Accept is a system call that
// the scheduler is told of, however short it is: made after all has been quiet it wakes a thread
// which then looks every 20 us, for a millisecond at least, whether that call blocks. Where a front
// connects for each request that thread had an eighth of perf's samples. So the listener is in an
// epoll instance of its own, and the runtime's poller waits for that.
type arrivals struct {
	file        *os.File // the epoll instance
	raw         syscall.RawConn
	interrupted atomic.Bool
}

// newArrivals returns nil where the system has no room for it.
func newArrivals(listener syscall.RawConn) *arrivals {
	epfd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	syscall.SetNonblock(epfd, true) // os.NewFile asks the poller to wait for what does not block
	w := &arrivals{file: os.NewFile(uintptr(epfd), "epoll")}
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN}
	listener.Control(func(fd uintptr) { err = syscall.EpollCtl(epfd, syscall.EPOLL_CTL_ADD, int(fd), &ev) })
	if err == nil {
		err = w.file.SetReadDeadline(time.Now().Add(lookEvery))
	}
	if err == nil {
		w.raw, err = w.file.SyscallConn()
	}
	if err != nil {
		w.file.Close()
		return nil
	}
	return w
}

// await calls accept until that returns true, once at first and then when connections have come. It
// returns an error when it has been interrupted, or when the listener has been closed.
func (w *arrivals) await(listener syscall.RawConn, accept func() bool) error {
	for {
		err := w.raw.Read(func(uintptr) bool { return accept() })
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if err := listener.Control(func(uintptr) {}); err != nil {
			return err
		}
		w.file.SetReadDeadline(time.Now().Add(lookEvery))
		if w.interrupted.Load() {
			return os.ErrDeadlineExceeded
		}
	}
}

// interrupt ends await, now and in future.
func (w *arrivals) interrupt() {
	w.interrupted.Store(true)
	w.file.SetReadDeadline(time.Unix(1, 0))
}
