package uwsgi

import (
	"encoding/binary"
	"net/http"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

const (
	headerSize = 4
	maxBlock   = 65535 // what datasize can say
)

// A header begins a packet.
type header struct {
	modifier1 modifier
	size      int // of the block
	modifier2 uint8
}

func appendHeader(dst []byte, h header) []byte {
	dst = append(dst, byte(h.modifier1))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(h.size))
	return append(dst, h.modifier2)
}

// consumeHeader reads a header. n == 0 means that b ends too early.
func consumeHeader(b []byte) (h header, n int) {
	if len(b) < headerSize {
		return header{}, 0
	}
	return header{modifier1: modifier(b[0]), size: int(binary.LittleEndian.Uint16(b[1:])), modifier2: b[3]}, headerSize
}

// consumePacket reads a header and the block after it. n == 0 means that b ends too early.
func consumePacket(b []byte) (h header, block []byte, n int) {
	h, n = consumeHeader(b)
	if n == 0 || len(b) < n+h.size {
		return h, nil, 0
	}
	return h, b[n : n+h.size], n + h.size
}

// appendRequest appends the packet of r, whose body's length is known. CONTENT_LENGTH says that
// length, wherever it stands; other variables are as they are, but for those that
// [protocol.Withheld] names.
func appendRequest(dst []byte, r *protocol.Request) ([]byte, error) {
	p := measured(r)
	size := 0
	for _, v := range p {
		if protocol.Withheld(v.Name, protocol.ToBackend) {
			continue
		}
		if err := check(v); err != nil {
			return dst, err
		}
		size += len(v.Name) + len(v.Value) + 4
	}
	if size > maxBlock {
		return dst, fail("write request", protocol.ErrTooLarge, protocol.Exceeds(int64(size), maxBlock, "bytes"))
	}
	dst = appendHeader(dst, header{modifier1: modifier(r.Modifier1), size: size, modifier2: r.Modifier2})
	for _, v := range p {
		if !protocol.Withheld(v.Name, protocol.ToBackend) {
			dst = appendString(appendString(dst, v.Name), v.Value)
		}
	}
	return dst, nil
}

// measured returns r's variables with a true CONTENT_LENGTH. One that is absent or empty is true of
// no body.
func measured(r *protocol.Request) protocol.Params {
	if n, _, err := r.Params.ContentLength(); err == nil && n == r.ContentLength {
		return r.Params
	}
	p := r.Params.Clone()
	p.Set("CONTENT_LENGTH", strconv.FormatInt(r.ContentLength, 10))
	return p
}

// check refuses what the block cannot carry.
func check(v protocol.Param) error {
	switch longest := max(len(v.Name), len(v.Value)); {
	case v.Name == "":
		return fail("write request", protocol.ErrMalformed, "a variable has no name")
	case longest > maxBlock:
		return fail("write request", protocol.ErrTooLarge, protocol.Exceeds(int64(longest), maxBlock, "bytes in one variable"))
	}
	return nil
}

func appendString(dst []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint16(dst, uint16(len(s))), s...)
}

// consumeString finds the string that b begins with: it ends at n, and its bytes begin at 2. n is
// beyond b if b ends too early.
func consumeString(b []byte) (n int) {
	if len(b) < 2 {
		return 2
	}
	return 2 + int(binary.LittleEndian.Uint16(b))
}

// consumeBlock reads the variables of a block, whose strings are parts of one.
func consumeBlock(block []byte, maxCount int) (protocol.Params, error) {
	count, err := countPairs(block)
	switch {
	case err != nil:
		return nil, err
	case count == 0:
		return nil, fail("read params", protocol.ErrMalformed, "a request without variables")
	case count > maxCount:
		return nil, fail("read params", protocol.ErrTooLarge, protocol.Exceeds(int64(count), int64(maxCount), "variables"))
	}
	p, text := protocol.MakeParams(count, block)
	for i := range p {
		p[i].Name, block, text = cutString(block, text)
		p[i].Value, block, text = cutString(block, text)
	}
	return p, nil
}

// cutString cuts the string that both begin with off text, which holds the same as block.
func cutString(block []byte, text string) (s string, restBlock []byte, restText string) {
	n := consumeString(block)
	return text[2:n], block[n:], text[n:]
}

// countPairs counts a block's variables, and finds every one whole.
func countPairs(block []byte) (count int, err error) {
	for rest := block; len(rest) > 0; count++ {
		for _, what := range [...]string{"name", "value"} {
			n := consumeString(rest)
			switch {
			case n > len(rest):
				return 0, fail("read params", protocol.ErrMalformed, "the "+what+" of variable "+strconv.Itoa(count+1)+" takes "+
					strconv.Itoa(n)+" bytes of the "+strconv.Itoa(len(rest))+" that are left of the block")
			case n == 2 && what == "name":
				return 0, fail("read params", protocol.ErrMalformed, "variable "+strconv.Itoa(count+1)+" has no name")
			}
			rest = rest[n:]
		}
	}
	return count, nil
}

func fail(op string, kind error, detail string) error {
	e := &protocol.Error{Protocol: "uwsgi", Op: op, Kind: kind, Detail: detail}
	if kind == protocol.ErrTooLarge {
		e.Status = http.StatusRequestHeaderFieldsTooLarge
	}
	return e
}
