//go:build !unix

package main

// umask does nothing on this system.
func umask(int) int { return 0 }
