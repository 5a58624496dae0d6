package cgi

import "syscall"

// No script is started in a browser, and Go's package syscall knows few signals and errors there.

var signalNames map[syscall.Signal]string

const textBusy = syscall.EBUSY
