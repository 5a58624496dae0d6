//go:build unix && (!linux || race)

package rawio

// WriteTwo writes two pieces to a descriptor that does not block, or as much of them as it takes.
func WriteTwo(fd int, first, second []byte) (n int, err error) {
	if len(first) == 0 {
		return Write(fd, second)
	}
	n, err = Write(fd, first)
	if err != nil || n < len(first) || len(second) == 0 {
		return n, err
	}
	// What was written counts; the next call meets the error again.
	m, _ := Write(fd, second)
	return n + max(m, 0), nil
}
