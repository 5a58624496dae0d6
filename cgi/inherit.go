//go:build unix

package cgi

import (
	"os"
	"strconv"
	"sync"
	"syscall"
)

// keepOurs makes sure, once, that no script inherits a descriptor of ours. What Go opens is closed
// on exec anyhow; this is about what we were started with: the sockets of socket activation,
// whatever a shell has left open.
var keepOurs = sync.OnceFunc(func() {
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		names, _ = os.ReadDir("/dev/fd")
	}
	for _, entry := range names {
		if fd, err := strconv.Atoi(entry.Name()); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
})
