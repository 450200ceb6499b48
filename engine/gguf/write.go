package gguf

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"lamplight/kernels"
)

// Writer collects metadata and tensors and writes them as a GGUF file of version 3, in the order they were
// given. The data of a tensor is asked for when its turn comes, so that it need not be in memory before.
// The first mistake is kept and returned when the file is written.
type Writer struct {
	keys    []string
	values  map[string]Value
	tensors []newTensor
	names   map[string]bool
	err     error
}

type newTensor struct {
	name  string
	shape []int
	typ   kernels.Type
	size  uint64
	write func(io.Writer) error
}

// NewWriter returns a Writer without metadata and tensors.
func NewWriter() *Writer {
	return &Writer{values: map[string]Value{}, names: map[string]bool{}}
}

// Set adds a metadata value, or replaces the one that key has.
func (w *Writer) Set(key string, v Value) {
	if err := checkName(key, maxKey); err != nil {
		w.fail(fmt.Errorf("gguf: key %q %w", key, err))
		return
	}
	if v.raw == nil && v.typ != Array {
		w.fail(fmt.Errorf("gguf: key %q has no value", key))
		return
	}
	if _, have := w.values[key]; !have {
		w.keys = append(w.keys, key)
	}
	w.values[key] = v
}

// CopyMetadata adds every metadata value of f but the split.* ones, which say how f is cut into parts.
func (w *Writer) CopyMetadata(f *File) {
	for _, key := range f.keys {
		if key != splitNoKey && key != splitCountKey && key != splitTensorsKey {
			w.Set(key, f.values[key])
		}
	}
}

// Add announces a tensor with the shape innermost first. write is called once when the file is written and
// must write exactly the bytes that the shape asks for.
func (w *Writer) Add(name string, shape []int, t kernels.Type, write func(io.Writer) error) {
	size, err := checkTensor(name, shape, t)
	if err == nil && w.names[name] {
		err = errors.New("was added twice")
	}
	if err != nil {
		w.fail(fmt.Errorf("gguf: tensor %q: %w", name, err))
		return
	}
	w.names[name] = true
	w.tensors = append(w.tensors, newTensor{name, slices.Clone(shape), t, size, write})
}

// AddTensor announces a tensor whose data is at hand.
func (w *Writer) AddTensor(t Tensor) {
	w.Add(t.Name, t.Shape, t.Type, func(out io.Writer) error {
		_, err := out.Write(t.Data)
		return err
	})
}

