//go:build !race

package floodtest_test

const frames = 1
