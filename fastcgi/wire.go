package fastcgi

import (
	"encoding/binary"
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// Records (section 3.3).
const (
	version1   = 1
	headerLen  = 8
	maxContent = 65535
	maxPadding = 255

	// fullContent is the content of a record that is as long as php-fpm takes one (content and
	// padding of 0xfff8 bytes) and needs no padding.
	fullContent = 65528
)

// A recordType is the type of a record (section 8).
type recordType uint8

const (
	typeBegin           recordType = 1
	typeAbort           recordType = 2
	typeEnd             recordType = 3
	typeParams          recordType = 4
	typeStdin           recordType = 5
	typeStdout          recordType = 6
	typeStderr          recordType = 7
	typeData            recordType = 8
	typeGetValues       recordType = 9
	typeGetValuesResult recordType = 10
	typeUnknown         recordType = 11
)

var typeNames = [...]string{
	typeBegin: "BEGIN_REQUEST", typeAbort: "ABORT_REQUEST", typeEnd: "END_REQUEST", typeParams: "PARAMS",
	typeStdin: "STDIN", typeStdout: "STDOUT", typeStderr: "STDERR", typeData: "DATA",
	typeGetValues: "GET_VALUES", typeGetValuesResult: "GET_VALUES_RESULT", typeUnknown: "UNKNOWN_TYPE",
}

func (t recordType) String() string { return name(typeNames[:], int(t), "TYPE_") }

// Roles (section 6).
const (
	wireResponder  uint16 = 1
	wireAuthorizer uint16 = 2
	wireFilter     uint16 = 3
)

var wireRoleNames = [...]string{wireResponder: "RESPONDER", wireAuthorizer: "AUTHORIZER", wireFilter: "FILTER"}

// flagKeepConn is the only flag of BEGIN_REQUEST (section 5.1).
const flagKeepConn = 1

// A protocolStatus is the protocol's own outcome of a request (section 5.5).
type protocolStatus uint8

const (
	requestComplete protocolStatus = 0
	cantMpxConn     protocolStatus = 1
	overloaded      protocolStatus = 2
	unknownRole     protocolStatus = 3
)

var statusNames = [...]string{
	requestComplete: "REQUEST_COMPLETE", cantMpxConn: "CANT_MPX_CONN", overloaded: "OVERLOADED", unknownRole: "UNKNOWN_ROLE",
}

func (s protocolStatus) String() string { return name(statusNames[:], int(s), "STATUS_") }

// name is names[i], or other with the number where there is none.
func name(names []string, i int, other string) string {
	if i < len(names) && names[i] != "" {
		return names[i]
	}
	return other + strconv.Itoa(i)
}

// The names that GET_VALUES may ask for (section 4.1).
const (
	maxConnsName  = "FCGI_MAX_CONNS"
	maxReqsName   = "FCGI_MAX_REQS"
	mpxsConnsName = "FCGI_MPXS_CONNS"
)

// A header is what stands before a record's content (section 3.3).
type header struct {
	typ     recordType
	id      uint16 // 0: a management record
	content int    // bytes
	padding int    // bytes after the content
}

// appendHeader appends h. The reserved byte is zero.
func appendHeader(dst []byte, h header) []byte {
	return append(dst, version1, byte(h.typ), byte(h.id>>8), byte(h.id), byte(h.content>>8), byte(h.content), byte(h.padding), 0)
}

// consumeHeader reads a header; n == 0 without an error means that b is too short.
func consumeHeader(b []byte) (h header, n int, err error) {
	if len(b) == 0 {
		return h, 0, nil
	}
	if b[0] != version1 {
		return h, 0, malformed("read record", "version "+strconv.Itoa(int(b[0]))+", want 1")
	}
	if len(b) < headerLen {
		return h, 0, nil
	}
	h.typ, h.id = recordType(b[1]), binary.BigEndian.Uint16(b[2:])
	h.content, h.padding = int(binary.BigEndian.Uint16(b[4:])), int(b[6])
	return h, headerLen, nil
}

// patchContent writes the content's length and the padding into the header that begins at b[0].
func patchContent(b []byte, content, padding int) {
	binary.BigEndian.PutUint16(b[4:], uint16(content))
	b[6] = byte(padding)
}

// padding is what makes the next record begin at a multiple of 8 bytes (section 3.3 recommends it).
func padding(content int) int { return -content & 7 }

// zeros is what padding is made of: a peer must see nothing of our memory.
var zeros [8]byte

// appendRecord appends a whole record. The content must not be longer than maxContent.
func appendRecord(dst []byte, typ recordType, id uint16, content []byte) []byte {
	pad := padding(len(content))
	dst = appendHeader(dst, header{typ, id, len(content), pad})
	dst = append(dst, content...)
	return append(dst, zeros[:pad]...)
}

// consumeRecord reads a whole record; n == 0 without an error means that b is too short. The
// content is part of b.
func consumeRecord(b []byte) (h header, content []byte, n int, err error) {
	h, n, err = consumeHeader(b)
	if n == 0 || len(b)-n < h.content+h.padding {
		return h, nil, 0, err
	}
	return h, b[n : n+h.content], n + h.content + h.padding, nil
}

// A begin is the content of BEGIN_REQUEST (section 5.1).
type begin struct {
	role uint16
	keep bool // the peer wants to use the connection again
}

const beginLen = 8

// appendBegin appends the content of BEGIN_REQUEST.
func appendBegin(dst []byte, b begin) []byte {
	var flags byte
	if b.keep {
		flags = flagKeepConn
	}
	return append(dst, byte(b.role>>8), byte(b.role), flags, 0, 0, 0, 0, 0)
}

// consumeBegin reads the content of BEGIN_REQUEST; n == 0 means that b is too short. Reserved bytes
// and unknown flags are ignored.
func consumeBegin(b []byte) (x begin, n int) {
	if len(b) < beginLen {
		return begin{}, 0
	}
	return begin{role: binary.BigEndian.Uint16(b), keep: b[2]&flagKeepConn != 0}, beginLen
}

// An end is the content of END_REQUEST (section 5.5).
type end struct {
	app    uint32 // as an exit status
	status protocolStatus
}

const endLen = 8

// appendEnd appends the content of END_REQUEST.
func appendEnd(dst []byte, e end) []byte {
	return append(binary.BigEndian.AppendUint32(dst, e.app), byte(e.status), 0, 0, 0)
}

// consumeEnd reads the content of END_REQUEST; n == 0 means that b is too short.
func consumeEnd(b []byte) (e end, n int) {
	if len(b) < endLen {
		return end{}, 0
	}
	return end{app: binary.BigEndian.Uint32(b), status: protocolStatus(b[4])}, endLen
}

const unknownLen = 8

// appendUnknown appends the content of UNKNOWN_TYPE (section 4.2).
func appendUnknown(dst []byte, t recordType) []byte {
	return append(dst, byte(t), 0, 0, 0, 0, 0, 0, 0)
}

// consumeUnknown reads the content of UNKNOWN_TYPE; n == 0 means that b is too short.
func consumeUnknown(b []byte) (t recordType, n int) {
	if len(b) < unknownLen {
		return 0, 0
	}
	return recordType(b[0]), unknownLen
}

// maxLength is the longest name or value (section 3.4).
const maxLength = 1<<31 - 1

// appendLength appends the length of a name or value, in the short form where that can hold it. n
// is in 0..maxLength.
func appendLength(dst []byte, n int) []byte {
	if n < 128 {
		return append(dst, byte(n))
	}
	return append(dst, byte(n>>24)|0x80, byte(n>>16), byte(n>>8), byte(n))
}

// consumeLengths reads both lengths of a pair; n == 0 means that b is too short.
func consumeLengths(b []byte) (name, value, n int) {
	if name, value, n = consumeShortLengths(b); n > 0 {
		return name, value, n
	}
	return consumeLongLengths(b)
}

// consumeShortLengths reads both lengths where each is one byte, as most are; n == 0 means that
// they are not. It is small, so that the compiler makes no call of it.
func consumeShortLengths(b []byte) (name, value, n int) {
	if len(b) >= 2 && b[0]|b[1] < 128 {
		return int(b[0]), int(b[1]), 2
	}
	return 0, 0, 0
}

// consumeLongLengths reads both lengths in any form.
func consumeLongLengths(b []byte) (name, value, n int) {
	name, n = consumeLength(b)
	if n == 0 {
		return 0, 0, 0
	}
	value, m := consumeLength(b[n:])
	if m == 0 {
		return 0, 0, 0
	}
	return name, value, n + m
}

// consumeLength reads a length in either form; n == 0 means that b is too short.
func consumeLength(b []byte) (length, n int) {
	switch {
	case len(b) > 0 && b[0] < 128:
		return int(b[0]), 1
	case len(b) >= 4:
		return int(binary.BigEndian.Uint32(b) & maxLength), 4
	}
	return 0, 0
}

// appendPair appends a name-value pair (section 3.4).
func appendPair(dst []byte, name, value string) []byte {
	dst = appendLength(dst, len(name))
	dst = appendLength(dst, len(value))
	dst = append(dst, name...)
	return append(dst, value...)
}

// pairLen is the length of a pair on the wire.
func pairLen(name, value string) int {
	return lengthLen(len(name)) + lengthLen(len(value)) + len(name) + len(value)
}

func lengthLen(n int) int {
	if n < 128 {
		return 1
	}
	return 4
}

// consumePair reads a pair; n == 0 means that b is too short. Name and value are parts of b.
func consumePair(b []byte) (name, value []byte, n int) {
	nameLen, valueLen, n := consumeLengths(b)
	// Never the sum of the two, which an int of 32 bits cannot hold.
	if left := len(b) - n; n == 0 || nameLen > left || valueLen > left-nameLen {
		return nil, nil, 0
	}
	name, value = b[n:n+nameLen], b[n+nameLen:n+nameLen+valueLen]
	return name, value, n + nameLen + valueLen
}

// appendParams appends the content of a PARAMS stream.
func appendParams(dst []byte, p protocol.Params) []byte {
	for i := range p {
		dst = appendPair(dst, p[i].Name, p[i].Value)
	}
	return dst
}

// consumeParams reads a whole PARAMS stream. All names and values are parts of one string.
func consumeParams(b []byte, maxCount int) (protocol.Params, error) {
	count, err := countPairs(b, maxCount)
	if err != nil || count == 0 {
		return nil, err
	}
	// The text holds the lengths as well: one copy of what the wire holds, cut where they say.
	params, text := protocol.MakeParams(count, b)
	for i := range params {
		nameLen, valueLen, n := consumeShortLengths(b)
		if n == 0 {
			nameLen, valueLen, n = consumeLongLengths(b)
		}
		value, end := n+nameLen, n+nameLen+valueLen
		params[i] = protocol.Param{Name: text[n:value], Value: text[value:end]}
		b, text = b[end:], text[end:]
	}
	return params, nil
}

// countPairs checks the pairs of b and counts them, before anything is allocated for them.
func countPairs(b []byte, maxCount int) (count int, err error) {
	for rest := b; len(rest) > 0; {
		nameLen, valueLen, n := consumeShortLengths(rest)
		if n == 0 {
			nameLen, valueLen, n = consumeLongLengths(rest)
		}
		// Never the sum of the two, which an int of 32 bits cannot hold.
		if left := len(rest) - n; n == 0 || nameLen > left || valueLen > left-nameLen {
			return 0, truncatedPair(rest, count)
		}
		rest = rest[n+nameLen+valueLen:]
		if count++; count > maxCount {
			return 0, headTooLarge(int64(count), int64(maxCount), "variables")
		}
	}
	return count, nil
}

func truncatedPair(b []byte, count int) error {
	detail := "the stream ends within variable " + strconv.Itoa(count+1)
	if nameLen, n := consumeLength(b); n > 0 {
		if valueLen, m := consumeLength(b[n:]); m > 0 {
			detail += ": " + strconv.FormatInt(int64(nameLen)+int64(valueLen), 10) + " > " + strconv.Itoa(len(b)-n-m) + " bytes left"
		}
	}
	return malformed("read params", detail)
}
