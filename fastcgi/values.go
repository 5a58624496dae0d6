package fastcgi

import "io"

// GetValues asks the backend at the other end of rw, a new connection, for its FCGI_MAX_CONNS,
// FCGI_MAX_REQS and FCGI_MPXS_CONNS (section 4.1), and returns what it says of them. It sets no
// deadline. An answer that is none is an ErrMalformed.
func GetValues(rw io.ReadWriter) (map[string]string, error) {
	var names []byte
	for _, name := range []string{maxConnsName, maxReqsName, mpxsConnsName} {
		names = appendPair(names, name, "")
	}
	if _, err := rw.Write(appendRecord(nil, typeGetValues, 0, names)); err != nil {
		return nil, err
	}
	var head [headerLen]byte
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return nil, err
	}
	h, _, err := consumeHeader(head[:])
	if err != nil {
		return nil, err
	}
	if h.typ != typeGetValuesResult || h.id != 0 {
		return nil, malformed("read GET_VALUES_RESULT", "another record")
	}
	b := make([]byte, h.content+h.padding)
	if _, err := io.ReadFull(rw, b); err != nil {
		return nil, err
	}
	values := make(map[string]string)
	for b = b[:h.content]; len(b) > 0; {
		name, value, n := consumePair(b)
		if n == 0 {
			return nil, malformed("read GET_VALUES_RESULT", "the record ends within a pair")
		}
		values[string(name)] = string(value)
		b = b[n:]
	}
	return values, nil
}
