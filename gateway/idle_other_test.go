//go:build !linux

package gateway_test

// keptGoroutines is how many goroutines a kept connection takes while it is idle.
const keptGoroutines = 1
