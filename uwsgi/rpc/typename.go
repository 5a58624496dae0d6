package rpc

import (
	"encoding"
	"reflect"
	"time"
)

// typeName returns the name of T's type, as XML-RPC has it: see [Doc].
func typeName[T any]() string {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Pointer {
		return nameOf(t)
	}
	name := nameOf(t.Elem())
	if (name == typeString || name == typeBase64) && !t.Implements(reflect.TypeFor[encoding.TextMarshaler]()) {
		return typeStruct // JSON, as of all that is pointed to
	}
	return name
}

// nameOf is typeName for a type that is no pointer.
func nameOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return typeTime
	case t == reflect.TypeFor[time.Duration](), reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return typeString
	case t.Kind() == reflect.Slice && isBytes(t):
		return typeBase64
	}
	switch t.Kind() {
	case reflect.Bool:
		return typeBool
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16, reflect.Int:
		return typeInt
	case reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return typeLong
	case reflect.Float32, reflect.Float64:
		return typeDouble
	case reflect.Slice, reflect.Array:
		return typeArray
	case reflect.Struct, reflect.Map, reflect.Pointer:
		return typeStruct
	}
	return typeString
}

// The types of XML-RPC.
const (
	typeString = "string"
	typeInt    = "int"
	typeLong   = "i8" // 64 bits, which many know
	typeBool   = "boolean"
	typeDouble = "double"
	typeTime   = "dateTime.iso8601"
	typeBase64 = "base64"
	typeArray  = "array"
	typeStruct = "struct"
)
