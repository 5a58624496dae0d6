//go:build !linux

package cgi

// UseBatchScheduling has Linux schedule the process as batch work. Elsewhere it does nothing.
func UseBatchScheduling() error { return nil }
