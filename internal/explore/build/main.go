// Command build makes the illustrated page as one HTML file that needs no server and no network: it
// compiles the codecs to WebAssembly by Go's own toolchain, and puts them into the page.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/internal/explore"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("explore: ")
	out := flag.String("o", "postern-explore.html", "the `file` to write")
	flag.Parse()
	if err := build(*out); err != nil {
		log.Fatal(err)
	}
}

func build(out string) error {
	dir, err := os.MkdirTemp("", "explore")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program, err := compile(filepath.Join(dir, "program.wasm"))
	if err != nil {
		return err
	}
	glue, err := os.ReadFile(filepath.Join(goEnv("GOROOT"), "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return err
	}
	page, err := explore.Page(context.Background(), explore.Engine{Program: program, Glue: glue})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	// Renamed when it is whole: nobody sees a part of it.
	if err := os.WriteFile(out+".new", page, 0o644); err != nil {
		return err
	}
	if err := os.Rename(out+".new", out); err != nil {
		return err
	}
	fmt.Printf("%s: %.1f MB, of which the codecs are %.1f\n", out, float64(len(page))/1e6, float64(len(program))*4/3/1e6)
	return nil
}

// compile returns the WebAssembly program, compressed.
func compile(file string) ([]byte, error) {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, "github.com/postern-gateway/postern/internal/explore/wasm")
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, text)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var compressed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	w.Write(b)
	err = w.Close()
	return compressed.Bytes(), err
}

// goEnv is what the toolchain says of itself.
func goEnv(name string) string {
	out, _ := exec.Command("go", "env", name).Output()
	return strings.TrimSpace(string(out))
}
