package fastcgi

// A stderr is a request's FCGI_STDERR.
type stderr struct {
	s    *stream
	used bool
}

// Write sends p at once, with control characters but tab and line feed written as \xNN: fronts copy
// it into their logs.
func (e *stderr) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	e.used = true
	if _, err := e.s.send(typeStderr, escape(p)); err != nil {
		return 0, err
	}
	if err := e.s.c.out.flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}

// escape returns p, or a copy of it without control characters.
func escape(p []byte) []byte {
	const hex = "0123456789abcdef"
	clean := 0
	for clean < len(p) && !control(p[clean]) {
		clean++
	}
	if clean == len(p) {
		return p
	}
	out := append(make([]byte, 0, len(p)+16), p[:clean]...)
	for _, b := range p[clean:] {
		if control(b) {
			out = append(out, '\\', 'x', hex[b>>4], hex[b&15])
		} else {
			out = append(out, b)
		}
	}
	return out
}

func control(b byte) bool { return b < ' ' && b != '\t' && b != '\n' || b == 0x7f }
