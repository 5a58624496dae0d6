package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"testing"
)

// Example is the program as a CGI script: so it needs no socket to be shown.
func Example() {
	for _, v := range []string{
		"GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=GET", "REQUEST_URI=/world", "SERVER_PROTOCOL=HTTP/1.1",
		"SERVER_NAME=localhost", "SERVER_PORT=80", "REMOTE_ADDR=127.0.0.1", "SCRIPT_NAME=", "PATH_INFO=/world",
	} {
		name, value, _ := strings.Cut(v, "=")
		os.Setenv(name, value)
	}
	fmt.Print(strings.ReplaceAll(outputOf(main), "\r\n", "\n"))
	// Output:
	// Status: 200 OK
	// Content-Length: 14
	// Content-Type: text/plain; charset=utf-8
	//
	// hello, /world
}

// outputOf returns what f writes to standard output.
func outputOf(f func()) string {
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	stdout := os.Stdout
	os.Stdout = w
	f()
	os.Stdout = stdout
	w.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		log.Fatal(err)
	}
	return string(b)
}

// The README shows this very program.
func TestREADMEShowsTheProgram(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(program), "\npackage") // without the comment before it
	code = "package" + code
	if !strings.Contains(string(readme), "```go\n"+code+"```") {
		t.Error("README.md does not show examples/onehandler/main.go as it is")
	}
}
