//go:build race

package fastcgi

// frames is how much larger stacks are with the race detector.
const frames = 2
