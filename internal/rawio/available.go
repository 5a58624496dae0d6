//go:build unix

package rawio

// Available reports whether this system has what this package calls.
const Available = true
