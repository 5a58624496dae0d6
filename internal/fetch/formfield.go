package fetch

import (
	"cmp"
	"path/filepath"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// A formValue is what follows the name of a field.
type formValue struct {
	mark     byte   // '@' and '<' say that value is a file; 0: it is not
	value    string // or the name of a file
	typ      string
	filename *string // nil: none is said
	headers  []string
}

// parseField reads a value with what may follow it: ;type=TYPE, ;filename=NAME and ;headers=FIELD.
// Each may be in double quotes, within which \" and \\ are a quote and a backslash, and ; means
// nothing. What is none of these belongs to the value.
func parseField(text string) (f formValue, err error) {
	if text != "" && (text[0] == '@' || text[0] == '<') {
		f.mark, text = text[0], text[1:]
	}
	parts := splitQuoted(text)
	for ; len(parts) > 1; parts = parts[:len(parts)-1] {
		name, content, ok := strings.Cut(strings.TrimSpace(parts[len(parts)-1]), "=")
		content = unquoted(content)
		if !ok || !f.set(name, content) {
			break
		}
		if strings.ContainsAny(content, "\r\n") {
			return f, usage("-F: a line end in " + name)
		}
	}
	for _, line := range f.headers {
		name, value, _ := strings.Cut(line, ":")
		if wrong := protocol.BadField(name, []string{strings.TrimSpace(value)}); wrong != "" {
			return f, usage("-F: headers: " + wrong)
		}
	}
	f.value = unquoted(strings.Join(parts, ";"))
	return f, nil
}

// set notes an attribute, and reports whether it is one.
func (f *formValue) set(name, content string) bool {
	switch name {
	case "type":
		f.typ = content
	case "filename":
		f.filename = &content
	case "headers":
		f.headers = append([]string{content}, f.headers...) // from the last to the first
	default:
		return false
	}
	return true
}

// fileName is what the form calls the file.
func (f *formValue) fileName() string {
	if f.filename != nil {
		return *f.filename
	}
	return filepath.Base(f.value)
}

// mediaType is the value's, empty where none is told. That of standard input is not known, as it
// has no name.
func (f *formValue) mediaType() string {
	switch {
	case f.typ != "" || f.mark != '@':
		return f.typ
	case f.value == "-":
		return typeOf(f.fileName())
	}
	return cmp.Or(typeOf(f.fileName()), typeOf(f.value), "application/octet-stream")
}

// splitQuoted splits a text at each ; that is not in quotes. A quote opens at the beginning of a
// part, or after the = of an attribute, and only where another closes it.
func splitQuoted(text string) (parts []string) {
	for {
		begin := len(text) - len(strings.TrimLeft(text, " "))
		if name, _, ok := strings.Cut(text, "="); ok && len(parts) > 0 && !strings.ContainsAny(name, `;"`) {
			begin = len(name) + 1
		}
		end := begin + quotedLength(text[begin:])
		next := strings.IndexByte(text[end:], ';')
		if next < 0 {
			return append(parts, text)
		}
		parts, text = append(parts, text[:end+next]), text[end+next+1:]
	}
}

// quotedLength is the length of the quoted text with which text begins; 0: it begins with none.
func quotedLength(text string) int {
	if !strings.HasPrefix(text, `"`) {
		return 0
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// unquoted is text without the quotes around it.
func unquoted(text string) string {
	if n := quotedLength(text); n == 0 || n != len(text) {
		return text
	}
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(text[1 : len(text)-1])
}
