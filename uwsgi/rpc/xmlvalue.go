package rpc

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// maxDepth is how deep arrays and structs may be in one another, in XML and in JSON.
const maxDepth = 32

// xmlTime is how XML-RPC writes a time, which has no zone; we take it for UTC.
const xmlTime = "20060102T15:04:05"

// xmlTimes are how programs write one.
var xmlTimes = []string{xmlTime, "2006-01-02T15:04:05", "20060102T15:04:05Z07:00", "20060102T15:04:05-0700", time.RFC3339Nano, "20060102T150405"}

// onlyValue reads the one value in the present element, and that element's end.
func (r *xmlReader) onlyValue() (any, error) {
	if err := r.open("value"); err != nil {
		return nil, err
	}
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	return v, r.end()
}

// value reads what is in a <value>, and its end. Text without an element is a string.
func (r *xmlReader) value() (any, error) {
	var text []byte
	for {
		t, err := r.token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.CharData:
			text = append(text, t...)
		case xml.EndElement:
			return string(text), nil
		case xml.StartElement:
			if len(bytes.TrimSpace(text)) > 0 {
				return nil, fmt.Errorf("text %.20q before <%s>", text, protocol.Clip(t.Name.Local))
			}
			v, err := r.typed(t.Name.Local)
			if err != nil {
				return nil, err
			}
			return v, r.end()
		}
	}
}

// typed reads a value of that type, up to its element's end.
func (r *xmlReader) typed(kind string) (any, error) {
	switch kind {
	case typeArray, typeStruct:
		if r.depth++; r.depth > maxDepth {
			return nil, fmt.Errorf("more than %d arrays and structs are in one another", maxDepth)
		}
		defer func() { r.depth-- }()
		if kind == typeArray {
			return r.array()
		}
		return r.members()
	}
	text, err := r.text()
	if err != nil || kind == typeString {
		return text, err
	}
	v, err := scalar(kind, strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("%s %.40q: %w", protocol.Clip(kind), text, cause(err))
	}
	return v, nil
}

func scalar(kind, text string) (any, error) {
	switch kind {
	case typeInt, "i4":
		n, err := strconv.ParseInt(text, 10, 32)
		return n, err
	case typeLong, "i1", "i2":
		return strconv.ParseInt(text, 10, 64)
	case typeBool:
		if text != "0" && text != "1" {
			return nil, errors.New("0 or 1 is meant")
		}
		return text == "1", nil
	case typeDouble, "float":
		return strconv.ParseFloat(text, 64)
	case typeBase64:
		return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	case "nil":
		return nil, nil
	case typeTime:
		for _, layout := range xmlTimes {
			if t, err := time.Parse(layout, text); err == nil {
				return t, nil
			}
		}
		return nil, errors.New("write a time as " + xmlTime)
	}
	return nil, errors.New("the type is unknown")
}

func (r *xmlReader) array() (any, error) {
	if err := r.open("data"); err != nil {
		return nil, err
	}
	list := []any{}
	for {
		item, err := r.next()
		switch {
		case err != nil:
			return nil, err
		case item == "":
			return list, r.end()
		case item != "value":
			return nil, fmt.Errorf("<%s> where <value> is meant", protocol.Clip(item))
		}
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
}

func (r *xmlReader) members() (any, error) {
	m := map[string]any{}
	for {
		member, err := r.next()
		switch {
		case err != nil:
			return nil, err
		case member == "":
			return m, nil
		case member != "member":
			return nil, fmt.Errorf("<%s> where <member> is meant", protocol.Clip(member))
		}
		if err := r.open("name"); err != nil {
			return nil, err
		}
		name, err := r.text()
		if err != nil {
			return nil, err
		}
		if m[name], err = r.onlyValue(); err != nil {
			return nil, err
		}
	}
}
