//go:build race

package interop

// restartEvery is how many requests come between two restarts: as many in a second as without the
// race detector, which makes each several times as slow.
const restartEvery = 300

// raced says that the race detector runs.
const raced = true
