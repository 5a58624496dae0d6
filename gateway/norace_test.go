//go:build !race

package gateway_test

const frames = 1
