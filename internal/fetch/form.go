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
func (b *payload) addField(value string, raw bool) error {
	if raw {
		b.add("\r\n\r\n" + value)
		return nil
	}
	value, attributes, err := attributesOf(value)
	if err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(value, "@"):
		file := value[1:]
		name, named := attributes["filename"]
		if !named {
			name = filepath.Base(file)
		}
		typ := attributes["type"]
		if typ == "" {
			typ = typeOf(name)
		}
		b.add("; filename=\"" + quoted(name) + "\"\r\nContent-Type: " + typ + "\r\n\r\n")
		b.addSegment(segment{file: file})
		return nil
	case attributes["type"] != "":
		b.add("\r\nContent-Type: " + attributes["type"])
	}
	b.add("\r\n\r\n")
	if file, isFile := strings.CutPrefix(value, "<"); isFile {
		b.addSegment(segment{file: file})
	} else {
		b.add(value)
	}
	return nil
}

// attributesOf cuts ;type=TYPE and ;filename=NAME off a value.
func attributesOf(text string) (value string, attributes map[string]string, err error) {
	attributes = make(map[string]string)
	value = text
	for {
		i := strings.LastIndexByte(value, ';')
		if i < 0 {
			return value, attributes, nil
		}
		name, content, ok := strings.Cut(strings.TrimSpace(value[i+1:]), "=")
		if !ok || name != "type" && name != "filename" {
			return value, attributes, nil
		}
		if strings.ContainsAny(content, "\r\n") {
			return "", nil, usage("-F: a line end in " + name)
		}
		attributes[name] = strings.Trim(content, `"`)
		value = value[:i]
	}
}

// quoted is text within the quotes of a field of a header, as browsers write it.
func quoted(text string) string {
	return strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A").Replace(text)
}

// typeOf is the media type of a file, by its name.
func typeOf(name string) string {
	ext := strings.ToLower(filepath.Ext(name))
	if ext == ".txt" { // without a charset, which nobody knows
		return "text/plain"
	}
	if t, _, err := mime.ParseMediaType(mime.TypeByExtension(ext)); err == nil {
		return t
	}
	return "application/octet-stream"
}
