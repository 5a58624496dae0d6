package fetch

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"mime"
	"path/filepath"
	"strings"
)

// A FormField is a field of a form that is sent as multipart/form-data.
type FormField struct {
	// Text is NAME=VALUE, NAME=@FILE for an upload, or NAME=<FILE for the file's content as a
	// value; a file may be followed by ;type=TYPE and ;filename=NAME, a value by ;type=TYPE.
	Text string
	Raw  bool // @, < and ; of the value mean nothing
}

// formBody is the body of a form, and its media type.
func formBody(fields []FormField, stdin io.Reader) (b *payload, mediaType string, err error) {
	var random [8]byte
	rand.Read(random[:])
	boundary := strings.Repeat("-", 24) + hex.EncodeToString(random[:])
	b = &payload{stdin: stdin}
	for _, f := range fields {
		name, value, ok := strings.Cut(f.Text, "=")
		if !ok || name == "" {
			return nil, "", usage("-F " + f.Text + ": write it as NAME=VALUE, or NAME=@FILE")
		}
		b.add("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + quoted(name) + `"`)
		if err := b.addField(value, f.Raw); err != nil {
			return nil, "", err
		}
		b.add("\r\n")
	}
	b.add("--" + boundary + "--\r\n")
	return b, "multipart/form-data; boundary=" + boundary, nil
}

// addField adds what follows the name of a field.
func (b *payload) addField(text string, raw bool) error {
	if raw {
		b.add("\r\n\r\n" + text)
		return nil
	}
	f, err := parseField(text)
	if err != nil {
		return err
	}
	if f.mark == '@' {
		b.add(`; filename="` + quoted(f.fileName()) + `"`)
	}
	if typ := f.mediaType(); typ != "" {
		b.add("\r\nContent-Type: " + typ)
	}
	for _, line := range f.headers {
		b.add("\r\n" + line)
	}
	b.add("\r\n\r\n")
	if f.mark == 0 {
		b.add(f.value)
	} else {
		b.addSegment(segment{file: f.value})
	}
	return nil
}

// quoted is text within the quotes of a field of a header, as browsers write it.
func quoted(text string) string {
	return strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(text)
}

// typeOf is the media type of a file, by its name; empty: it is not known.
func typeOf(name string) string {
	ext := strings.ToLower(filepath.Ext(name))
	if ext == ".txt" { // without a charset, which nobody knows
		return "text/plain"
	}
	t, _, _ := mime.ParseMediaType(mime.TypeByExtension(ext))
	return t
}
