//go:build !unix

package cgi

import (
	"errors"
	"syscall"
)

// Scripts cannot be run on this system, and spawn returns an error. The rest is never called.

type credential struct {
	Uid, Gid uint32
	Groups   []uint32
}

var systemFork forkExec

func spawn(*command, bool, forkExec) (spawned, error) {
	return spawned{}, errors.New("CGI scripts are run on Unix systems only")
}

func terminateGroup(int) error                 { return errors.ErrUnsupported }
func killGroup(int) error                      { return errors.ErrUnsupported }
func reap(int, *syscall.WaitStatus) bool       { return true }
func reapOrphans(int)                          {}
func awaitExit(int) leaderExit                 { return leaderExit{reaped: true} }
func groupLives(group int, thorough bool) bool { return false }
func growPipe(uintptr, int)                    {}

var limitSignals map[syscall.Signal]string
