// Package safetensors reads Hugging Face model folders: tensors in safetensors containers, and the JSON and
// tokenizer files beside them.
//
//	folder, err := safetensors.OpenFolder("gemma-3-270m-it")
//	defer folder.Close()
//	t, ok := folder.Tensor("model.embed_tokens.weight") // t.Data is mapped, not copied
//
// A container is a length of 8 bytes, a JSON header of that length and the data. Everything in the header is
// checked as strictly as the reference loader does: shapes against sizes, ranges against the file, no hole,
// no overlap, no key twice. The format: https://github.com/huggingface/safetensors
package safetensors

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"lamplight/engine/internal/container"
	"lamplight/kernels"
)

// What can be wrong with a file, for errors.Is. All but ErrNoModel are the same values as those of package
// gguf.
var (
	ErrTruncated   = container.ErrTruncated   // the file ends before what it announces
	ErrCorrupt     = container.ErrCorrupt     // a rule of the format is broken
	ErrMissingPart = container.ErrMissingPart // a file that the index names is absent

	ErrNoModel = errors.New("no model in the folder") // config.json or the weights are absent
)

// DType is the type of a tensor's elements, as the header spells it.
type DType string

// dtypes has the bytes of an element, and the type under which kernels know it.
var dtypes = map[DType]struct {
	size   int
	kernel kernels.Type
	known  bool
}{
	"F32": {4, kernels.F32, true}, "F16": {2, kernels.F16, true}, "BF16": {2, kernels.BF16, true},
	"F64": {8, kernels.F64, true},
	"I8":  {1, kernels.I8, true}, "I16": {2, kernels.I16, true}, "I32": {4, kernels.I32, true}, "I64": {8, kernels.I64, true},
	"U8": {size: 1}, "U16": {size: 2}, "U32": {size: 4}, "U64": {size: 8},
	"BOOL": {size: 1}, "F8_E4M3": {size: 1}, "F8_E5M2": {size: 1},
}

// Type returns the type under which kernels know the elements, if they do.
func (d DType) Type() (kernels.Type, bool) {
	t := dtypes[d]
	return t.kernel, t.known
}

// Tensor is a named array in a file.
type Tensor struct {
	Name  string
	DType DType
	Shape []int  // outermost first; none for a scalar
	Data  []byte // little endian, row-major; mapped, so read-only and valid until Close
}

// Elements returns the number of elements.
func (t Tensor) Elements() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= int64(d)
	}
	return n
}

// File is an open container. It is safe for concurrent use until Close.
type File struct {
	name     string
	metadata map[string]string
	tensors  []Tensor // in order of their data
	mapped   *container.File
}

// Open maps the container at path and checks it.
func Open(path string) (*File, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	m, err := container.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
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
	f.mapped = m
	return f, nil
}

// Parse reads the container that data holds; name is used in errors. Data must not change while the File is
// in use.
func Parse(name string, data []byte) (*File, error) {
	f := &File{name: name}
	if err := f.parse(data); err != nil {
		return nil, fmt.Errorf("safetensors: %s: %w", name, err)
	}
	return f, nil
}

// Close unmaps the file. The Data of its tensors must not be touched any more.
func (f *File) Close() error {
	f.tensors = nil
	if f.mapped == nil {
		return nil
	}
	return f.mapped.Close()
}

// Release gives the memory of mapped tensors back to the system, which reads them again when they are touched.
func (f *File) Release() {
	if f.mapped != nil {
		f.mapped.Release()
	}
}

// Intact returns an error that wraps ErrTruncated when the file on disk has become shorter since Open, so
// that reading its tensors would fault.
func (f *File) Intact() error {
	if f.mapped == nil {
		return nil
	}
	if err := f.mapped.Intact(); err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	return nil
}

// Tensors returns the tensors in the order of their data.
func (f *File) Tensors() []Tensor { return slices.Clone(f.tensors) }

// Metadata returns the free-form texts of the header, nil if there are none.
func (f *File) Metadata() map[string]string { return f.metadata }
