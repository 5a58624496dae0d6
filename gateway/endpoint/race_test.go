//go:build race

package endpoint_test

// raced says that the race detector runs, which makes a handshake cost ten times as much.
const raced = true
