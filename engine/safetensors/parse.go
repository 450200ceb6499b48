package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

const (
	lengthBytes = 8           // of the header length
	maxHeader   = 100_000_000 // bytes; the reference loader has the same
	maxTensors  = 65_536
	maxDims     = 8
)

// metadataKey is the one key of the header that names no tensor.
const metadataKey = "__metadata__"

// parse reads the header in data and points the tensors into it.
func (f *File) parse(data []byte) error {
	if len(data) < lengthBytes {
		return fmt.Errorf("%d bytes: %w", len(data), ErrTruncated)
	}
	length, rest := binary.LittleEndian.Uint64(data), data[lengthBytes:]
	switch {
	case length > maxHeader:
		return fmt.Errorf("a header of %d bytes: %w", length, ErrCorrupt)
	case length > uint64(len(rest)):
		return fmt.Errorf("a header of %d bytes where %d are left: %w", length, len(rest), ErrTruncated)
	}
	// The header is copied, so that what is checked is what is used even if another program writes to the file.
	header, body := bytes.Clone(rest[:length]), rest[length:]
	return f.readHeader(header, body)
}

// entry is a tensor as the header describes it.
type entry struct {
	Tensor
	begin, end uint64
}

func (f *File) readHeader(header, body []byte) error {
	if !bytes.HasPrefix(header, []byte("{")) || !json.Valid(header) {
		return fmt.Errorf("the header is not a JSON object: %w", ErrCorrupt)
	}
	if padding := header[bytes.LastIndexByte(header, '}')+1:]; len(bytes.Trim(padding, " ")) > 0 {
		return fmt.Errorf("the header is followed by something else: %w", ErrCorrupt)
	}
	d := newDecoder(header)
	var entries []entry
	err := d.object(func(key string) error {
		if key == metadataKey {
			return f.readMetadata(d)
		}
		e, err := d.entry(key)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", key, err)
		}
		if entries = append(entries, e); len(entries) > maxTensors {
			return fmt.Errorf("more than %d tensors: %w", maxTensors, ErrCorrupt)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.place(entries, body)
}

func (f *File) readMetadata(d *decoder) error {
	f.metadata = map[string]string{}
	return d.object(func(key string) error {
		value, err := d.text()
		f.metadata[key] = value
		return err
	})
}

// place checks that the tensors cover body without hole or overlap and points them into it.
func (f *File) place(entries []entry, body []byte) error {
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	at := uint64(0)
	for i, e := range entries {
		if e.begin != at {
			return fmt.Errorf("tensor %q begins at %d where %d is due: %w", e.Name, e.begin, at, ErrCorrupt)
		}
		if e.end > uint64(len(body)) {
			return fmt.Errorf("tensor %q ends at %d of %d bytes: %w", e.Name, e.end, len(body), ErrTruncated)
		}
		e.Data = body[e.begin:e.end:e.end]
		f.tensors = append(f.tensors, e.Tensor)
		entries[i], at = e, e.end
	}
	if at != uint64(len(body)) {
		return fmt.Errorf("%d bytes belong to no tensor: %w", uint64(len(body))-at, ErrCorrupt)
	}
	return nil
}

// entry reads the description of the tensor called name.
func (d *decoder) entry(name string) (entry, error) {
	e := entry{Tensor: Tensor{Name: name}}
	var offsets []uint64
	seen := 0
	err := d.object(func(key string) (err error) {
		seen++
		switch key {
		case "dtype":
			var s string
			s, err = d.text()
			e.DType = DType(s)
		case "shape":
			var dims []uint64
			dims, err = d.numbers(maxDims)
			for _, n := range dims {
				if n > math.MaxInt {
					return fmt.Errorf("a dimension of %d: %w", n, ErrCorrupt)
				}
				e.Shape = append(e.Shape, int(n))
			}
		case "data_offsets":
			offsets, err = d.numbers(2)
		default:
			return fmt.Errorf("unknown field %q: %w", key, ErrCorrupt)
		}
		return err
	})
	if err != nil {
		return e, err
	}
	if seen != 3 || len(offsets) != 2 {
		return e, fmt.Errorf("needs dtype, shape and two data_offsets: %w", ErrCorrupt)
	}
	e.begin, e.end = offsets[0], offsets[1]
	return e, e.check()
}

// check compares the range of the data with the size that type and shape ask for.
func (e entry) check() error {
	t, ok := dtypes[e.DType]
	if !ok {
		return fmt.Errorf("unknown dtype %q: %w", string(e.DType), ErrCorrupt)
	}
	size := uint64(t.size)
	for _, n := range e.Shape {
		high, low := bits.Mul64(size, uint64(n))
		if high != 0 || low > math.MaxInt64 {
			return fmt.Errorf("shape %v is too large: %w", e.Shape, ErrCorrupt)
		}
		size = low
	}
	if e.end < e.begin || e.end-e.begin != size {
		return fmt.Errorf("bytes %d to %d for %s %v: %w", e.begin, e.end, e.DType, e.Shape, ErrCorrupt)
	}
	return nil
}

// decoder reads JSON that is known to be valid, token by token, and refuses what encoding/json would let
// pass: keys that occur twice and numbers that are not plain integers.
type decoder struct{ *json.Decoder }

func newDecoder(b []byte) *decoder {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return &decoder{d}
}

// object reads an object and calls value for every key, to read what follows it.
func (d *decoder) object(value func(key string) error) error {
	if err := d.delim('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for d.More() {
		key, err := d.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("key %q occurs twice: %w", key, ErrCorrupt)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return d.delim('}')
}

func (d *decoder) text() (string, error) {
	t, err := d.Token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("%v where a text is due: %w", t, ErrCorrupt)
	}
	return s, nil
}

// numbers reads an array of at most limit whole numbers that are not negative.
func (d *decoder) numbers(limit int) ([]uint64, error) {
	if err := d.delim('['); err != nil {
		return nil, err
	}
	list := []uint64{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		digits, _ := t.(json.Number)
		n, err := strconv.ParseUint(string(digits), 10, 64)
		if err != nil || len(list) == limit {
			return nil, fmt.Errorf("%v where at most %d whole numbers are due: %w", t, limit, ErrCorrupt)
		}
		list = append(list, n)
	}
	return list, d.delim(']')
}

func (d *decoder) delim(want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("%v where %v is due: %w", t, want, ErrCorrupt)
	}
	return nil
}
