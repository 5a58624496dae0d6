//go:build !race

package endpoint_test

// raced says that the race detector does not run.
const raced = false
