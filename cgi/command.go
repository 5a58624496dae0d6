package cgi

import "syscall"

// A command is a program to start, with its arguments, environment, directory and user.
type command struct {
	path string   // the file to execute
	argv []string // with argv[0]
	env  []string
	dir  string
	cred *credential // nil: as we are

	byExtension bool // path is the interpreter of the script's extension
}

// forkExec is syscall.ForkExec, but for tests that make it fail.
type forkExec func(argv0 string, argv []string, attr *syscall.ProcAttr) (pid int, err error)

// spawned is a started process and our ends of its pipes; -1 is none.
type spawned struct {
	pid                   int
	stdin, stdout, stderr int
}
