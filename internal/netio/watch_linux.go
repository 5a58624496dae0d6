package netio

import (
	"sync"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// watchHangup watches for a socket's hang-up. One epoll instance of the process watches for
// hang-ups, and for the input of sockets that are idle. It returns nil for what cannot be watched
// so.
func watchHangup(raw syscall.RawConn, gone func(cause error)) (stop func()) {
	hangups.once.Do(hangups.open)
	return hangups.watch(raw, syscall.EPOLLRDHUP, gone)
}

// hangups is the process's watch. It is opened when the first request asks, and stays.
var hangups watcher

type watcher struct {
	once sync.Once
	epfd int
	err  error

	mu     sync.Mutex
	last   int32
	byID   map[int32]func(error)
	firing sync.Mutex // held while a gone runs
}

func (w *watcher) open() {
	w.byID = make(map[int32]func(error))
	w.epfd, w.err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if w.err == nil {
		go w.run()
	}
}

// watch registers raw's descriptor under an id of its own, so that a descriptor that is used again
// is not mistaken.
func (w *watcher) watch(raw syscall.RawConn, events uint32, gone func(error)) (stop func()) {
	if w.err != nil {
		return nil
	}
	w.mu.Lock()
	w.last++
	id := w.last
	w.byID[id] = gone
	w.mu.Unlock()
	ev := syscall.EpollEvent{Events: events | syscall.EPOLLONESHOT, Fd: id}
	var fail error
	err := raw.Control(func(fd uintptr) { fail = syscall.EpollCtl(w.epfd, syscall.EPOLL_CTL_ADD, int(fd), &ev) })
	if err != nil || fail != nil {
		w.forget(id)
		return nil
	}
	return func() {
		w.forget(id)
		raw.Control(func(fd uintptr) { syscall.EpollCtl(w.epfd, syscall.EPOLL_CTL_DEL, int(fd), &ev) })
	}
}

// forget makes sure that the id's function is not called any more, and is not running.
func (w *watcher) forget(id int32) {
	w.firing.Lock()
	defer w.firing.Unlock()
	w.mu.Lock()
	delete(w.byID, id)
	w.mu.Unlock()
}

// run waits for hang-ups as long as the process lives.
func (w *watcher) run() {
	var events [64]syscall.EpollEvent
	for {
		n, err := syscall.EpollWait(w.epfd, events[:], -1)
		if err != nil && err != syscall.EINTR {
			return
		}
		for _, ev := range events[:max(n, 0)] {
			w.fire(ev.Fd)
		}
	}
}

func (w *watcher) fire(id int32) {
	w.firing.Lock()
	defer w.firing.Unlock()
	w.mu.Lock()
	gone := w.byID[id]
	delete(w.byID, id)
	w.mu.Unlock()
	if gone != nil {
		gone(protocol.ErrGone)
	}
}

// AwaitInput calls ready once the socket raw has something to read or has ended, and costs no
// goroutine meanwhile. ready must not block; once stop has returned it is not called any more, and
// stop must not be called from it. Without stop the socket cannot be watched again. stop is nil
// where this cannot be done.
func AwaitInput(raw syscall.RawConn, ready func()) (stop func()) {
	hangups.once.Do(hangups.open)
	return hangups.watch(raw, syscall.EPOLLIN|syscall.EPOLLRDHUP, func(error) { ready() })
}
