package gguf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// ValueType is the type of a metadata value, with the number it has in files.
type ValueType uint32

// The types of metadata values. The elements of an array have any of them but Array.
const (
	Uint8 ValueType = iota
	Int8
	Uint16
	Int16
	Uint32
	Int32
	Float32
	Bool
	String
	Array
	Uint64
	Int64
	Float64
)

var valueTypes = []struct {
	name string
	size int // bytes; 0: varies
}{
	Uint8: {"uint8", 1}, Int8: {"int8", 1}, Uint16: {"uint16", 2}, Int16: {"int16", 2},
	Uint32: {"uint32", 4}, Int32: {"int32", 4}, Float32: {"float32", 4}, Bool: {"bool", 1},
	String: {"string", 0}, Array: {"array", 0},
	Uint64: {"uint64", 8}, Int64: {"int64", 8}, Float64: {"float64", 8},
}

// String returns the name of the type, such as "uint32".
func (t ValueType) String() string {
	if t.known() {
		return valueTypes[t].name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

func (t ValueType) known() bool { return int64(t) < int64(len(valueTypes)) }

// size is the number of bytes of a number or bool, and 0 for the others.
func (t ValueType) size() int { return valueTypes[t].size }

// Value is a metadata value with its exact type. It keeps the encoded form, so that reading and writing a
// file changes no bit, and arrays cost their bytes until they are asked for.
type Value struct {
	typ, elem ValueType // elem: of an array
	n         int       // elements of an array
	raw       []byte    // as in the file, after type and, for arrays, element type and count
}

// Element is what Scalar and Array encode; the Go type decides the type in the file.
type Element interface {
	uint8 | int8 | uint16 | int16 | uint32 | int32 | uint64 | int64 | float32 | float64 | bool | string
}

// Scalar makes a Value: Scalar(uint32(32)), Scalar("gemma3").
func Scalar[T Element](v T) Value {
	return Value{typ: typeOf[T](), raw: appendElements(nil, []T{v})}
}

// List makes a Value that is an array: List([]float32{…}).
func List[T Element](v []T) Value {
	return Value{typ: Array, elem: typeOf[T](), n: len(v), raw: appendElements(nil, v)}
}

func typeOf[T Element]() ValueType {
	var zero T
	switch any(zero).(type) {
	case uint8:
		return Uint8
	case int8:
		return Int8
	case uint16:
		return Uint16
	case int16:
		return Int16
	case uint32:
		return Uint32
	case int32:
		return Int32
	case uint64:
		return Uint64
	case int64:
		return Int64
	case float32:
		return Float32
	case float64:
		return Float64
	case bool:
		return Bool
	default:
		return String
	}
}

func appendElements[T Element](dst []byte, v []T) []byte {
	if texts, ok := any(v).([]string); ok {
		for _, s := range texts {
			dst = appendString(dst, s)
		}
		return dst
	}
	dst, err := binary.Append(dst, binary.LittleEndian, v)
	if err != nil {
		panic(err) // numbers and bools have a fixed size
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(s)))
	return append(dst, s...)
}

// Type returns the type of the value.
func (v Value) Type() ValueType { return v.typ }

// Elem returns the type of an array's elements.
func (v Value) Elem() ValueType { return v.elem }

// Len returns the number of elements of an array, else 1.
func (v Value) Len() int {
	if v.typ == Array {
		return v.n
	}
	return 1
}

// Equal reports whether both values have the same type and the same bits.
func (v Value) Equal(o Value) bool {
	return v.typ == o.typ && v.elem == o.elem && v.n == o.n && bytes.Equal(v.raw, o.raw)
}

// Any returns the value as the Go type of its own: uint8 … float64, bool, string, or a slice of one of them.
func (v Value) Any() any {
	t := v.elementType()
	if t == String {
		s := v.strings()
		return unwrap(v, s)
	}
	switch t {
	case Uint8:
		return unwrap(v, numbers[uint8](v))
	case Int8:
		return unwrap(v, numbers[int8](v))
	case Uint16:
		return unwrap(v, numbers[uint16](v))
	case Int16:
		return unwrap(v, numbers[int16](v))
	case Uint32:
		return unwrap(v, numbers[uint32](v))
	case Int32:
		return unwrap(v, numbers[int32](v))
	case Float32:
		return unwrap(v, numbers[float32](v))
	case Bool:
		return unwrap(v, numbers[bool](v))
	case Uint64:
		return unwrap(v, numbers[uint64](v))
	case Int64:
		return unwrap(v, numbers[int64](v))
	default:
		return unwrap(v, numbers[float64](v))
	}
}

// String shows the value on one line, long texts and arrays cut.
func (v Value) String() string {
	const shown = 8
	cut := v
	if v.typ == Array && v.n > shown && v.elem != String {
		cut.n, cut.raw = shown, v.raw[:shown*v.elem.size()]
	}
	content := cut.Any()
	text := fmt.Sprint(content)
	if list, ok := content.([]string); ok {
		text = fmt.Sprintf("%q", list[:min(shown, len(list))])
	}
	text = strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "\uFFFD")
	if r := []rune(text); len(r) > 120 {
		text = string(r[:120]) + "…"
	}
	if v.typ == Array {
		return fmt.Sprintf("%d × %v %s", v.n, v.elem, text)
	}
	return text
}

