//go:build unix && (!linux || race)

package rawio

// ReadTwo reads from a descriptor that does not block into two pieces, as much as is there.
func ReadTwo(fd int, first, second []byte) (n int, err error) {
	return two(Read, fd, first, second)
}

// WriteTwo writes two pieces to a descriptor that does not block, or as much of them as it takes.
func WriteTwo(fd int, first, second []byte) (n int, err error) {
	return two(Write, fd, first, second)
}

func two(call func(fd int, p []byte) (int, error), fd int, first, second []byte) (n int, err error) {
	if len(first) == 0 {
		return call(fd, second)
	}
	n, err = call(fd, first)
	if err != nil || n < len(first) || len(second) == 0 {
		return n, err
	}
	// What has been done counts; the next call meets the error again.
	m, _ := call(fd, second)
	return n + max(m, 0), nil
}
