//go:build !race

package fastcgi

const frames = 1