func checkTensor(name string, shape []int, t kernels.Type) (size uint64, err error) {
	if err := checkName(name, maxName); err != nil {
		return 0, err
	}
	if len(shape) < 1 || len(shape) > maxDims || slices.ContainsFunc(shape, func(d int) bool { return d < 1 }) {
		return 0, fmt.Errorf("has shape %v", shape)
	}
	if !t.Known() {
		return 0, fmt.Errorf("has %v", t)
	}
	return dataSize(t, shape)
}

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// WriteFile writes the file at path with mode 0600. It is written beside its place, without a name or under
// another one, synced and put there, so that path never holds half a file; on any error, and when ctx is
// cancelled, nothing is left behind and what was at path stays.
func (w *Writer) WriteFile(ctx context.Context, path string) (err error) {
	out, err := newOutput(path)
	if err != nil {
		return fmt.Errorf("gguf: %w", err)
	}
	buffer := bufio.NewWriterSize(out, 1<<20)
	if err := w.Write(ctx, buffer); err != nil {
		out.discard()
		return err
	}
	for _, step := range []func() error{buffer.Flush, out.Sync, ctx.Err} {
		if err := step(); err != nil {
			out.discard()
			return fmt.Errorf("gguf: write %s: %w", path, err)
		}
	}
	if err := out.place(); err != nil {
		return fmt.Errorf("gguf: write %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename in dir last through a power failure, where the system can do that.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	_ = d.Sync() // refused on some file systems and on Windows; the file itself is whole either way
	return nil
}

// Write writes the file to out and stops when ctx is cancelled.
func (w *Writer) Write(ctx context.Context, out io.Writer) error {
	if w.err != nil {
		return w.err
	}
	alignment := uint64(Alignment)
	if v, ok := w.values[alignmentKey]; ok {
		var err error
		if alignment, err = alignmentOf(v); err != nil {
			return fmt.Errorf("gguf: %w", err)
		}
	}
	if len(w.keys) > maxKeys || len(w.tensors) > maxTensors {
		return fmt.Errorf("gguf: %d keys and %d tensors are too many", len(w.keys), len(w.tensors))
	}
	head := w.header(alignment)
	if len(head) > maxMetadata {
		return fmt.Errorf("gguf: metadata above %d MiB", maxMetadata>>20)
	}
	if err := writeAll(ctx, out, head); err != nil {
		return fmt.Errorf("gguf: %w", err)
	}
	for _, t := range w.tensors {
		if err := t.writeTo(ctx, out, alignment); err != nil {
			return fmt.Errorf("gguf: tensor %q: %w", t.name, err)
		}
	}
	return nil
}

// header encodes everything before the data section, padding included.
func (w *Writer) header(alignment uint64) []byte {
	le := binary.LittleEndian
	b := append([]byte(nil), magic...)
	b = le.AppendUint32(b, 3)
	b = le.AppendUint64(b, uint64(len(w.tensors)))
	b = le.AppendUint64(b, uint64(len(w.keys)))
	for _, key := range w.keys {
		v := w.values[key]
		b = appendString(b, key)
		b = le.AppendUint32(b, uint32(v.typ))
		if v.typ == Array {
			b = le.AppendUint32(b, uint32(v.elem))
			b = le.AppendUint64(b, uint64(v.n))
		}
		b = append(b, v.raw...)
	}
	offset := uint64(0)
	for _, t := range w.tensors {
		b = appendString(b, t.name)
		b = le.AppendUint32(b, uint32(len(t.shape)))
		for _, d := range t.shape {
			b = le.AppendUint64(b, uint64(d))
		}
		b = le.AppendUint32(b, uint32(t.typ))
		b = le.AppendUint64(b, offset)
		offset += alignUp(t.size, alignment)
	}
	return append(b, make([]byte, alignUp(uint64(len(b)), alignment)-uint64(len(b)))...)
}

// writeTo writes the data of t and the padding after it.
func (t newTensor) writeTo(ctx context.Context, out io.Writer, alignment uint64) error {
	counted := &counter{ctx: ctx, out: out, left: t.size}
	if err := t.write(counted); err != nil {
		return err
	}
	if counted.left != 0 {
		return fmt.Errorf("%d bytes were not written", counted.left)
	}
	return writeAll(ctx, out, make([]byte, alignUp(t.size, alignment)-t.size))
}

// counter lets at most left bytes through, and none after ctx is cancelled.
type counter struct {
	ctx  context.Context
	out  io.Writer
	left uint64
}

func (c *counter) Write(b []byte) (int, error) {
	if uint64(len(b)) > c.left {
		return 0, fmt.Errorf("%d bytes too many were written", uint64(len(b))-c.left)
	}
	n, err := writeChunks(c.ctx, c.out, b)
	c.left -= uint64(n)
	return n, err
}

func writeAll(ctx context.Context, out io.Writer, b []byte) error {
	_, err := writeChunks(ctx, out, b)
	return err
}

// writeChunks writes b in pieces, so that a cancelled ctx is noticed within a large tensor too.
func writeChunks(ctx context.Context, out io.Writer, b []byte) (int, error) {
	const chunk = 4 << 20
	written := 0
	for {
		if err := ctx.Err(); err != nil {
			return written, err
		}
		if written == len(b) {
			return written, nil
		}
		n, err := out.Write(b[written:min(written+chunk, len(b))])
		written += n
		if err != nil {
			return written, err
		}
	}
}
