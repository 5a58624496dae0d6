package rpc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-gateway/postern/protocol"
)

// An xmlReader reads an XML-RPC document from memory. It knows no entity but XML's own five, and
// refuses a document type, which could declare others.
type xmlReader struct {
	d     *xml.Decoder
	depth int
}

func newXMLReader(b []byte) *xmlReader {
	d := xml.NewDecoder(bytes.NewReader(b))
	d.CharsetReader = latin1
	return &xmlReader{d: d}
}

// errNotXML is why a document cannot be read that is not well-formed.
var errNotXML = errors.New("not well-formed")

// token returns the next token that matters: an element's start or end, or text.
func (r *xmlReader) token() (xml.Token, error) {
	for {
		t, err := r.d.Token()
		switch {
		case err == io.EOF:
			return nil, fmt.Errorf("%w: the document has no end", errNotXML)
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errNotXML, err)
		}
		switch t.(type) {
		case xml.StartElement, xml.EndElement, xml.CharData:
			return t, nil
		case xml.Directive:
			return nil, errors.New("a document type is not allowed")
		}
	}
}

// next returns the name of the next element inside the present one; "" at its end. Text between
// elements must be white.
func (r *xmlReader) next() (name string, err error) {
	for {
		t, err := r.token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t.Name.Local, nil
		case xml.EndElement:
			return "", nil
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return "", fmt.Errorf("text %.20q where an element is meant", t)
			}
		}
	}
}

// open reads the start of the element of that name.
func (r *xmlReader) open(name string) error {
	got, err := r.next()
	if err == nil && got != name {
		err = fmt.Errorf("<%s> where <%s> is meant", protocol.Clip(got), name)
	}
	return err
}

// end reads the end of the present element.
func (r *xmlReader) end() error {
	got, err := r.next()
	if err == nil && got != "" {
		err = fmt.Errorf("<%s> where an end is meant", protocol.Clip(got))
	}
	return err
}

// text reads the text of the present element, up to its end.
func (r *xmlReader) text() (string, error) {
	var text []byte
	for {
		t, err := r.token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.CharData:
			text = append(text, t...)
		case xml.EndElement:
			return string(text), nil
		case xml.StartElement:
			return "", fmt.Errorf("<%s> where text is meant", protocol.Clip(t.Name.Local))
		}
	}
}

// call reads a methodCall.
func (r *xmlReader) call() (name string, params []any, err error) {
	if err := r.open("methodCall"); err != nil {
		return "", nil, err
	}
	if err := r.open("methodName"); err != nil {
		return "", nil, err
	}
	if name, err = r.text(); err != nil {
		return "", nil, err
	}
	list, err := r.next()
	if err != nil || list == "" {
		return strings.TrimSpace(name), nil, err
	}
	if list != "params" {
		return "", nil, fmt.Errorf("<%s> where <params> is meant", protocol.Clip(list))
	}
	for {
		param, err := r.next()
		switch {
		case err != nil:
			return "", nil, err
		case param == "":
			return strings.TrimSpace(name), params, r.end()
		case param != "param":
			return "", nil, fmt.Errorf("<%s> where <param> is meant", protocol.Clip(param))
		}
		v, err := r.onlyValue()
		if err != nil {
			return "", nil, err
		}
		params = append(params, v)
	}
}

// done reads what is behind the document's element, which must say nothing.
func (r *xmlReader) done() error {
	for {
		t, err := r.d.Token()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", errNotXML, err)
		}
		switch t := t.(type) {
		case xml.Comment, xml.ProcInst:
			continue
		case xml.CharData:
			if len(bytes.TrimSpace(t)) == 0 {
				continue
			}
		}
		return fmt.Errorf("%w: there is more behind the end of the call", errNotXML)
	}
}

// latin1 reads the encodings beside UTF-8 that every byte of which is one character.
func latin1(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "iso-8859-1", "latin1", "us-ascii", "ascii":
	default:
		return nil, errors.New("encoding " + strconv.Quote(protocol.Clip(charset)))
	}
	b, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return strings.NewReader(string(runes)), nil
}

// appendText appends s with XML's own characters escaped. What XML cannot have is U+FFFD.
func appendText(dst []byte, s string) []byte {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(s))
	return append(dst, b.Bytes()...)
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
