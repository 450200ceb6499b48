package gguf

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits on what a header may hold. Real files stay far below: 262,144 tokens make about 7 MB of metadata.
const (
	maxKeys      = 65_536
	maxTensors   = 65_536
	maxKey       = 65_535    // bytes of a key
	maxName      = 63        // bytes of a tensor's name, as llama.cpp has it
	maxString    = 64 << 20  // bytes of a text
	maxElements  = 16 << 20  // of an array
	maxMetadata  = 256 << 20 // bytes before the data section
	maxAlignment = 1 << 20
)

const alignmentKey = "general.alignment"

// The fewest bytes that an entry can have, by which a count is judged before anything is allocated for it.
const (
	minPair   = 8 + 1 + 4 + 1         // key length, key, type, value
	minTensor = 8 + 1 + 4 + 8 + 4 + 8 // name length, name, dimensions, one of them, type, offset
)

var magic = []byte("GGUF")

// parse reads the header in data and points the tensors into it.
func (f *File) parse(data []byte) error {
	if !bytes.HasPrefix(data, magic[:min(len(magic), len(data))]) {
		return ErrNotGGUF
	}
	c := &cursor{data: data}
	c.take(len(magic), "magic")
	f.version = c.u32("version")
	if err := checkVersion(f.version); c.err == nil && err != nil {
		return err
	}
	tensors := c.count("tensor count", maxTensors, minTensor)
	pairs := c.count("metadata count", maxKeys, minPair)
	if c.err != nil {
		return c.err
	}
	for range pairs {
		f.readPair(c)
	}
	if c.err != nil {
		return c.err
	}
	alignment, err := f.alignment()
	if err != nil {
		return err
	}
	return f.readTensors(c, tensors, alignment)
}

func checkVersion(v uint32) error {
	switch {
	case v == 2 || v == 3:
		return nil
	case v&0xFFFF == 0:
		return fmt.Errorf("big-endian byte order: %w", ErrUnsupported)
	case v > 3:
		return fmt.Errorf("version %d: %w", v, ErrNewer)
	}
	return fmt.Errorf("version %d of the format: %w", v, ErrUnsupported)
}

// readPair reads a metadata key and its value.
func (f *File) readPair(c *cursor) {
	key := c.name("metadata key", maxKey)
	if c.err != nil {
		return
	}
	what := fmt.Sprintf("key %q", key)
	if _, twice := f.values[key]; twice {
		c.fail("%s occurs twice: %w", what, ErrCorrupt)
		return
	}
	v := c.value(what)
	if c.err == nil {
		f.keys = append(f.keys, key)
		f.values[key] = v
	}
}

// alignment is the distance that tensor data keeps to, a power of two.
func (f *File) alignment() (uint64, error) {
	v, ok := f.values[alignmentKey]
	if !ok {
		return Alignment, nil
	}
	return alignmentOf(v)
}

func alignmentOf(v Value) (uint64, error) {
	if v.typ != Uint32 {
		return 0, fmt.Errorf("key %q is of type %v and should be uint32: %w", alignmentKey, v.typ, ErrCorrupt)
	}
	a := uint64(binary.LittleEndian.Uint32(v.raw))
	if a == 0 || a&(a-1) != 0 || a > maxAlignment {
		return 0, fmt.Errorf("key %q is %d: it must be a power of two up to %d: %w", alignmentKey, a, maxAlignment, ErrCorrupt)
	}
	return a, nil
}

// cursor reads data from front to back. After the first error it keeps that error and reads only zeros.
// Each byte is read once, so that what was checked is what is used even if another program writes to the file.
type cursor struct {
	data []byte
	off  int
	err  error
}

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// take returns the next n bytes, nil after an error.
func (c *cursor) take(n int, what string) []byte {
	switch left := len(c.data) - c.off; {
	case c.err != nil:
		return nil
	case n < 0 || n > left:
		c.fail("%s needs %d bytes where %d are left: %w", what, n, left, ErrTruncated)
		return nil
	case c.off+n > maxMetadata:
		c.fail("%s: metadata above %d MiB: %w", what, maxMetadata>>20, ErrCorrupt)
		return nil
	}
	b := c.data[c.off : c.off+n]
	c.off += n
	return b
}

func (c *cursor) u32(what string) uint32 {
	if b := c.take(4, what); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64(what string) uint64 {
	if b := c.take(8, what); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// count reads the number of things of at least size bytes that follow. The result is small enough to
// allocate for: limit holds, and so many can be in what is left of the file.
func (c *cursor) count(what string, limit, size int) int {
	n := c.u64(what)
	left := len(c.data) - c.off
	switch {
	case c.err != nil:
		return 0
	case n > uint64(limit):
		c.fail("%s is %d, above the limit of %d: %w", what, n, limit, ErrCorrupt)
		return 0
	case n > uint64(left/size):
		c.fail("%s is %d, too many for the %d bytes left: %w", what, n, left, ErrTruncated)
		return 0
	}
	return int(n)
}

// name reads a key or the name of a tensor: not empty, at most limit bytes of UTF-8 without control characters.
func (c *cursor) name(what string, limit int) string {
	b := c.take(c.count(what+" length", limit, 1), what)
	if c.err != nil {
		return ""
	}
	s := string(b)
	if err := checkName(s, limit); err != nil {
		c.fail("%s %q: %w", what, s, err)
		return ""
	}
	return s
}

func checkName(s string, limit int) error {
	control := func(r rune) bool { return r < ' ' || r == 0x7F }
	switch {
	case s == "":
		return fmt.Errorf("is empty: %w", ErrCorrupt)
	case len(s) > limit:
		return fmt.Errorf("is longer than %d bytes: %w", limit, ErrCorrupt)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, control):
		return fmt.Errorf("has characters that are not text: %w", ErrCorrupt)
	}
	return nil
}

// value reads the type of a value and the value. The encoded form is copied, so that metadata does not
// depend on the mapping.
func (c *cursor) value(what string) Value {
	v := Value{typ: c.valueType(what)}
	elem := v.typ
	if v.typ == Array {
		v.elem = c.valueType(what)
		if elem = v.elem; elem == Array {
			c.fail("%s is an array of arrays: %w", what, ErrCorrupt)
		}
		v.n = c.count(what+" length", maxElements, max(1, elem.minSize()))
	}
	if c.err != nil {
		return Value{}
	}
	var raw []byte
	if elem == String {
		raw = c.texts(what, v.Len())
	} else {
		raw = c.take(v.Len()*elem.size(), what)
	}
	if c.err != nil {
		return Value{}
	}
	v.raw = bytes.Clone(raw)
	if elem == Bool && bytes.ContainsFunc(v.raw, func(r rune) bool { return r > 1 }) {
		c.fail("%s has a bool that is neither 0 nor 1: %w", what, ErrCorrupt)
	}
	return v
}

func (c *cursor) valueType(what string) ValueType {
	t := ValueType(c.u32(what))
	if !t.known() {
		c.fail("%s has the unknown value %v: %w", what, t, ErrCorrupt)
		return 0
	}
	return t
}

// minSize is the least number of bytes that a value takes.
func (t ValueType) minSize() int {
	if t == String {
		return 8
	}
	return t.size()
}

// texts walks over n strings and returns the bytes they take, lengths included.
func (c *cursor) texts(what string, n int) []byte {
	start, length := c.off, what+" length"
	for range n {
		c.take(c.count(length, maxString, 1), what)
		if c.err != nil {
			return nil
		}
	}
	return c.data[start:c.off]
}
