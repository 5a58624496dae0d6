//go:build race

package gateway_test

// frames is how much larger stacks are with the race detector.
const frames = 2
