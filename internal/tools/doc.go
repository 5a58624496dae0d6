// Package tools is a module of its own: it pins the programs that check Postern, so that what
// Postern itself needs stays short. They run by
//
//	go tool -modfile=internal/tools/go.mod staticcheck ./...
//
// which is what `make check` does. The scripts beside it are what else the Makefile calls.
package tools
