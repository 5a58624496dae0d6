package protocol

import (
	"io"
	"os"
)

// A Spool takes in a stream of unknown length: the first bytes in memory, the rest in a temporary file that has no
// name, up to a limit. It is written first, then read; it is not safe for concurrent use. The zero value holds
// nothing beyond memory: set File to allow for a file.
type Spool struct {
	Memory int   // bytes held in memory
	File   int64 // bytes held in the file

	mem  []byte
	file *os.File
	size int64 // bytes in the file
	off  int64 // read so far, of both
}

// Len returns the number of bytes that are still to be read.
func (s *Spool) Len() int64 { return int64(len(s.mem)) + s.size - s.off }

// Write takes p in. Beyond the limit it takes what fits and returns an ErrTooLarge; a full disk is an error with
// status 507.
func (s *Spool) Write(p []byte) (n int, err error) {
	if s.size == 0 && len(s.mem) < s.Memory {
		n = min(len(p), s.Memory-len(s.mem))
		s.mem = append(s.mem, p[:n]...)
		p = p[n:]
	}
	if len(p) == 0 {
		return n, nil
	}
	fits := int64(len(p))
	if fits > s.File-s.size {
		fits = s.File - s.size
	}
	m, err := s.writeFile(p[:fits])
	n += m
	if err == nil && m < len(p) {
		err = &Error{Op: "spool body", Kind: ErrTooLarge, Detail: Exceeds(int64(len(s.mem))+s.size+int64(len(p)-m), int64(s.Memory)+s.File, "bytes")}
	}
	return n, err
}

func (s *Spool) writeFile(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if s.file == nil {
		if s.file, err = tempFile(); err != nil {
			return 0, spoolFailed(err)
		}
	}
	n, err = s.file.WriteAt(p, s.size)
	s.size += int64(n)
	if err != nil {
		return n, spoolFailed(err)
	}
	return n, nil
}

// tempFile returns a file that is gone when it is closed.
func tempFile() (*os.File, error) {
	f, err := os.CreateTemp("", "postern-body-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func spoolFailed(err error) error {
	return &Error{Op: "spool body", Kind: ErrUpstream, Err: err, Status: 507}
}

// Read gives the bytes back in order.
func (s *Spool) Read(p []byte) (n int, err error) {
	switch {
	case s.Len() == 0:
		return 0, io.EOF
	case s.off < int64(len(s.mem)):
		n = copy(p, s.mem[s.off:])
	default:
		off := s.off - int64(len(s.mem))
		n, err = s.file.ReadAt(p[:min(int64(len(p)), s.size-off)], off)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // somebody truncated the file
		}
	}
	s.off += int64(n)
	return n, err
}

// Close gives the memory and the file back.
func (s *Spool) Close() error {
	s.mem, s.size, s.off = nil, 0, 0
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}
