package protocol

import (
	"io"
	"net/http"
	"os"
)

// A Spool takes in a stream of unknown length: the first bytes in memory, the rest in a temporary
// file that has no name, up to a limit. It is written first, then read; it is not safe for
// concurrent use. The zero value holds nothing beyond memory: set File to allow for a file.
type Spool struct {
	Memory int   // bytes held in memory
	File   int64 // bytes held in the file

	// Total, if not nil, is the limits whose Budget counts the file: beyond TotalSpool or
	// TotalFiles Write fails with an ErrTooLarge and status 503. They must be resolved and stay as
	// they are.
	Total *Limits

	mem  []byte
	file *os.File
	size int64 // bytes in the file
	off  int64 // read so far, of both
}

// Len returns the number of bytes that are still to be read.
func (s *Spool) Len() int64 { return int64(len(s.mem)) + s.size - s.off }

// Write takes p in. Beyond the limit it takes what fits and returns an ErrTooLarge; a full disk is
// an error with status 507.
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
	if err := s.hold(int64(len(p))); err != nil {
		return 0, err
	}
	if s.file == nil {
		if s.file, err = tempFile(); err != nil {
			s.give(int64(len(p)), 1)
			return 0, spoolFailed(err)
		}
	}
	n, err = s.file.WriteAt(p, s.size)
	s.size += int64(n)
	s.give(int64(len(p)-n), 0)
	if err != nil {
		return n, spoolFailed(err)
	}
	return n, nil
}

// hold counts n bytes more, and the file if it is still to be made, or fails if that is too many.
func (s *Spool) hold(n int64) error {
	if s.Total == nil {
		return nil
	}
	files := int64(0)
	if s.file == nil {
		files = 1
	}
	lim := s.Total
	all, count := lim.Budget.HoldSpool(n), lim.Budget.HoldFiles(files)
	switch {
	case all > lim.TotalSpool:
		s.give(n, files)
		return shared(all, lim.TotalSpool, "bytes of all requests")
	case files > 0 && count > int64(lim.TotalFiles):
		s.give(n, files)
		return shared(count, int64(lim.TotalFiles), "temporary files of all requests")
	}
	return nil
}

// give is hold's undoing.
func (s *Spool) give(n, files int64) {
	if s.Total != nil {
		s.Total.Budget.HoldSpool(-n)
		s.Total.Budget.HoldFiles(-files)
	}
}

// shared is the error for a request that is refused because of what others hold.
func shared(got, limit int64, unit string) error {
	return &Error{Op: "spool body", Kind: ErrTooLarge, Detail: Exceeds(got, limit, unit), Status: http.StatusServiceUnavailable}
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

// Again returns a reader of what was taken in, from its beginning, that is good until Close.
func (s *Spool) Again() (io.Reader, error) { return onlyReader{s.unread()}, nil }

// unread is s as if nothing of it had been read. It is good until s is closed, and not closed
// itself.
func (s *Spool) unread() *Spool { return &Spool{mem: s.mem, file: s.file, size: s.size} }

// Close gives the memory and the file back.
func (s *Spool) Close() error {
	size := s.size
	s.mem, s.size, s.off = nil, 0, 0
	if s.file == nil {
		return nil
	}
	s.give(size, 1)
	f := s.file
	s.file = nil
	return f.Close()
}
