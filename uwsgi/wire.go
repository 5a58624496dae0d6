package uwsgi

import (
	"encoding/binary"
	"net/http"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

const (
	HeaderSize = 4     // of a packet, in bytes
	MaxBlock   = 65535 // what datasize can say, and what the size of a string can
)

// A Header begins a packet.
type Header struct {
	Modifier1 Modifier
	Size      int // of the block in bytes, at most MaxBlock
	Modifier2 uint8
}

// AppendHeader appends h. Of a Size beyond MaxBlock it would append the lowest 16 bits.
func AppendHeader(dst []byte, h Header) []byte {
	dst = append(dst, byte(h.Modifier1))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(h.Size))
	return append(dst, h.Modifier2)
}

// ConsumeHeader reads a header, the mirror of [AppendHeader]. n == 0 means that b ends too early.
func ConsumeHeader(b []byte) (h Header, n int) {
	if len(b) < HeaderSize {
		return Header{}, 0
	}
	return Header{Modifier1: Modifier(b[0]), Size: int(binary.LittleEndian.Uint16(b[1:])), Modifier2: b[3]}, HeaderSize
}

// consumePacket reads a header and the block after it. n == 0 means that b ends too early.
func consumePacket(b []byte) (h Header, block []byte, n int) {
	h, n = ConsumeHeader(b)
	if n == 0 || len(b) < n+h.Size {
		return h, nil, 0
	}
	return h, b[n : n+h.Size], n + h.Size
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
	if size > MaxBlock {
		return dst, fail("write request", protocol.ErrTooLarge, protocol.Exceeds(int64(size), MaxBlock, "bytes"))
	}
	dst = AppendHeader(dst, Header{Modifier1: Modifier(r.Modifier1), Size: size, Modifier2: r.Modifier2})
	for _, v := range p {
		if !protocol.Withheld(v.Name, protocol.ToBackend) {
			dst = AppendString(AppendString(dst, v.Name), v.Value)
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
	case longest > MaxBlock:
		return fail("write request", protocol.ErrTooLarge, protocol.Exceeds(int64(longest), MaxBlock, "bytes in one variable"))
	}
	return nil
}

// AppendString appends s after its size, which must be at most MaxBlock. Every block is made of
// such strings.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	return append(binary.LittleEndian.AppendUint16(dst, uint16(len(s))), s...)
}

// ConsumeString finds the string that b begins with: it ends at n, and its bytes begin at 2. n is
// beyond b if b ends too early.
func ConsumeString(b []byte) (n int) {
	if len(b) < 2 {
		return 2
	}
	return 2 + int(binary.LittleEndian.Uint16(b))
}

// ConsumeVariables reads a block of variables, at least one and at most maxCount, whose strings are
// one allocation.
func ConsumeVariables(block []byte, maxCount int) (protocol.Params, error) {
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
		name := ConsumeString(block)
		value := name + ConsumeString(block[name:])
		p[i] = protocol.Param{Name: text[2:name], Value: text[name+2 : value]}
		block, text = block[value:], text[value:]
	}
	return p, nil
}

// countPairs counts a block's variables, and finds every one whole.
func countPairs(block []byte) (count int, err error) {
	for rest := block; len(rest) > 0; count++ {
		name := ConsumeString(rest)
		switch {
		case name > len(rest):
			return 0, truncated("name", count, name, rest)
		case name == 2:
			return 0, fail("read params", protocol.ErrMalformed, "variable "+strconv.Itoa(count+1)+" has no name")
		}
		rest = rest[name:]
		value := ConsumeString(rest)
		if value > len(rest) {
			return 0, truncated("value", count, value, rest)
		}
		rest = rest[value:]
	}
	return count, nil
}

// truncated says that a name or a value, of n bytes behind count variables, is not whole in rest.
func truncated(what string, count, n int, rest []byte) error {
	return fail("read params", protocol.ErrMalformed, "the "+what+" of variable "+strconv.Itoa(count+1)+" takes "+
		strconv.Itoa(n)+" bytes of the "+strconv.Itoa(len(rest))+" that are left of the block")
}

func fail(op string, kind error, detail string) error {
	e := &protocol.Error{Protocol: "uwsgi", Op: op, Kind: kind, Detail: detail}
	if kind == protocol.ErrTooLarge {
		e.Status = http.StatusRequestHeaderFieldsTooLarge
	}
	return e
}
