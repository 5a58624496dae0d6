package floodtest

import (
	"encoding/binary"
	"strconv"
)

// The types of FastCGI's records.
const (
	typeBegin  = 1
	typeAbort  = 2
	typeParams = 4
	typeStdin  = 5
	typeData   = 8
	typeValues = 9
)

// record is one record, with pad bytes after its content.
func record(typ byte, id int, content []byte, pad int) []byte {
	b := []byte{1, typ}
	b = binary.BigEndian.AppendUint16(b, uint16(id))
	b = binary.BigEndian.AppendUint16(b, uint16(len(content)))
	b = append(b, byte(pad), 0)
	b = append(b, content...)
	return append(b, make([]byte, pad)...)
}

func begin(id, role int) []byte {
	return record(typeBegin, id, []byte{0, byte(role), 1, 0, 0, 0, 0, 0}, 0)
}

// pair is a name-value pair whose lengths take four bytes each.
func pair(name, value string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(name))|1<<31)
	b = binary.BigEndian.AppendUint32(b, uint32(len(value))|1<<31)
	return append(append(b, name...), value...)
}

// head is a whole head, of role for path, with a body of n bytes to come.
func head(id, role int, path string, n int) []byte {
	params := append(pair("REQUEST_METHOD", "POST"), pair("REQUEST_URI", path)...)
	params = append(params, pair("CONTENT_LENGTH", strconv.Itoa(n))...)
	b := append(begin(id, role), record(typeParams, id, params, 0)...)
	return append(b, record(typeParams, id, nil, 0)...)
}

// get is a whole request.
func get(id int, path string) []byte {
	return append(head(id, 1, path, 0), record(typeStdin, id, nil, 0)...)
}

// params is n bytes of PARAMS, not the last.
func params(id, n int) (b []byte) {
	for n > 0 {
		m := min(n, 60_000)
		b = append(b, record(typeParams, id, make([]byte, m), 0)...)
		n -= m
	}
	return b
}

// body is n bytes of STDIN or DATA, not the last.
func body(typ byte, id, n int) (b []byte) {
	for n > 0 {
		m := min(n, 60_000)
		b = append(b, record(typ, id, make([]byte, m), 0)...)
		n -= m
	}
	return b
}

// each is what of says for each id from 1 to n.
func each(n int, of func(id int) []byte) (b []byte) {
	for id := 1; id <= n; id++ {
		b = append(b, of(id)...)
	}
	return b
}

// join joins parts.
func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}
