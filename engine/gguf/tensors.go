package gguf

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"lamplight/kernels"
)

const maxDims = 4

// readTensors reads n tensor infos and finds their data, which begins at the next multiple of alignment.
func (f *File) readTensors(c *cursor, n int, alignment uint64) error {
	offsets := make([]uint64, n)
	f.tensors = make([]Tensor, n)
	for i := range f.tensors {
		t := &f.tensors[i]
		if *t, offsets[i] = c.tensor(); c.err != nil {
			return c.err
		}
		if _, twice := f.index[t.Name]; twice {
			return fmt.Errorf("tensor %q occurs twice: %w", t.Name, ErrCorrupt)
		}
		f.index[t.Name] = i
	}
	start := alignUp(uint64(c.off), alignment)
	for i := range f.tensors {
		t := &f.tensors[i]
		data, err := dataOf(*t, c.data, start, offsets[i], alignment)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		t.Data = data
	}
	return checkOverlap(f.tensors, offsets)
}

// tensor reads one tensor info: all but the data, and the data's offset in its section.
func (c *cursor) tensor() (Tensor, uint64) {
	t := Tensor{Name: c.name("tensor name", maxName)}
	what := fmt.Sprintf("tensor %q", t.Name)
	dims := c.u32(what)
	if c.err == nil && (dims < 1 || dims > maxDims) {
		c.fail("%s has %d dimensions: it must be 1 to %d: %w", what, dims, maxDims, ErrCorrupt)
	}
	if c.err != nil {
		return t, 0
	}
	for range dims {
		d := c.u64(what)
		if c.err == nil && (d == 0 || d > math.MaxInt) {
			c.fail("%s has a dimension of %d: %w", what, d, ErrCorrupt)
		}
		t.Shape = append(t.Shape, int(d))
	}
	id := c.u32(what)
	if err := checkType(id); c.err == nil && err != nil {
		c.fail("%s: %w", what, err)
	}
	t.Type = kernels.Type(id)
	return t, c.u64(what)
}

// dataOf returns the part of file that holds the data of t. The data section begins at start.
func dataOf(t Tensor, file []byte, start, offset, alignment uint64) ([]byte, error) {
	size, err := dataSize(t.Type, t.Shape)
	if err != nil {
		return nil, err
	}
	if offset%alignment != 0 {
		return nil, fmt.Errorf("offset %d is not a multiple of %d: %w", offset, alignment, ErrCorrupt)
	}
	begin, carry1 := bits.Add64(start, offset, 0)
	end, carry2 := bits.Add64(begin, size, 0)
	if carry1|carry2 != 0 {
		return nil, fmt.Errorf("offset %d: %w", offset, ErrCorrupt)
	}
	if end > uint64(len(file)) {
		return nil, fmt.Errorf("ends at byte %d of a file of %d: %w", end, len(file), ErrTruncated)
	}
	return file[begin:end:end], nil
}

// dataSize returns the number of bytes that a tensor takes: whole blocks in every row, no overflow.
func dataSize(t kernels.Type, shape []int) (uint64, error) {
	block := t.BlockSize()
	if shape[0]%block != 0 {
		return 0, fmt.Errorf("rows of %d elements are not whole %v blocks of %d: %w", shape[0], t, block, ErrCorrupt)
	}
	size := uint64(shape[0] / block)
	for _, factor := range append([]int{t.BlockBytes()}, shape[1:]...) {
		high, low := bits.Mul64(size, uint64(factor))
		if high != 0 || low > math.MaxInt64 {
			return 0, fmt.Errorf("shape %v is too large: %w", shape, ErrCorrupt)
		}
		size = low
	}
	return size, nil
}

// checkOverlap makes sure that no byte belongs to two tensors.
func checkOverlap(tensors []Tensor, offsets []uint64) error {
	order := make([]int, len(tensors))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(offsets[a], offsets[b]) })
	for i := 1; i < len(order); i++ {
		a, b := order[i-1], order[i]
		if offsets[a]+uint64(len(tensors[a].Data)) > offsets[b] {
			return fmt.Errorf("tensors %q and %q overlap: %w", tensors[a].Name, tensors[b].Name, ErrCorrupt)
		}
	}
	return nil
}

func alignUp(n, alignment uint64) uint64 { return (n + alignment - 1) &^ (alignment - 1) }

// otherTypes are ids in use elsewhere whose layout is not known here.
var otherTypes = map[uint32]string{
	9: "Q8_1", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 21: "IQ3_S", 22: "IQ2_S",
	29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}

// firstForkType is the first of the ids that the fork ik_llama.cpp uses for types of its own.
const firstForkType = 97

func checkType(id uint32) error {
	if id <= math.MaxUint8 && kernels.Type(id).Known() {
		return nil
	}
	switch name := otherTypes[id]; {
	case name != "":
		return fmt.Errorf("type %d (%s): %w", id, name, ErrUnsupported)
	case id == 4, id == 5, id == 31, id == 32, id == 33, id >= 36 && id <= 38:
		return fmt.Errorf("type %d was removed from the format: %w", id, ErrUnsupported)
	case id >= firstForkType:
		return fmt.Errorf("type %d exists only in the fork ik_llama.cpp: %w", id, ErrUnsupported)
	}
	return fmt.Errorf("type %d is unknown: %w", id, ErrUnsupported)
}
