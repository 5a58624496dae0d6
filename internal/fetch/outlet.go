package fetch

import (
	"io"
	"os"
)

// An outlet is where answers go, from the first that is shown to the last.
type outlet struct {
	f    *fetcher
	w    io.Writer // nil: it is not open
	file *os.File  // nil: it is standard output
}

// open opens it, once.
func (o *outlet) open() error {
	if o.w != nil {
		return nil
	}
	name := o.f.cfg.Show.Output
	if o.f.cfg.Show.FileName {
		name = fileName(o.f.target)
	}
	if name == "" || name == "-" {
		o.w = o.f.cfg.Stdout
		return nil
	}
	file, err := os.Create(name)
	if err != nil {
		return writeFailed(err)
	}
	o.w, o.file = file, file
	return nil
}

// Write writes a part of an answer, once open has been called.
func (o *outlet) Write(p []byte) (int, error) { return o.w.Write(p) }

func (o *outlet) close() error {
	if o.file == nil {
		return nil
	}
	if err := o.file.Close(); err != nil {
		return writeFailed(err)
	}
	return nil
}
