//go:build unix

package main

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// readPipe makes a named pipe, and opens it to read.
func readPipe(t *testing.T) (name string, r *os.File) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	return name, r
}

// A named pipe is written to for as long as somebody reads it. Who leaves is told of, and all else
// is printed and passed on.
func TestTapWithPipe(t *testing.T) {
	backend := startServe(t, 1, "--to", "demo:", "--listen", "scgi://127.0.0.1:0")[0]
	pipe, r := readPipe(t)
	p := startTap(t, "scgi://127.0.0.1:0", backend, "--pcap", pipe)
	echoThrough(t, p.url)
	if _, err := io.ReadFull(r, make([]byte, 24)); err != nil { // the file's header
		t.Error(err)
	}
	r.Close()
	for range 3 { // more than a pipe holds
		echoThrough(t, p.url)
	}
	p.cmd.Process.Signal(syscall.SIGTERM)
	errs := p.wait()
	if p.cmd.ProcessState.ExitCode() != 1 || strings.Count(errs, "broken pipe") != 2 || !strings.Contains(p.out.String(), "4 * closed") {
		t.Errorf("%s; %s\n%s", p.cmd.ProcessState, errs, p.out.String())
	}
}

// Who reads nothing any more holds up what is printed for a while, and no longer.
func TestPipeThatNobodyReads(t *testing.T) {
	pipe, r := readPipe(t)
	defer r.Close()
	p, err := createPacketFile(t.Context(), pipe, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p.patience = time.Millisecond
	p.Write(make([]byte, 1<<20))
	for range 2 {
		if err := p.flush(); err == nil || err.Error() != "--pcap: nobody has read the pipe for 1ms" {
			t.Error(err)
		}
	}
	if err := p.close(); err == nil {
		t.Error("it is closed as if all were in it")
	}
}

// Who waits for a reader of the pipe says so, and can be stopped.
func TestTapThatWaitsForAReader(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	p := startTap(t, "scgi://127.0.0.1:0", "scgi+unix:/nobody", "--pcap", pipe)
	if !strings.Contains(p.url, "waiting until somebody reads the pipe") { // its first line
		t.Errorf("it says %q", p.url)
	}
	if said := p.stop(t); said != "" {
		t.Errorf("it printed %q", said)
	}
}
