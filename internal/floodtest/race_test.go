//go:build race

package floodtest_test

// frames is how much more memory is taken with the race detector.
const frames = 3
