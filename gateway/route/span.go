package route

import (
	"errors"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A span is a part of a text, and where it is.
type span struct {
	text string
	at   Position
}

// from returns s without its first n bytes.
func (s span) from(n int) span {
	s.at.Column += n
	s.text = s.text[n:]
	return s
}

// trim returns s without the blanks around it.
func (s span) trim() span {
	s = s.from(len(s.text) - len(strings.TrimLeft(s.text, " \t")))
	s.text = strings.TrimRight(s.text, " \t")
	return s
}

// cut parts s at the first sep.
func (s span) cut(sep string) (before, after span, ok bool) {
	i := strings.Index(s.text, sep)
	if i < 0 {
		return s, s.from(len(s.text)), false
	}
	return span{s.text[:i], s.at}, s.from(i + len(sep)), true
}

// word is what an error shows of s: its first word, up to what parts words and names, but at least
// a character. What follows may be a password.
func (s span) word() string {
	if s.text == "" {
		return ""
	}
	if i := strings.IndexAny(s.text[1:], " \t:,=@"); i >= 0 {
		return protocol.Clip(s.text[:1+i])
	}
	return protocol.Clip(s.text)
}

func (s span) errorf(format string, args ...any) error { return errorAt(s.at, format, args...) }

// within makes err, of a part of s, an error of s.
func (s span) within(err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return errorAt(s.at, "%v", err)
}

// fields parts s at blanks.
func (s span) fields() (words []span) {
	for {
		s = s.trim()
		if s.text == "" {
			return words
		}
		word, rest, _ := s.cut(" ")
		words, s = append(words, word), rest
	}
}
