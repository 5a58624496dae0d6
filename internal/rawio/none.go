//go:build !unix

package rawio

import (
	"errors"
	"syscall"
)

// errNone says that this system has no descriptors that do not block.
var errNone = errors.New("rawio: not on this system")

// Available reports whether this system has what this package calls.
const Available = false

// Peek fails on this system.
func Peek(int, []byte) (int, error) { return 0, errNone }

// Read fails on this system.
func Read(int, []byte) (int, error) { return 0, errNone }

// Write fails on this system.
func Write(int, []byte) (int, error) { return 0, errNone }

// Close does nothing on this system.
func Close(int) {}

// Reap fails on this system.
func Reap(int, *syscall.WaitStatus) (pid int, err error) { return -1, errNone }

// ReadTwo fails on this system.
func ReadTwo(int, []byte, []byte) (int, error) { return 0, errNone }

// WriteTwo fails on this system.
func WriteTwo(int, []byte, []byte) (int, error) { return 0, errNone }
