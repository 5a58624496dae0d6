//go:build !js

package main

import "log"

func main() {
	log.Fatal("this program is for browsers: make explore builds it, with GOOS=js GOARCH=wasm")
}
