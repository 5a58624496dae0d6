package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"syscall"
	"time"
)

// A packetFile is a file of packets, in which each is whole or not there, or a named pipe.
type packetFile struct {
	f        *os.File
	buf      []byte // packets that are not in the file yet
	size     int64  // of the file
	patience time.Duration
	err      error
}

// pipePatience is how long who reads a pipe may take to read. Meanwhile nothing is printed.
const pipePatience = 5 * time.Second

// createPacketFile creates a file, or waits until somebody reads the pipe of that name.
func createPacketFile(ctx context.Context, name string, log *slog.Logger) (*packetFile, error) {
	var f *os.File
	info, err := os.Stat(name)
	if err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		f, err = openPipe(ctx, name, log)
	} else {
		f, err = os.Create(name)
	}
	if err != nil {
		return nil, err
	}
	return &packetFile{f: f, patience: pipePatience}, nil
}

// openPipe opens a pipe to write alone: who could read it, too, would not learn that nobody does.
func openPipe(ctx context.Context, name string, log *slog.Logger) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if !errors.Is(err, syscall.ENXIO) {
		return f, err
	}
	log.Info("waiting until somebody reads the pipe of --pcap", "pipe", name)
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.f, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Write takes a packet, for flush to write it.
func (p *packetFile) Write(packet []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	p.buf = append(p.buf, packet...)
	return len(packet), nil
}

// flush writes what has been taken. Where it fails the file ends before it, and nothing follows.
func (p *packetFile) flush() error {
	if p.err != nil || len(p.buf) == 0 {
		return p.err
	}
	p.f.SetWriteDeadline(time.Now().Add(p.patience)) // a file needs none, and has none
	n, err := p.f.Write(p.buf)
	p.buf = p.buf[:0]
	if p.size += int64(n); err != nil {
		p.size -= int64(n)
		p.f.Truncate(p.size) // of a pipe it is not possible
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = fmt.Errorf("nobody has read the pipe for %s", p.patience)
		}
		p.err = fmt.Errorf("--pcap: %w", err)
	}
	return p.err
}

// close returns the first error of all.
func (p *packetFile) close() error {
	err := p.flush()
	if cerr := p.f.Close(); err == nil {
		err = cerr
	}
	return err
}
