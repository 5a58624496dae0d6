package fetch

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
)

// A payload is what a request carries: segments of text and of files, one after another. It can be
// read again and again, unless standard input is among them. Its files are open while they are
// read.
type payload struct {
	segments []segment
	stdin    io.Reader
	gone     atomic.Bool // standard input has been read
}

// A segment is a part of a payload.
type segment struct {
	text string
	file string // "-" is standard input; empty: text
	// of a file: line ends and NUL are left out, as curl's -d does
	strip bool
}

func (b *payload) add(text string)      { b.segments = append(b.segments, segment{text: text}) }
func (b *payload) addSegment(p segment) { b.segments = append(b.segments, p) }

// length returns how many bytes the body has; -1: that shows only at its end. A file that cannot be
// read is an error.
func (b *payload) length() (n int64, err error) {
	known := true
	for _, p := range b.segments {
		if p.file == "" {
			n += int64(len(p.text))
			continue
		}
		if p.file == "-" {
			known = false
			continue
		}
		info, err := os.Stat(p.file)
		if err != nil {
			return 0, readFailed(err)
		}
		if info.IsDir() {
			return 0, readFailed(errors.New(p.file + " is a directory"))
		}
		known = known && info.Mode().IsRegular() && !p.strip
		n += info.Size()
	}
	if !known {
		return -1, nil
	}
	return n, nil
}

// readFailed is the error of a file that is a part of a request.
func readFailed(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{CodeRead, "cannot read what is to be sent: " + err.Error(), err}
}

// open returns a reader of the whole. Standard input can be had but once.
func (b *payload) open() (io.Reader, error) {
	if b.gone.Load() {
		return nil, &Error{Code: CodeRewind, Text: "what came by standard input has been sent, and cannot be sent again: say the name of a file"}
	}
	return &bodyReader{b: b}, nil
}

// A bodyReader reads the segments by turns. Its errors are [*Error]s. Close may be called while
// another goroutine reads.
type bodyReader struct {
	b      *payload
	next   int       // segment
	r      io.Reader // of the one before; nil: it is over
	file   atomic.Pointer[os.File]
	closed atomic.Bool
}

func (r *bodyReader) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil && len(p) > 0 {
		if r.r == nil {
			if r.next == len(r.b.segments) {
				return 0, io.EOF
			}
			if err := r.begin(r.b.segments[r.next]); err != nil {
				return 0, readFailed(err)
			}
			r.next++
		}
		if n, err = r.r.Read(p); err == io.EOF {
			r.closeFile()
			r.r, err = nil, nil
		}
	}
	if err != nil {
		return n, readFailed(err)
	}
	return n, nil
}

// begin opens a segment.
func (r *bodyReader) begin(p segment) error {
	switch p.file {
	case "":
		r.r = strings.NewReader(p.text)
		return nil
	case "-":
		r.b.gone.Store(true)
		r.r = r.b.stdin
	default:
		f, err := os.Open(p.file)
		if err != nil {
			return err
		}
		if r.file.Store(f); r.closed.Load() {
			r.closeFile()
		}
		r.r = f
	}
	if p.strip {
		r.r = stripped{r.r}
	}
	return nil
}

func (r *bodyReader) closeFile() {
	if f := r.file.Swap(nil); f != nil {
		f.Close()
	}
}

// Close closes the file that is being read.
func (r *bodyReader) Close() error {
	r.closed.Store(true)
	r.closeFile()
	return nil
}

// stripped leaves out line ends and NUL.
type stripped struct{ r io.Reader }

func (s stripped) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	kept := p[:0]
	for part := p[:n]; len(part) > 0; {
		i := bytes.IndexAny(part, "\r\n\x00")
		if i < 0 {
			i = len(part)
		}
		kept = append(kept, part[:i]...)
		part = part[min(i+1, len(part)):]
	}
	return len(kept), err
}
