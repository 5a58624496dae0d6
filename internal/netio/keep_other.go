//go:build !linux

package netio

const closeResets = false
