package kernels

import (
	"fmt"
	"strings"
)

// Type is the storage type of a tensor. Its numeric value is the type id of GGUF files.
type Type uint8

// The types this package computes with. The K types are super-blocks of 256 elements, the others with a
// digit blocks of 32.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2
	Q4_1 Type = 3
	Q5_0 Type = 6
	Q5_1 Type = 7
	Q8_0 Type = 8
	Q2_K Type = 10
	Q3_K Type = 11
	Q4_K Type = 12
	Q5_K Type = 13
	Q6_K Type = 14
	BF16 Type = 30
)

// Types whose layout is known, so that a file that holds them can be measured and checked, but which no
// kernel computes.
const (
	IQ4_NL Type = 20
	IQ4_XS Type = 23
	I8     Type = 24
	I16    Type = 25
	I32    Type = 26
	I64    Type = 27
	F64    Type = 28
)

// A layout says how the elements of a type lie in memory and what can be done with them.
type layout struct {
	name     string
	elements int // in a block
	bytes    int // of a block
	decode   func(dst []float32, src []byte)
	encode   func(dst []byte, src []float32)
}

var layouts = [256]layout{
	F32:    {"F32", 1, 4, decodeF32, encodeF32},
	F16:    {"F16", 1, 2, decodeF16, encodeF16},
	BF16:   {"BF16", 1, 2, decodeBF16, encodeBF16},
	Q8_0:   {"Q8_0", 32, 34, decodeQ8_0, encodeQ8_0},
	Q4_0:   {"Q4_0", 32, 18, decodeQ4_0, encodeQ4_0},
	Q4_1:   {"Q4_1", 32, 20, decodeQ4_1, encodeQ4_1},
	Q5_0:   {"Q5_0", 32, 22, decodeQ5_0, encodeQ5_0},
	Q5_1:   {"Q5_1", 32, 24, decodeQ5_1, encodeQ5_1},
	Q2_K:   {"Q2_K", 256, 84, decodeQ2_K, nil},
	Q3_K:   {"Q3_K", 256, 110, decodeQ3_K, nil},
	Q4_K:   {"Q4_K", 256, 144, decodeQ4_K, encodeQ4_K},
	Q5_K:   {"Q5_K", 256, 176, decodeQ5_K, encodeQ5_K},
	Q6_K:   {"Q6_K", 256, 210, decodeQ6_K, encodeQ6_K},
	IQ4_NL: {"IQ4_NL", 32, 18, nil, nil},
	IQ4_XS: {"IQ4_XS", 256, 136, nil, nil},
	I8:     {"I8", 1, 1, nil, nil},
	I16:    {"I16", 1, 2, nil, nil},
	I32:    {"I32", 1, 4, nil, nil},
	I64:    {"I64", 1, 8, nil, nil},
	F64:    {"F64", 1, 8, nil, nil},
}

// ParseType finds a type by its name in any case, such as "q4_0".
func ParseType(name string) (Type, error) {
	for t, l := range layouts {
		if l.name != "" && strings.EqualFold(l.name, name) {
			return Type(t), nil
		}
	}
	return 0, fmt.Errorf("kernels: %q is not a tensor type", name)
}

// String returns the name as files and cards show it, such as "Q4_0".
func (t Type) String() string {
	if !t.Known() {
		return fmt.Sprintf("type %d", uint8(t))
	}
	return layouts[t].name
}

// Known reports whether the layout is known, so that sizes can be computed. BlockSize, BlockBytes and
// RowBytes need it.
func (t Type) Known() bool { return layouts[t].elements > 0 }

// Computes reports whether Decode and Dot exist.
func (t Type) Computes() bool { return layouts[t].decode != nil }

// Encodes reports whether a quantizer exists.
func (t Type) Encodes() bool { return layouts[t].encode != nil }

// BlockSize returns the number of elements in a block; a row holds whole blocks.
func (t Type) BlockSize() int { return layouts[t].elements }

// BlockBytes returns the size of a block.
func (t Type) BlockBytes() int { return layouts[t].bytes }

// RowBytes returns the size of a row of cols elements, a multiple of BlockSize.
func (t Type) RowBytes(cols int) int { return cols / layouts[t].elements * layouts[t].bytes }
