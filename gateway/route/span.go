package route

import (
	"errors"
	"strings"
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
