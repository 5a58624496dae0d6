package rpc

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// A value of the bridges is nil, a string, int64, bool, float64, time.Time or []byte, a []any or a
// map[string]any of such.

// argument returns the bytes that a function gets of a value: what [Encode] would make of it. nil
// is an argument without a byte.
func argument(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	}
	return Encode(v)
}

// argumentsOf makes the bytes of each value.
func argumentsOf(values []any) ([][]byte, error) {
	args := make([][]byte, len(values))
	for i, v := range values {
		b, err := argument(v)
		if err != nil {
			return nil, err
		}
		args[i] = b
	}
	return args, nil
}

// value returns what the function's result b is: the value of its type, if it has one, else text,
// or bytes where it is none.
func (f *function) value(b []byte) (any, error) {
	if !f.doc.Typed {
		if isText(b) {
			return string(b), nil
		}
		return b, nil
	}
	if f.isNil(b) {
		return nil, nil
	}
	switch f.doc.Result {
	case typeBase64:
		return b, nil
	case typeTime:
		return Decode[time.Time](b)
	case typeInt, typeLong:
		if _, err := Decode[int64](b); err != nil {
			if _, err := Decode[uint64](b); err != nil {
				return nil, err
			}
		}
		return json.Number(b), nil
	case typeDouble:
		return Decode[float64](b)
	case typeBool:
		return Decode[bool](b)
	case typeArray, typeStruct:
		return jsonValue(b)
	}
	if isText(b) {
		return string(b), nil
	}
	return b, nil
}

// isNil reports whether the result b is what [Encode] makes of a nil pointer to such a value.
func (f *function) isNil(b []byte) bool {
	switch f.doc.Result {
	case typeTime:
		return len(b) == 0
	case typeInt, typeLong, typeDouble, typeBool:
		return string(b) == "null"
	}
	return false
}

// jsonValue reads JSON's text. Numbers are json.Number.
func jsonValue(b []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("there is more than one JSON text")
	}
	return v, nil
}

// isText reports whether b can be a string of XML 1.0 (its production Char).
func isText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1, r < 0x20 && r != '\t' && r != '\n' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			return false
		}
		b = b[n:]
	}
	return true
}

// appendValue appends v as XML-RPC's <value>.
func appendValue(dst []byte, v any) []byte {
	dst = append(dst, "<value>"...)
	switch v := v.(type) {
	case nil:
		dst = append(dst, "<nil/>"...)
	case string:
		if !isText([]byte(v)) {
			return append(appendBase64(dst, []byte(v)), "</value>"...)
		}
		dst = append(appendText(append(dst, "<string>"...), v), "</string>"...)
	case []byte:
		dst = appendBase64(dst, v)
	case bool:
		digit := byte('0')
		if v {
			digit = '1'
		}
		dst = append(append(append(dst, "<boolean>"...), digit), "</boolean>"...)
	case json.Number:
		dst = appendNumber(dst, v)
	case int64:
		dst = appendNumber(dst, json.Number(strconv.FormatInt(v, 10)))
	case float64:
		dst = append(strconv.AppendFloat(append(dst, "<double>"...), v, 'f', -1, 64), "</double>"...)
	case time.Time:
		dst = append(v.UTC().AppendFormat(append(dst, "<dateTime.iso8601>"...), xmlTime), "</dateTime.iso8601>"...)
	case []any:
		dst = append(dst, "<array><data>"...)
		for _, item := range v {
			dst = appendValue(dst, item)
		}
		dst = append(dst, "</data></array>"...)
	case map[string]any:
		dst = append(dst, "<struct>"...)
		for _, name := range sortedKeys(v) {
			dst = append(appendText(append(dst, "<member><name>"...), name), "</name>"...)
			dst = append(appendValue(dst, v[name]), "</member>"...)
		}
		dst = append(dst, "</struct>"...)
	}
	return append(dst, "</value>"...)
}

// appendNumber appends the smallest type that has n: int is 32 bits.
func appendNumber(dst []byte, n json.Number) []byte {
	kind := typeDouble
	if i, err := n.Int64(); err == nil {
		if kind = typeInt; i < math.MinInt32 || i > math.MaxInt32 {
			kind = typeLong
		}
	} else if f, err := n.Float64(); err == nil {
		n = json.Number(strconv.FormatFloat(f, 'f', -1, 64))
	}
	dst = append(append(append(dst, '<'), kind...), '>')
	dst = append(dst, n...)
	return append(append(append(dst, "</"...), kind...), '>')
}

func appendBase64(dst, b []byte) []byte {
	dst = base64.StdEncoding.AppendEncode(append(dst, "<base64>"...), b)
	return append(dst, "</base64>"...)
}