// elementType is the type of an array's elements, or of a scalar itself.
func (v Value) elementType() ValueType {
	if v.typ == Array {
		return v.elem
	}
	return v.typ
}

func unwrap[T any](v Value, list []T) any {
	if v.typ == Array {
		return list
	}
	return list[0]
}

// numbers decodes the elements of an array, or a scalar as a list of one. T is the Go type of v's elements.
func numbers[T any](v Value) []T {
	out := make([]T, v.Len())
	if _, err := binary.Decode(v.raw, binary.LittleEndian, out); err != nil {
		panic(err) // Parse and List made raw as long as the elements are
	}
	return out
}

// strings decodes the texts of a string or of an array of them. They share one block of memory.
func (v Value) strings() []string {
	var b strings.Builder
	b.Grow(len(v.raw) - 8*v.Len())
	ends := make([]int, v.Len())
	raw := v.raw
	for i := range ends {
		n := 8 + binary.LittleEndian.Uint64(raw)
		b.Write(raw[8:n])
		ends[i], raw = b.Len(), raw[n:]
	}
	all := b.String()
	out := make([]string, len(ends))
	start := 0
	for i, end := range ends {
		out[i], start = all[start:end], end
	}
	return out
}

// integers decodes whole numbers of any width. It reports false for other types, and for a uint64 that an
// int64 cannot hold.
func (v Value) integers() ([]int64, bool) {
	t := v.elementType()
	if t == Float32 || t == Float64 || t == Bool || t == String {
		return nil, false
	}
	out := make([]int64, v.Len())
	for i := range out {
		raw := v.raw[i*t.size():]
		switch t {
		case Uint8:
			out[i] = int64(raw[0])
		case Int8:
			out[i] = int64(int8(raw[0]))
		case Uint16:
			out[i] = int64(binary.LittleEndian.Uint16(raw))
		case Int16:
			out[i] = int64(int16(binary.LittleEndian.Uint16(raw)))
		case Uint32:
			out[i] = int64(binary.LittleEndian.Uint32(raw))
		case Int32:
			out[i] = int64(int32(binary.LittleEndian.Uint32(raw)))
		default:
			u := binary.LittleEndian.Uint64(raw)
			if out[i] = int64(u); t == Uint64 && u > math.MaxInt64 {
				return nil, false
			}
		}
	}
	return out, true
}

// floats decodes numbers of any type.
func (v Value) floats() ([]float64, bool) {
	out := make([]float64, v.Len())
	switch v.elementType() {
	case Float32:
		for i := range out {
			out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(v.raw[4*i:])))
		}
	case Float64:
		for i := range out {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(v.raw[8*i:]))
		}
	default:
		whole, ok := v.integers()
		if !ok {
			return nil, false
		}
		for i, n := range whole {
			out[i] = float64(n)
		}
	}
	return out, true
}
