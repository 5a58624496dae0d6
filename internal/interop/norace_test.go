//go:build !race

package interop

// restartEvery is how many requests come between two restarts.
const restartEvery = 1000
