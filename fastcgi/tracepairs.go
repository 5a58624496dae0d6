package fastcgi

import (
	"strconv"

	"github.com/postern-gateway/postern/protocol"
)

// A pairSplitter cuts name-value pairs of which a part is in another record (section 3.3 allows
// that for PARAMS). Its zero value stands before a pair.
type pairSplitter struct {
	part   int    // of a pair, as in pairParts
	length []byte // what has come of a length
	left   [2]int // bytes of the name and of the value that have not come yet
}

// pairParts are the parts of a pair, in order.
var pairParts = [...]string{"nameLength", "valueLength", "nameData", "valueData"}

// midway reports whether a pair has begun and not ended.
func (s *pairSplitter) midway() bool { return s.part > 0 || len(s.length) > 0 }

// cut cuts b, the next content of the stream, into parts of pairs.
func (s *pairSplitter) cut(m *protocol.Message, b []byte) {
	for len(b) > 0 {
		if s.part < 2 {
			b = s.cutLength(m, b)
		} else {
			b = s.cutString(m, b)
		}
		for s.part >= 2 && s.left[s.part-2] == 0 { // it has come, or is empty
			s.part = (s.part + 1) % len(pairParts)
		}
	}
}

func (s *pairSplitter) cutLength(m *protocol.Message, b []byte) (rest []byte) {
	first := b[0]
	if len(s.length) > 0 {
		first = s.length[0]
	}
	size := 1
	if first >= 128 {
		size = 4
	}
	n := min(size-len(s.length), len(b))
	s.length = append(s.length, b[:n]...)
	if len(s.length) < size {
		return m.Cut(b, n, protocol.SpanData, pairParts[s.part], "")
	}
	s.left[s.part], _ = consumeLength(s.length)
	rest = m.Cut(b, n, protocol.SpanData, pairParts[s.part], strconv.Itoa(s.left[s.part]))
	s.part, s.length = s.part+1, s.length[:0]
	return rest
}

func (s *pairSplitter) cutString(m *protocol.Message, b []byte) (rest []byte) {
	left := &s.left[s.part-2]
	n := min(*left, len(b))
	*left -= n
	return m.Cut(b, n, protocol.SpanData, pairParts[s.part], "")
}
