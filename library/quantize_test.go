package library

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/kernels"
)

func TestQuantize(t *testing.T) {
	dir := t.TempDir()
	in := writeWeights(t, filepath.Join(dir, "in.gguf"), someWeights()...)
	before := read(t, in)
	out := filepath.Join(dir, "out.gguf")
	last := mustQuantize(t, in, out, "q8_0")

	f := openGGUF(t, in)
	var total int64
	for _, tensor := range f.Tensors() {
		total += int64(len(tensor.Data))
	}
	if last.Done != total || last.Total != total {
		t.Errorf("the last progress was %+v, want %d bytes of %d", last, total, total)
	}
	q := openGGUF(t, out)
	for _, tensor := range f.Tensors() {
		quantized, ok := q.Tensor(tensor.Name)
		if !ok {
			t.Fatalf("%s is missing", tensor.Name)
		}
		closeTo(t, tensor, quantized)
	}
	if v, err := q.String("general.name"); v != "weights" || err != nil {
		t.Errorf("general.name is %q, %v", v, err)
	}
	if !bytes.Equal(before, read(t, in)) {
		t.Error("the source was changed")
	}

	// The number of threads changes nothing, and a file can be replaced.
	again := read(t, out)
	for range Quantize(t.Context(), in, out, recipe(t, "q8_0"), kernels.NewPool(1)) {
	}
	if !bytes.Equal(again, read(t, out)) {
		t.Error("one thread and several make different files")
	}
	wantTree(t, dir, "in.gguf", "out.gguf")
}

func closeTo(t *testing.T, want, got gguf.Tensor) {
	t.Helper()
	cols, rows := want.Shape[0], len(want.Data)/want.Type.RowBytes(want.Shape[0])
	x, y := make([]float32, rows*cols), make([]float32, rows*cols)
	kernels.Decode(want.Type, x, want.Data)
	kernels.Decode(got.Type, y, got.Data)
	for i := range x {
		if math.Abs(float64(x[i]-y[i])) > 0.02 { // half a step of the largest weight, 4, in 127
			t.Fatalf("%s %v, element %d: %v became %v", got.Name, got.Type, i, x[i], y[i])
		}
	}
}

func TestQuantizeFailures(t *testing.T) {
	holding := func(weight float32) func(t *testing.T, in string) string {
		return func(t *testing.T, in string) string {
			bad := randomTensor("blk.0.attn_q.weight", kernels.F32, 512, 9)
			binary.LittleEndian.PutUint32(bad.Data[4*512*8:], math.Float32bits(weight))
			return writeWeights(t, in, append(someWeights(), bad)...)
		}
	}
	tests := []struct {
		name    string
		prepare func(t *testing.T, in string) string // returns the source
		want    error
		say     string
	}{
		{"no file", func(t *testing.T, in string) string { return in }, os.ErrNotExist, "in.gguf"},
		{"no GGUF", func(t *testing.T, in string) string { return write(t, in, []byte("a text")) }, gguf.ErrNotGGUF, "in.gguf"},
		{"no weights", func(t *testing.T, in string) string { return writeWeights(t, in) }, source.ErrVocabularyOnly, "in.gguf"},
		{"not a number", holding(float32(math.NaN())), ErrDamaged, "blk.0.attn_q.weight"},
		{"infinite", holding(float32(math.Inf(-1))), ErrDamaged, "blk.0.attn_q.weight"},
		{"too large", holding(1e6), ErrDamaged, "1e+06"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			in := test.prepare(t, filepath.Join(dir, "in.gguf"))
			before := tree(t, dir)
			err := quantize(t.Context(), in, filepath.Join(dir, "out.gguf"), recipe(t, "q4_0"))
			wantIs(t, err, test.want)
			if err == nil || !strings.Contains(err.Error(), test.say) {
				t.Errorf("the error does not speak of %q: %v", test.say, err)
			}
			wantTree(t, dir, before...)
		})
	}
}

func TestQuantizeOntoItself(t *testing.T) {
	in := writeWeights(t, filepath.Join(t.TempDir(), "in.gguf"), someWeights()...)
	link := filepath.Join(filepath.Dir(in), "link.gguf")
	if err := os.Symlink(in, link); err != nil {
		t.Fatal(err)
	}
	before := read(t, in)
	for _, out := range []string{in, link} {
		if err := quantize(t.Context(), in, out, recipe(t, "q8_0")); err == nil {
			t.Errorf("%s was quantized onto itself", out)
		}
	}
	if !bytes.Equal(before, read(t, in)) {
		t.Error("the source was changed")
	}
}

