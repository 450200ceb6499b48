package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime/debug"
	"sync/atomic"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/kernels"
)

// QuantizeProgress is one step of Quantize.
type QuantizeProgress struct {
	Tensor      string // the one being written
	Done, Total int64  // bytes read of all tensors
}

// Quantize writes the model of the GGUF file in, of which it takes any part when it is split, to the GGUF
// file out with the types of the recipe. Metadata stays as it is but for the keys that say how the file is
// quantized. A quantized model can be quantized again, but the errors of both times add up.
//
// The sequence yields progress and ends without an error when out is complete; a file that was there is
// then replaced. On an error, when ctx is cancelled, and when the consumer leaves the loop, nothing of out
// is left behind. Memory is needed for some rows of a tensor at a time. Errors are those of package gguf,
// source.ErrVocabularyOnly, ErrNoSpace, and those of the file system.
func Quantize(ctx context.Context, in, out string, r Recipe, pool *kernels.Pool) iter.Seq2[QuantizeProgress, error] {
	return func(yield func(QuantizeProgress, error) bool) {
		q := quantizer{pool: pool, yield: yield}
		err := q.run(ctx, in, out, r)
		switch {
		case err == nil, errors.Is(err, errLeft):
		case isFull(err):
			yield(q.progress, fmt.Errorf("library: quantize %s: %w: %w", in, ErrNoSpace, err))
		default:
			yield(q.progress, fmt.Errorf("library: quantize %s: %w", in, err))
		}
	}
}

type quantizer struct {
	pool     *kernels.Pool
	yield    func(QuantizeProgress, error) bool
	progress QuantizeProgress
}

func (q *quantizer) run(ctx context.Context, in, out string, r Recipe) error {
	f, err := gguf.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	tensors := f.Tensors()
	if len(tensors) == 0 {
		return source.ErrVocabularyOnly
	}
	for _, path := range f.Paths() {
		if sameFile(path, out) {
			return fmt.Errorf("the result would replace it: give it another name")
		}
	}

	w := gguf.NewWriter()
	w.CopyMetadata(f)
	w.Set("general.file_type", gguf.Scalar(r.fileType))
	w.Set("general.quantization_version", gguf.Scalar(uint32(2)))
	layers := 0
	for _, t := range tensors {
		layer, _ := layerOf(t.Name)
		layers = max(layers, layer+1)
		q.progress.Total += int64(len(t.Data))
	}
	_, untied := f.Tensor("output.weight")
	for _, t := range tensors {
		to := r.typeOf(t, layers, !untied)
		w.Add(t.Name, t.Shape, to, func(out io.Writer) (err error) {
			defer recoverFault(&err)
			return q.convert(out, t, to)
		})
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return w.WriteFile(ctx, out)
}

// chunk is about how many weights are converted at a time: enough to keep every thread busy.
const chunk = 1 << 21

// convert writes the tensor with another type, rows spread over the pool.
func (q *quantizer) convert(out io.Writer, t gguf.Tensor, to kernels.Type) error {
	q.progress.Tensor = t.Name
	if to == t.Type {
		if err := q.report(0); err != nil {
			return err
		}
		if _, err := out.Write(t.Data); err != nil {
			return err
		}
		return q.report(len(t.Data))
	}
	cols := t.Shape[0]
	from := t.Type.RowBytes(cols)
	rows := len(t.Data) / from
	step := min(rows, max(1, chunk/cols))
	buffer := make([]byte, step*to.RowBytes(cols))
	for lo := 0; lo < rows; lo += step {
		if err := q.report(0); err != nil {
			return err
		}
		n := min(step, rows-lo)
		src, dst := t.Data[lo*from:(lo+n)*from], buffer[:n*to.RowBytes(cols)]
		if err := encodeRows(dst, src, n, cols, to, t.Type, q.pool); err != nil {
			return fmt.Errorf("row %d and following: %w", lo, err)
		}
		if _, err := out.Write(dst); err != nil {
			return err
		}
		if err := q.report(len(src)); err != nil {
			return err
		}
	}
	return nil
}

// report counts n more bytes and yields; its error ends the conversion.
func (q *quantizer) report(n int) error {
	q.progress.Done += int64(n)
	if !q.yield(q.progress, nil) {
		return errLeft
	}
	return nil
}

// encodeRows converts n rows of cols elements.
func encodeRows(dst, src []byte, n, cols int, to, from kernels.Type, pool *kernels.Pool) error {
	var failed atomic.Pointer[error]
	pool.Share(n, func(lo, hi int) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		x := make([]float32, cols)
		for i := lo; i < hi && failed.Load() == nil; i++ {
			kernels.Decode(from, x, src[i*from.RowBytes(cols):][:from.RowBytes(cols)])
			err := checkRange(x)
			if err == nil {
				err = kernels.Encode(to, dst[i*to.RowBytes(cols):][:to.RowBytes(cols)], x)
			}
			if err != nil {
				failed.Store(&err)
			}
		}
	})
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// maxHalf is the largest number of the half precision in which the types keep weights or their scales.
const maxHalf = 65504

func checkRange(x []float32) error {
	for _, v := range x {
		if !(v >= -maxHalf && v <= maxHalf) { // NaN too
			return fmt.Errorf("a weight is %v: %w", v, ErrDamaged)
		}
	}
	return nil
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// recoverFault turns the fault of reading a mapped file that was cut short meanwhile into an error. Every
// other panic goes on.
func recoverFault(err *error) {
	switch r := recover().(type) {
	case nil:
	case interface{ Addr() uintptr }:
		*err = fmt.Errorf("the file was cut short while it was read: %w", gguf.ErrTruncated)
	default:
		panic(r)
	}
}
