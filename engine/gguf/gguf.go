// Package gguf reads and writes GGUF files, the container of llama.cpp: metadata as typed key-value pairs,
// then named tensors, quantized or not.
//
//	f, err := gguf.Open("gemma-3-270m-it-Q4_0.gguf")
//	defer f.Close()
//	arch, err := f.String("general.architecture")
//	t, ok := f.Tensor("token_embd.weight") // t.Data is mapped, not copied
//
//	w := gguf.NewWriter()
//	w.Set("general.architecture", gguf.Scalar("gemma3"))
//	w.Add("token_embd.weight", []int{640, 262144}, kernels.Q8_0, func(out io.Writer) error { … })
//	err = w.WriteFile(ctx, path)
//
// Files come from strangers. Every length is compared with what is left of the file before anything is
// allocated for it, every offset and product is checked, and what breaks a rule is refused with an error
// that names the file and the field. Versions 2 and 3 are read, little endian; version 3 is written.
// The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
package gguf

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"lamplight/engine/internal/container"
	"lamplight/kernels"
)

// What can be wrong with a file, for errors.Is. ErrTruncated, ErrCorrupt, ErrUnsupported and ErrMissingPart
// are the same values as those of package safetensors.
var (
	ErrNotGGUF     = errors.New("not a GGUF file")
	ErrTruncated   = container.ErrTruncated   // the file ends before what it announces
	ErrCorrupt     = container.ErrCorrupt     // a rule of the format is broken
	ErrUnsupported = container.ErrUnsupported // version, byte order or tensor type
	ErrMissingPart = container.ErrMissingPart // of a split file

	ErrNewer = fmt.Errorf("a newer version of the format: %w", ErrUnsupported)
	ErrNoKey = errors.New("no such metadata key") // returned by the typed getters
)

// Alignment is the distance, in bytes, that tensors keep to unless "general.alignment" says otherwise.
const Alignment = 32

// File is an open GGUF file, or a complete set of split ones. It is safe for concurrent use until Close.
type File struct {
	name    string
	version uint32
	size    int64
	keys    []string
	values  map[string]Value
	tensors []Tensor
	index   map[string]int // of tensors, by name
	mapped  []*container.File
	paths   []string
}

// Tensor is a named array in a file.
type Tensor struct {
	Name  string
	Shape []int        // 1 to 4 dimensions, innermost (the length of a row) first
	Type  kernels.Type // its layout is known; whether kernels compute with it is another question
	Data  []byte       // as in the file; mapped, so read-only and valid until Close
}

// Elements returns the number of elements.
func (t Tensor) Elements() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= int64(d)
	}
	return n
}

// Open maps the GGUF file at path and checks it. Of a split file, path may be any part; the others are found
// beside it and the set opens as one file with the metadata of its first part.
func Open(path string) (*File, error) {
	f, err := openOne(path)
	if err != nil {
		return nil, err
	}
	no, count, err := f.split()
	if err != nil {
		f.Close()
		return nil, err
	}
	if count <= 1 {
		return f, nil
	}
	return openSplit(f, no, count)
}

// Parse reads the GGUF file that data holds; name is used in errors. Data must not change while the File is
// in use. A part of a split file is read on its own.
func Parse(name string, data []byte) (*File, error) {
	f := &File{name: name, size: int64(len(data)), values: map[string]Value{}, index: map[string]int{}}
	if err := f.parse(data); err != nil {
		return nil, fmt.Errorf("gguf: %s: %w", name, err)
	}
	return f, nil
}

func openOne(path string) (*File, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	m, err := container.Open(path)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	var f *File
	err = container.Guard(func() (err error) {
		f, err = Parse(path, m.Bytes())
		return err
	})
	if err != nil {
		m.Close()
		return nil, err
	}
	f.mapped = []*container.File{m}
	f.paths = []string{path}
	return f, nil
}

// Close unmaps the file. The Data of its tensors must not be touched any more; metadata stays usable.
func (f *File) Close() error {
	var err error
	for _, m := range f.mapped {
		err = errors.Join(err, m.Close())
	}
	f.mapped, f.tensors, f.index = nil, nil, nil
	return err
}

// Release gives the memory of mapped tensors back to the system, which reads them again when they are touched.
func (f *File) Release() {
	for _, m := range f.mapped {
		m.Release()
	}
}

// Drop forgets metadata, as if the file did not have the keys: a vocabulary takes memory that is of no use once it was
// read. Nothing else may use f at the same time.
func (f *File) Drop(keys ...string) {
	for _, key := range keys {
		delete(f.values, key)
	}
	f.keys = slices.DeleteFunc(f.keys, func(key string) bool { return slices.Contains(keys, key) })
}

// Intact returns an error that wraps ErrTruncated when the file on disk has become shorter since Open, so
// that reading its tensors would fault.
func (f *File) Intact() error {
	for _, m := range f.mapped {
		if err := m.Intact(); err != nil {
			return fmt.Errorf("gguf: %w", err)
		}
	}
	return nil
}

// Version returns the version of the format, 2 or 3.
func (f *File) Version() uint32 { return f.version }

// Size returns the size in bytes, of all parts together.
func (f *File) Size() int64 { return f.size }

// Paths returns the absolute paths of the file or of its parts, in order; none after Parse.
func (f *File) Paths() []string { return slices.Clone(f.paths) }

// Keys returns the metadata keys in the order of the file.
func (f *File) Keys() []string { return slices.Clone(f.keys) }

// Get returns the metadata value of key.
func (f *File) Get(key string) (Value, bool) {
	v, ok := f.values[key]
	return v, ok
}

// Tensors returns the tensors in the order of the file.
func (f *File) Tensors() []Tensor { return slices.Clone(f.tensors) }

// Tensor returns the tensor called name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.index[name]
	if !ok {
		return Tensor{}, false
	}
	return f.tensors[i], true
}
