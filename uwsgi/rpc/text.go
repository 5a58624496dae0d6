package rpc

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/postern-gateway/postern/protocol"
)

// Encode returns v as it goes over the wire, as text that programs of any language read:
//
//	string, []byte            the bytes
//	integers, floats, bools   as strconv formats them: 42, 0.5, true
//	time.Time                 RFC 3339
//	time.Duration             1.5s
//	encoding.TextMarshaler    its text; a nil pointer to one is no byte
//	everything else           JSON
//
// A type that is defined as one of these kinds is one of them.
func Encode[T any](v T) ([]byte, error) {
	switch v := any(v).(type) {
	case []byte:
		return v, nil
	case string:
		return []byte(v), nil
	case time.Duration:
		return []byte(v.String()), nil
	}
	m, ok := any(v).(encoding.TextMarshaler) // a time.Time, too
	if !ok {
		m, ok = any(&v).(encoding.TextMarshaler)
	}
	r := reflect.ValueOf(v)
	switch {
	case ok && r.Kind() == reflect.Pointer && r.IsNil():
		return nil, nil
	case ok:
		return m.MarshalText()
	}
	switch r.Kind() {
	case reflect.String:
		return []byte(r.String()), nil
	case reflect.Bool:
		return strconv.AppendBool(nil, r.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(nil, r.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.AppendUint(nil, r.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		return strconv.AppendFloat(nil, r.Float(), 'g', -1, r.Type().Bits()), nil
	case reflect.Slice:
		if isBytes(r.Type()) {
			return r.Bytes(), nil
		}
	}
	return json.Marshal(v)
}

// isBytes reports whether a slice's type is defined as []byte, and says of no JSON of its own.
func isBytes(t reflect.Type) bool {
	return t.Elem() == reflect.TypeFor[byte]() && !reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]())
}

// Decode reads what [Encode] has made of a T. A pointer is nil of no byte, as what the bridges make
// of XML-RPC's nil and JSON's null. The result holds no part of b. An error quotes b, and names
// what is meant.
func Decode[T any](b []byte) (v T, err error) {
	switch p := any(&v).(type) {
	case *[]byte:
		*p = append([]byte{}, b...)
		return v, nil
	case *string:
		*p = string(b)
		return v, nil
	case encoding.TextUnmarshaler:
		err = p.UnmarshalText(b)
	case *time.Duration:
		*p, err = time.ParseDuration(string(b))
	default:
		err = decodeKind(b, reflect.ValueOf(p).Elem())
	}
	if err != nil {
		var zero T
		return zero, fmt.Errorf("%s is no %s: %w", strconv.Quote(protocol.Clip(string(b))), reflect.TypeFor[T](), cause(err))
	}
	return v, nil
}

// decodeKind decodes b into v, by v's kind.
func decodeKind(b []byte, v reflect.Value) (err error) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(string(b))
	case reflect.Bool:
		var on bool
		on, err = strconv.ParseBool(string(b))
		v.SetBool(on)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var n int64
		n, err = strconv.ParseInt(string(b), 10, v.Type().Bits())
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		var n uint64
		n, err = strconv.ParseUint(string(b), 10, v.Type().Bits())
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		var x float64
		x, err = strconv.ParseFloat(string(b), v.Type().Bits())
		v.SetFloat(x)
	case reflect.Pointer:
		return decodePointer(b, v)
	case reflect.Slice:
		if isBytes(v.Type()) {
			v.SetBytes(append([]byte{}, b...))
			return nil
		}
		return json.Unmarshal(b, v.Addr().Interface())
	default:
		return json.Unmarshal(b, v.Addr().Interface())
	}
	return err
}

// decodePointer decodes b into v, a pointer.
func decodePointer(b []byte, v reflect.Value) error {
	if len(b) == 0 {
		return nil
	}
	to := reflect.New(v.Type().Elem())
	u, ok := to.Interface().(encoding.TextUnmarshaler)
	if !ok {
		return json.Unmarshal(b, v.Addr().Interface())
	}
	v.Set(to)
	return u.UnmarshalText(b)
}

// cause returns the reason alone of an error of strconv, which quotes the text again.
func cause(err error) error {
	if e, ok := err.(*strconv.NumError); ok {
		return e.Err
	}
	return err
}
