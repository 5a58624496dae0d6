//go:build unix && (!linux || race)

package rawio

import "syscall"

// Reap is wait4(2) with WNOHANG. A child that still runs is pid 0.
func Reap(child int, status *syscall.WaitStatus) (pid int, err error) {
	return syscall.Wait4(child, status, syscall.WNOHANG, nil)
}
