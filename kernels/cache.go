package kernels

import (
	"fmt"
	"unsafe"
)

// CacheTile is the number of positions whose keys lie together, and whose values do. The slots of a cache are a
// multiple of it.
const CacheTile = 16

// Cache holds keys and values of one KV head of one layer. Position p is in slot p mod Slots: a cache with fewer slots
// than positions is a ring. Pairs that attention multiplies together lie together: two dimensions of a key, two
// positions of a value.
//
//	K, K8:   element i of slot s at ((s/16·Dim/2 + i/2)·16 + s mod 16)·2 + i mod 2
//	V, V8:   element i of slot s at (s/2·Dim + i)·2 + s mod 2
//	KScales: block b of slot s at (s/16·Dim/32 + b)·16 + s mod 16
//	VScales: block b of slot s at (s/2·Dim/32 + b)·2 + s mod 2
type Cache struct {
	Type             Type     // F16 or Q8_0
	K, V             []uint16 // F16: IEEE halves
	K8, V8           []int8   // Q8_0: quants
	KScales, VScales []uint16 // Q8_0: an IEEE half for every 32 elements of a key or a value
	Slots, Dim       int
}

// Slots returns how many slots a cache needs for so many positions at a time.
func Slots(positions int) int { return (positions + CacheTile - 1) / CacheTile * CacheTile }

// CheckCache says whether keys and values of dim elements can be kept as t: as F16, or as Q8_0 if they are whole blocks
// of 32.
func CheckCache(t Type, dim int) error {
	if t != F16 && t != Q8_0 {
		return fmt.Errorf("kernels: KV cache of type %s: must be %s or %s", t, F16, Q8_0)
	}
	if t == Q8_0 && dim%tileCols != 0 {
		return fmt.Errorf("kernels: KV cache of type %s: heads of %d elements are not a multiple of %d; use %s", t, dim, tileCols, F16)
	}
	return nil
}

// NewCache makes an empty cache; slots is a multiple of 16, dim an even number that CheckCache allows for the type.
func NewCache(t Type, slots, dim int) Cache {
	c, n := Cache{Type: t, Slots: slots, Dim: dim}, slots*dim
	if t == Q8_0 {
		c.K8, c.V8 = make([]int8, n), make([]int8, n)
		c.KScales, c.VScales = make([]uint16, n/tileCols), make([]uint16, n/tileCols)
	} else {
		c.K, c.V = make([]uint16, n), make([]uint16, n)
	}
	return c
}

// Bytes returns the size of keys and values in memory.
func (c *Cache) Bytes() int {
	return 2*(len(c.K)+len(c.V)+len(c.KScales)+len(c.VScales)) + len(c.K8) + len(c.V8)
}

func (c *Cache) key(slot, i int) int {
	return ((slot/CacheTile*c.Dim/2+i/2)*CacheTile+slot%CacheTile)*2 + i%2
}

func (c *Cache) value(slot, i int) int { return (slot/2*c.Dim+i)*2 + slot%2 }

func (c *Cache) keyScale(slot, i int) int {
	return (slot/CacheTile*c.Dim/tileCols+i/tileCols)*CacheTile + slot%CacheTile
}

func (c *Cache) valueScale(slot, i int) int { return (slot/2*c.Dim/tileCols+i/tileCols)*2 + slot%2 }

// Put stores key and value [Dim] of a position. Different positions may be stored at the same time. In Q8_0 they are
// rounded as [Encode] does, so that not a number becomes 0 and a block with an infinite element not a number.
func (k Kernels) Put(c *Cache, position int, key, value []float32) {
	slot := position % c.Slots
	switch {
	case k.native != nil && c.Dim%tileCols == 0:
		k.native.put(c, slot, key[:c.Dim], value[:c.Dim])
	case c.Type == Q8_0:
		for i := 0; i < c.Dim; i += tileCols {
			var quants [tileCols]int8
			c.KScales[c.keyScale(slot, i)] = quantizeQ8_0(key[i:][:tileCols], &quants)
			for j, q := range quants {
				c.K8[c.key(slot, i+j)] = q
			}
			c.VScales[c.valueScale(slot, i)] = quantizeQ8_0(value[i:][:tileCols], &quants)
			for j, q := range quants {
				c.V8[c.value(slot, i+j)] = q
			}
		}
	default:
		for i := range c.Dim {
			c.K[c.key(slot, i)] = F32ToF16(key[i])
			c.V[c.value(slot, i)] = F32ToF16(value[i])
		}
	}
}

// quantizeQ8_0 rounds a block as encodeQ8_0 and returns its scale. Where that is 0 the quants are too.
func quantizeQ8_0(x []float32, quants *[tileCols]int8) (scale uint16) {
	clear(quants[:])
	d := abs(extreme(x)) / 127
	if scale = F32ToF16(d); scale == 0 {
		return 0
	}
	for i, v := range x {
		quants[i] = int8(roundAway(v * (1 / d)))
	}
	return scale
}

// EachTile calls f with the memory of the keys and of the values, each followed by that of its scales in Q8_0, of every
// tile that has a position in [first, end).
func (c *Cache) EachTile(first, end int, f func(run []byte)) {
	for p := first / CacheTile * CacheTile; p < end; p += CacheTile {
		tile := p % c.Slots / CacheTile
		if c.Type == Q8_0 {
			f(tileOf(c.K8, tile, c.Dim))
			f(tileOf(c.KScales, tile, c.Dim/tileCols))
			f(tileOf(c.V8, tile, c.Dim))
			f(tileOf(c.VScales, tile, c.Dim/tileCols))
		} else {
			f(tileOf(c.K, tile, c.Dim))
			f(tileOf(c.V, tile, c.Dim))
		}
	}
}

// tileOf returns the memory of a tile of slots, each of which has so many elements.
func tileOf[E int8 | uint16](all []E, tile, width int) []byte {
	part := all[tile*CacheTile*width:][:CacheTile*width]
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(part))), len(part)*int(unsafe.Sizeof(part[0])))
}
