package scgi

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// maxDigits is how long a netstring's length can be: the limits are far below 10^9.
const maxDigits = 9

// appendRequest appends the head of a request of length bytes of body: CONTENT_LENGTH first, then
// SCGI, then the other variables but for those that [protocol.Withheld] names.
func appendRequest(dst []byte, p protocol.Params, length int64) ([]byte, error) {
	digits := strconv.FormatInt(length, 10)
	size := len("CONTENT_LENGTH") + len(digits) + len("SCGI") + len("1") + 4
	for _, v := range p {
		if sent(v.Name) {
			if err := check(v); err != nil {
				return dst, err
			}
			size += len(v.Name) + len(v.Value) + 2
		}
	}
	dst = strconv.AppendInt(dst, int64(size), 10)
	dst = append(dst, ':')
	dst = appendPair(dst, "CONTENT_LENGTH", digits)
	dst = appendPair(dst, "SCGI", "1")
	for _, v := range p {
		if sent(v.Name) {
			dst = appendPair(dst, v.Name, v.Value)
		}
	}
	return append(dst, ','), nil
}

// sent reports whether a variable is sent as it is: two are the protocol's own.
func sent(name string) bool {
	return name != "CONTENT_LENGTH" && name != "SCGI" && !protocol.Withheld(name, protocol.ToBackend)
}

// check refuses what the block cannot carry.
func check(v protocol.Param) error {
	if v.Name == "" || strings.IndexByte(v.Name, 0) >= 0 || strings.IndexByte(v.Value, 0) >= 0 {
		return fail("write request", protocol.ErrMalformed, "variable "+strconv.Quote(v.Name)+": an empty name or a NUL byte")
	}
	return nil
}

func appendPair(dst []byte, name, value string) []byte {
	dst = append(append(dst, name...), 0)
	return append(append(dst, value...), 0)
}

// consumeRequest reads the head of a request, and the length of the body that follows it. n == 0
// without an error means that b ends too early to tell.
func consumeRequest(b []byte, maxCount int) (p protocol.Params, length int64, n int, err error) {
	size, n, err := consumeLength(b)
	if err != nil || n == 0 || len(b) < n+size+1 {
		return nil, 0, 0, err
	}
	if b[n+size] != ',' {
		return nil, 0, 0, fail("read head", protocol.ErrMalformed, "the netstring of "+strconv.Itoa(size)+" bytes does not end in a comma")
	}
	p, length, err = consumeBlock(b[n:n+size], maxCount)
	return p, length, n + size + 1, err
}

// consumeLength reads a netstring's length and its colon. n == 0 without an error means that b ends
// too early to tell.
func consumeLength(b []byte) (length, n int, err error) {
	for i, c := range b {
		switch {
		case c == ':' && i > 0:
			return length, i + 1, nil
		case c < '0' || c > '9', i == maxDigits:
			return 0, 0, fail("read head", protocol.ErrMalformed, "netstring length "+strconv.Quote(string(b[:i+1])))
		case i == 1 && b[0] == '0':
			return 0, 0, fail("read head", protocol.ErrMalformed, "netstring length with a leading zero")
		}
		length = length*10 + int(c-'0')
	}
	return 0, 0, nil
}

// consumeBlock reads the variables of a netstring's content, whose strings are parts of one, and
// the body's length.
func consumeBlock(block []byte, maxCount int) (protocol.Params, int64, error) {
	if len(block) == 0 || block[len(block)-1] != 0 {
		return nil, 0, fail("read params", protocol.ErrMalformed, "the block does not end in a NUL byte")
	}
	count := bytes.Count(block, []byte{0})
	if count%2 != 0 {
		return nil, 0, fail("read params", protocol.ErrMalformed, "a name without a value")
	}
	if count /= 2; count > maxCount {
		return nil, 0, fail("read params", protocol.ErrTooLarge, protocol.Exceeds(int64(count), int64(maxCount), "variables"))
	}
	p, rest := protocol.MakeParams(count, block)
	for i := range p {
		p[i].Name, rest = cutNUL(rest)
		p[i].Value, rest = cutNUL(rest)
		if p[i].Name == "" {
			return nil, 0, fail("read params", protocol.ErrMalformed, "variable "+strconv.Itoa(i+1)+" has no name")
		}
	}
	return verify(p)
}

// cutNUL splits s at its first NUL byte, which is there.
func cutNUL(s string) (before, after string) {
	i := strings.IndexByte(s, 0)
	return s[:i], s[i+1:]
}

// verify checks what the protocol asks of a request's variables.
func verify(p protocol.Params) (protocol.Params, int64, error) {
	if p[0].Name != "CONTENT_LENGTH" {
		return nil, 0, fail("read params", protocol.ErrMalformed, "the first variable is "+strconv.Quote(p[0].Name)+", not CONTENT_LENGTH")
	}
	if p[0].Value == "" {
		return nil, 0, fail("read params", protocol.ErrMalformed, "CONTENT_LENGTH is empty")
	}
	r := protocol.Request{Params: p, Protocol: "scgi"}
	length, _, err := r.DeclaredLength()
	if err != nil {
		return nil, 0, err
	}
	if v, _ := p.Lookup("SCGI"); v != "1" {
		return nil, 0, fail("read params", protocol.ErrMalformed, "SCGI is "+strconv.Quote(v)+", not 1")
	}
	return p, length, nil
}

func fail(op string, kind error, detail string) error {
	e := &protocol.Error{Protocol: "scgi", Op: op, Kind: kind, Detail: detail}
	if kind == protocol.ErrTooLarge {
		e.Status = http.StatusRequestHeaderFieldsTooLarge
	}
	return e
}