func TestQuantizeStops(t *testing.T) {
	dir := t.TempDir()
	in := writeWeights(t, filepath.Join(dir, "in.gguf"), someWeights()...)
	old := write(t, filepath.Join(dir, "out.gguf"), []byte("what was there"))
	pool := kernels.NewPool(2)
	defer pool.Close()

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var failure error
	for _, err := range Quantize(ctx, in, old, recipe(t, "q8_0"), pool) {
		cancel()
		failure = err
	}
	wantIs(t, failure, context.Canceled)
	for range Quantize(t.Context(), in, old, recipe(t, "q8_0"), pool) {
		break
	}
	if got := read(t, old); string(got) != "what was there" {
		t.Errorf("an import that stopped left %d bytes", len(got))
	}
	wantTree(t, dir, "in.gguf", "out.gguf")
}

// A file that another program cuts short while it is mapped must not end this one.
func TestQuantizeCutShort(t *testing.T) {
	dir := t.TempDir()
	in := writeWeights(t, filepath.Join(dir, "in.gguf"), someWeights()...)
	pool := kernels.NewPool(2)
	defer pool.Close()
	var failure error
	cut := false
	for _, err := range Quantize(t.Context(), in, filepath.Join(dir, "out.gguf"), recipe(t, "q8_0"), pool) {
		if !cut {
			cut = true
			if err := os.Truncate(in, 4096); err != nil {
				t.Fatal(err)
			}
		}
		failure = err
	}
	wantIs(t, failure, gguf.ErrTruncated)
	wantTree(t, dir, "in.gguf")
}

func quantize(ctx context.Context, in, out string, r Recipe) error {
	pool := kernels.NewPool(2)
	defer pool.Close()
	for _, err := range Quantize(ctx, in, out, r, pool) {
		if err != nil {
			return err
		}
	}
	return nil
}

// mustQuantize checks the progress on the way and returns the last one.
func mustQuantize(t *testing.T, in, out, name string) (last QuantizeProgress) {
	t.Helper()
	pool := kernels.NewPool(2)
	defer pool.Close()
	for p, err := range Quantize(t.Context(), in, out, recipe(t, name), pool) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Done < last.Done || p.Done > p.Total || p.Tensor == "" {
			t.Errorf("progress went from %+v to %+v", last, p)
		}
		last = p
	}
	return last
}

func recipe(t *testing.T, name string) Recipe {
	t.Helper()
	r, err := ParseRecipe(name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func openGGUF(t *testing.T, path string) *gguf.File {
	t.Helper()
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func writeWeights(t *testing.T, path string, tensors ...gguf.Tensor) string {
	t.Helper()
	w := gguf.NewWriter()
	w.Set("general.architecture", gguf.Scalar("gemma3"))
	w.Set("general.name", gguf.Scalar("weights"))
	for _, tensor := range tensors {
		w.AddTensor(tensor)
	}
	if err := w.WriteFile(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// someWeights are tensors of every kind, the first of them too large to be converted at once.
func someWeights() []gguf.Tensor {
	return []gguf.Tensor{
		randomTensor("token_embd.weight", kernels.F16, 512, chunk/512+100),
		randomTensor("blk.0.attn_norm.weight", kernels.BF16, 512),
		randomTensor("blk.0.ffn_up.weight", kernels.BF16, 512, 33),
		randomTensor("blk.0.ffn_gate.weight", kernels.F32, 48, 7),
		randomTensor("blk.0.ffn_down.weight", kernels.Q8_0, 512, 5),
	}
}

func randomTensor(name string, typ kernels.Type, shape ...int) gguf.Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	r := rand.New(rand.NewPCG(uint64(n), 7))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(max(-4, min(4, r.NormFloat64())))
	}
	data := make([]byte, n/shape[0]*typ.RowBytes(shape[0]))
	if err := kernels.Encode(typ, data, x); err != nil {
		panic(fmt.Sprint(name, err))
	}
	return gguf.Tensor{Name: name, Shape: shape, Type: typ, Data: data}
}
