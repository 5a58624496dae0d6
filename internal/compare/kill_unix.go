//go:build unix

package compare

import (
	"os/exec"
	"syscall"
)

// killGroup ends cmd and whatever is in its process group.
func killGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

// descriptors is how many files this process, and each that it starts, may have open.
func descriptors() int {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 1 << 10
	}
	return int(min(uint64(r.Cur), 1<<20))
}
