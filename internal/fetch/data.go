package fetch

import (
	"io"
	"net/url"
	"os"
	"strings"
)

// A DataKind is how a piece of data is read.
type DataKind int

// The kinds are the flags of curl.
const (
	DataText   DataKind = iota // -d: @FILE without its line ends, or text
	DataRaw                    // --data-raw: text, also where it begins with @
	DataBinary                 // --data-binary: @FILE as it is, or text
	// --data-urlencode: content, =content, name=content, @FILE, name@FILE
	DataURLEncode
	DataJSON // --json: as --data-binary, joined without a &
)

// A Datum is a piece of data as a command line says it.
type Datum struct {
	Kind DataKind
	Text string
}

// dataBody is the body of data, joined by &, but for JSON.
func (m *Message) dataBody(stdin io.Reader) (*payload, error) {
	b := &payload{stdin: stdin}
	for i, d := range m.Data {
		if i > 0 && d.Kind != DataJSON {
			b.add("&")
		}
		file, isFile := strings.CutPrefix(d.Text, "@")
		switch {
		case d.Kind == DataURLEncode:
			text, err := encoded(d.Text, stdin)
			if err != nil {
				return nil, err
			}
			b.add(text)
		case isFile && d.Kind != DataRaw:
			b.addSegment(segment{file: file, strip: d.Kind == DataText})
		default:
			b.add(d.Text)
		}
	}
	return b, nil
}

// encoded is what --data-urlencode says, encoded. It is in memory.
func encoded(text string, stdin io.Reader) (string, error) {
	i := strings.IndexAny(text, "=@")
	if i < 0 {
		return escape(text), nil
	}
	name, content := text[:i], text[i+1:]
	if text[i] == '@' {
		b, err := readAll(content, stdin)
		if err != nil {
			return "", readFailed(err)
		}
		content = string(b)
	}
	if name != "" {
		name += "="
	}
	return name + escape(content), nil
}

func readAll(file string, stdin io.Reader) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(stdin)
	}
	return os.ReadFile(file)
}

// escape escapes all but the unreserved characters (RFC 3986 section 2.3). A space is a +, as forms
// have it.
func escape(text string) string { return url.QueryEscape(text) }

// query is data as a query, for -G.
func (b *payload) query() (string, error) {
	r, err := b.open()
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}
