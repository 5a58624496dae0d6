package protocol

import "strconv"

// ContentLength reads CONTENT_LENGTH: ok says whether it is there and not empty (nginx sends it empty for none). Anything but
// digits, more than an int64 holds, and two values that differ are malformed.
func (p Params) ContentLength() (n int64, ok bool, err error) {
	for v := range p.Values("CONTENT_LENGTH") {
		if v == "" {
			continue
		}
		m, err := parseLength(v)
		if err != nil || ok && m != n {
			return 0, false, &Error{Op: "read params", Kind: ErrMalformed, Detail: "CONTENT_LENGTH " + strconv.Quote(clip(v))}
		}
		n, ok = m, true
	}
	return n, ok, nil
}
