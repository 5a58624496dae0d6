package compare

import (
	"os/exec"
	"syscall"
)

// ownGroup has cmd run in a process group of its own, and be told to end when we die.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
