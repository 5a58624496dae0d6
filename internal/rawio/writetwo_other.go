//go:build unix && (!linux || race)

package rawio

// WriteTwo writes two pieces to a descriptor that does not block, or the first alone.
func WriteTwo(fd int, first, second []byte) (n int, err error) {
	n, err = Write(fd, first)
	if err != nil || n < len(first) || len(second) == 0 {
		return n, err
	}
	m, err := Write(fd, second)
	if m < 0 {
		return n, nil
	}
	return n + m, err
}
