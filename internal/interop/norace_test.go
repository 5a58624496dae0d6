//go:build !race

package interop

// restartEvery is how many requests come between two restarts.
const restartEvery = 1000

// raced says that the race detector does not run.
const raced = false
