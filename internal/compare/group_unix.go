//go:build unix && !linux

package compare

import (
	"os/exec"
	"syscall"
)

// ownGroup has cmd run in a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
