package main

import (
	"fmt"
	"os"
)

// A packetFile is a file of packets, in which each is whole or not there.
type packetFile struct {
	f    *os.File
	buf  []byte // packets that are not in the file yet
	size int64  // of the file
	err  error
}

func createPacketFile(name string) (*packetFile, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return &packetFile{f: f}, nil
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
	n, err := p.f.Write(p.buf)
	p.buf = p.buf[:0]
	if p.size += int64(n); err != nil {
		p.size -= int64(n)
		p.f.Truncate(p.size) // of a pipe it is not possible
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
