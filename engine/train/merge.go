package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"lamplight/engine/adapter"
	"lamplight/engine/gguf"
	"lamplight/engine/internal/container"
	"lamplight/engine/safetensors"
	"lamplight/engine/source"
	"lamplight/kernels"
)

// ErrExists: something is already where a model is to be written.
var ErrExists = errors.New("something is there already")

// change says what becomes of the rows of one tensor: it replaces row i, decoded, by the new one. Of a norm there is one
// row, the gain.
type change func(i int, row []float32)

// Merge writes the model at path base with the change that the adapter makes to path out, in the container that base has.
// Matrices that change keep their type if it is one of floats, and are F16 in a GGUF file otherwise: rounding the sum
// to 4 bits again would lose most of what was learnt. A file at out is replaced, a folder must not be there.
func Merge(ctx context.Context, base string, a *adapter.Adapter, out string) error {
	src, err := source.Open(base)
	if err != nil {
		return fmt.Errorf("train: merge: %w", err)
	}
	err = a.Check(src)
	src.Close()
	if err != nil {
		return err
	}
	changes := map[string]change{}
	for _, f := range a.Factors {
		changes[f.Name] = f.Add
	}
	return rewrite(ctx, base, out, changes)
}

// WriteModel writes the model with its trained weights to path out, in the container of the base model: see [Merge].
func (t *Trainer) WriteModel(ctx context.Context, base, out string) error {
	if a := t.Adapter(); a != nil {
		return Merge(ctx, base, a, out)
	}
	changes := map[string]change{}
	for _, p := range t.m.params {
		changes[p.Name] = func(i int, row []float32) { copy(row, p.Value[i*p.Cols:]) }
	}
	return rewrite(ctx, base, out, changes)
}

// rewrite copies a model with changes to its tensors, which are named as in GGUF.
func rewrite(ctx context.Context, base, out string, changes map[string]change) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("train: write %s: %w", out, err)
		}
	}()
	info, err := os.Stat(base)
	if err != nil {
		return err
	}
	pool := kernels.NewPool(runtime.GOMAXPROCS(0))
	defer pool.Close()
	to := rewriteGGUF
	if info.IsDir() {
		to = rewriteFolder
	}
	return guard(func() error { return to(ctx, base, out, changes, pool) })
}

func rewriteGGUF(ctx context.Context, base, out string, changes map[string]change, pool *kernels.Pool) error {
	f, err := gguf.Open(base)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, path := range f.Paths() {
		if sameFile(path, out) {
			return fmt.Errorf("it is the model itself: %w", ErrExists)
		}
	}
	w := gguf.NewWriter()
	w.CopyMetadata(f)
	for _, t := range f.Tensors() {
		c, ok := changes[t.Name]
		if !ok {
			w.AddTensor(t)
			continue
		}
		to := floatType(t.Type)
		if to != t.Type {
			w.Set("general.file_type", gguf.Scalar(uint32(kernels.F16)))
		}
		w.Add(t.Name, t.Shape, to, func(out io.Writer) error {
			rows := 1
			if len(t.Shape) == 2 {
				rows = t.Shape[1]
			}
			return writeRows(out, kernels.Matrix{Type: t.Type, Rows: rows, Cols: t.Shape[0], Data: t.Data}, to, 0, c, pool)
		})
	}
	return w.WriteFile(ctx, out)
}

// floatType is the type of a matrix that has changed.
func floatType(t kernels.Type) kernels.Type {
	if t == kernels.F32 || t == kernels.F16 || t == kernels.BF16 {
		return t
	}
	return kernels.F16
}

// writeRows writes the rows of m with their change, as type to. A norm's file stores gain - unit.
func writeRows(out io.Writer, m kernels.Matrix, to kernels.Type, unit float32, c change, pool *kernels.Pool) error {
	const step = 256
	buffer := make([][]byte, step)
	for first := 0; first < m.Rows; first += step {
		n := min(step, m.Rows-first)
		pool.Share(n, func(lo, hi int) {
			row := make([]float32, m.Cols)
			for i := lo; i < hi; i++ {
				kernels.Decode(m.Type, row, m.Row(first+i))
				for j := range row {
					row[j] += unit
				}
				c(first+i, row)
				for j := range row {
					row[j] -= unit
				}
				buffer[i] = make([]byte, to.RowBytes(len(row)))
				kernels.Encode(to, buffer[i], row) // floats, which do not fail
			}
		})
		for _, b := range buffer[:n] {
			if _, err := out.Write(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// rewriteFolder fills a new folder beside its place and renames it.
func rewriteFolder(ctx context.Context, base, out string, changes map[string]change, pool *kernels.Pool) (err error) {
	f, err := safetensors.OpenFolder(base)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(ErrExists, err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(filepath.Clean(out)), ".train-*.tmp") // 0700
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	for _, path := range f.Paths() {
		if err := ctx.Err(); err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.Base(path))
		if strings.HasSuffix(path, ".safetensors") {
			err = rewriteSafetensors(path, to, changes, pool)
		} else {
			err = copyFile(path, to)
		}
		if err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return os.Rename(dir, out)
}

func rewriteSafetensors(path, to string, changes map[string]change, pool *kernels.Pool) error {
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	tensors := f.Tensors()
	for i, t := range tensors {
		name, ok := ggufTensor(strings.TrimSuffix(t.Name, ".weight"))
		c := changes[name]
		typ, known := t.DType.Type()
		if !ok || c == nil {
			continue
		}
		if !known || floatType(typ) != typ || len(t.Shape) < 1 || len(t.Shape) > 2 {
			return fmt.Errorf("tensor %q has type %s and shape %v: %w", t.Name, t.DType, t.Shape, errors.ErrUnsupported)
		}
		cols, rows, unit := t.Shape[len(t.Shape)-1], 1, float32(0)
		if len(t.Shape) == 2 {
			rows = t.Shape[0]
		}
		if isGain(name) {
			unit = 1
		}
		var b sliceWriter
		if err := writeRows(&b, kernels.Matrix{Type: typ, Rows: rows, Cols: cols, Data: t.Data}, typ, unit, c, pool); err != nil {
			return err
		}
		tensors[i].Data = b
	}
	return container.WriteFile(to, func(out io.Writer) error { return safetensors.Write(out, tensors) })
}

type sliceWriter []byte

func (w *sliceWriter) Write(b []byte) (int, error) {
	*w = append(*w, b...)
	return len(b), nil
}

func copyFile(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return container.WriteFile(to, func(out io.Writer) error {
		_, err := io.Copy(out, f)
		return err
	})
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
