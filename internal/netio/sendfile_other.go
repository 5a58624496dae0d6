//go:build !linux

package netio

import "io"

// sendFile sends a piece of a regular file.
func (b *Conn) sendFile(l *io.LimitedReader) (int64, error) { return io.Copy(b.Conn, l) }
