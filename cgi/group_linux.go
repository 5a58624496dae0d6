package cgi

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// groupLives reports whether a process of the group still runs. Signal 0 would find those also that
// have ended and wait for init to reap them, which may be slow at that, or be none in a container;
// so the group's members are looked at if thorough.
func groupLives(group int, thorough bool) bool {
	if syscall.Kill(-group, 0) == syscall.ESRCH {
		return false
	}
	if !thorough {
		return true
	}
	proc, err := os.Open("/proc")
	if err != nil {
		return true
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	for _, name := range names {
		if name[0] >= '1' && name[0] <= '9' && runsIn(name, group) {
			return true
		}
	}
	return err != nil
}

// runsIn reads the state and the group of a process from "pid (name) state ppid pgrp".
func runsIn(pid string, group int) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return false
	}
	i := bytes.LastIndexByte(stat, ')')
	f := bytes.Fields(stat[i+1:])
	return len(f) > 2 && string(f[2]) == strconv.Itoa(group) && f[0][0] != 'Z' && f[0][0] != 'X'
}
