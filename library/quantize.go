package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
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

// Quantize writes the model at in, a GGUF file, any part of a split one, or a Hugging Face folder, to the GGUF
// file out with the types of the recipe. Metadata of a GGUF file stays as it is but for the keys that say how
// the file is quantized; that of a folder becomes what llama.cpp asks for. A quantized model can be quantized
// again, but the errors of both times add up.
//
// The sequence yields progress after every few million weights, and a consumer that takes its time pauses the
// work. It ends without an error when out is complete; a file that was there is then replaced. On an error,
// when ctx is cancelled, and when the consumer leaves the loop, nothing of out is left behind. Memory is needed
// for some rows of a tensor at a time, whatever the size of the model. Errors are those of packages source and
// gguf, source.ErrVocabularyOnly, ErrNoSpace, and those of the file system.
func Quantize(ctx context.Context, in, out string, r Recipe, pool *kernels.Pool) iter.Seq2[QuantizeProgress, error] {
	return func(yield func(QuantizeProgress, error) bool) {
		q := quantizer{pool: pool, yield: yield}
		err := q.run(ctx, in, out, r)
		switch {
		case err == nil, errors.Is(err, errLeft):
		case isFull(err) && !errors.Is(err, ErrNoSpace):
			yield(q.progress, fmt.Errorf("library: quantize %s: %w: %w", in, ErrNoSpace, err))
		default:
			yield(q.progress, fmt.Errorf("library: quantize %s: %w", in, err))
		}
	}
}

type quantizer struct {
	pool     *kernels.Pool
	in       *input
	held     int64 // bytes read since memory was given back
	yield    func(QuantizeProgress, error) bool
	progress QuantizeProgress
}

func (q *quantizer) run(ctx context.Context, in, out string, r Recipe) (err error) {
	if q.in, err = openInput(in); err != nil {
		return err
	}
	defer q.in.close()
	tensors := q.in.tensors
	if len(tensors) == 0 {
		return source.ErrVocabularyOnly
	}
	for _, path := range q.in.paths {
		if sameFile(path, out) {
			return fmt.Errorf("the result would replace it: give it another name")
		}
	}

	w := gguf.NewWriter()
	if err := q.in.metadata(w); err != nil {
		return err
	}
	o := outlineOf(tensors)
	for _, t := range tensors {
		q.progress.Total += int64(len(t.Data))
	}
	if fileType, ok := r.fileTypeOf(tensors); ok {
		w.Set("general.file_type", gguf.Scalar(fileType))
	}
	var need int64
	for _, t := range tensors {
		to := r.typeOf(t, o)
		need += int64(to.RowBytes(int(t.Elements())))
		if to.BlockSize() > 1 {
			w.Set("general.quantization_version", gguf.Scalar(uint32(2)))
		}
		w.Add(t.Name, t.Shape, to, func(out io.Writer) (err error) {
			defer recoverFault(&err)
			return q.convert(out, t, to)
		})
	}
	if free, ok := freeSpace(filepath.Dir(out)); ok && need > free {
		return fmt.Errorf("%w: %d bytes are needed, %d are free", ErrNoSpace, need, free)
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	return w.WriteFile(ctx, out)
}

const (
	// chunk is how many weights are converted at a time: enough to keep every thread busy, and few enough that
	// whoever waits for the end of a chunk waits for some tenths of a second.
	chunk = 1 << 20
	// piece is how many of them a thread takes at a time. Both are whole blocks of every type.
	piece = 1 << 13
	// maxHeld is how many bytes of the source are read before the memory of its mapping is given back.
	maxHeld = 64 << 20
)

// convert writes the tensor with another type. A row is made of whole blocks, so where it ends does not matter.
func (q *quantizer) convert(out io.Writer, t gguf.Tensor, to kernels.Type) error {
	q.progress.Tensor = t.Name
	total := int(t.Elements())
	buffer := make([]byte, to.RowBytes(min(total, chunk)))
	for lo := 0; lo < total; lo += chunk {
		if err := q.report(0); err != nil {
			return err
		}
		n := min(chunk, total-lo)
		src, dst := t.Data[t.Type.RowBytes(lo):t.Type.RowBytes(lo+n)], buffer[:to.RowBytes(n)]
		if to == t.Type {
			copy(dst, src) // a fault is seen here, where it can be caught
		} else if err := encode(dst, src, n, to, t.Type, q.pool); err != nil {
			return fmt.Errorf("row %d or one of the next %d: %w", lo/t.Shape[0], n/t.Shape[0]+1, err)
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
	if q.held += int64(n); q.held > maxHeld {
		q.in.release()
		q.held = 0
	}
	q.progress.Done += int64(n)
	if !q.yield(q.progress, nil) {
		return errLeft
	}
	return nil
}

// encode converts n weights.
func encode(dst, src []byte, n int, to, from kernels.Type, pool *kernels.Pool) error {
	var failed atomic.Pointer[error]
	pool.Run((n+piece-1)/piece, 1, kernels.Range(func(lo, hi int) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		x := make([]float32, min(n, piece))
		for at := lo * piece; at < min(n, hi*piece) && failed.Load() == nil; at += piece {
			x, end := x[:min(piece, n-at)], min(n, at+piece)
			kernels.Decode(from, x, src[from.RowBytes(at):from.RowBytes(end)])
			err := checkRange(x)
			if err == nil {
				err = kernels.Encode(to, dst[to.RowBytes(at):to.RowBytes(end)], x)
			}
			if err != nil {
				failed.Store(&err)
			}
		}
	}))
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
