//go:build !linux

package cgi

// RunInBatch has Linux schedule the process as batch work. Elsewhere it does nothing.
func RunInBatch() error { return nil }
