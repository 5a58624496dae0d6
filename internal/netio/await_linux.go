package netio

import "syscall"

// AwaitInput calls ready once the socket raw has something to read or has ended, and costs no
// goroutine meanwhile. ready must not block; once stop has returned it is not called any more, and
// stop must not be called from it. Without stop the socket cannot be watched again. stop is nil
// where this cannot be done.
func AwaitInput(raw syscall.RawConn, ready func()) (stop func()) {
	hangups.once.Do(hangups.open)
	return hangups.watch(raw, syscall.EPOLLIN|syscall.EPOLLRDHUP, func(error) { ready() })
}
