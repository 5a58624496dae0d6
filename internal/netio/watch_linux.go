package netio

import (
	"sync"
	"syscall"

	"github.com/postern-gateway/postern/protocol"
)

// watchHangup calls onHangup when the peer of a socket hangs up. stop is nil if the socket cannot
// be watched. One epoll instance of the process watches for hang-ups and for the input of idle
// sockets.
func watchHangup(raw syscall.RawConn, onHangup func(cause error)) (stop func()) {
	hangups.once.Do(hangups.open)
	return hangups.watch(raw, syscall.EPOLLRDHUP, onHangup)
}

// hangups is the watcher of the process. It is opened by the first request that needs it, and stays
// open.
var hangups watcher

type watcher struct {
	once sync.Once
	epfd int
	err  error

	mu     sync.Mutex
	last   int32
	byID   map[int32]func(error)
	firing sync.Mutex // held while a onEvent runs
}

func (w *watcher) open() {
	w.byID = make(map[int32]func(error))
	w.epfd, w.err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if w.err == nil {
		go w.run()
	}
}

// watch registers raw's descriptor under an id that is used once, because descriptors are used
// again.
func (w *watcher) watch(raw syscall.RawConn, events uint32, onEvent func(error)) (stop func()) {
	if w.err != nil {
		return nil
	}
	w.mu.Lock()
	w.last++
	id := w.last
	w.byID[id] = onEvent
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

// forget removes the id's function. When it returns the function is not running and is not called
// any more.
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
	onEvent := w.byID[id]
	delete(w.byID, id)
	w.mu.Unlock()
	if onEvent != nil {
		onEvent(protocol.ErrGone)
	}
}

// AwaitInput calls ready once, when the socket raw has input or has ended. It needs no goroutine.
// ready must not block and must not call stop. After stop has returned ready is not called any
// more. A socket can be watched again only after stop. stop is nil if the socket cannot be watched.
func AwaitInput(raw syscall.RawConn, ready func()) (stop func()) {
	hangups.once.Do(hangups.open)
	return hangups.watch(raw, syscall.EPOLLIN|syscall.EPOLLRDHUP, func(error) { ready() })
}
