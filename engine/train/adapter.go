package train

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/kernels"
)

// ErrAdapter: an adapter that breaks the rules of its format, or that belongs to another model.
var ErrAdapter = errors.New("the adapter cannot be used")

// Adapter is what was learnt beside a model: for some of its matrices a change Scale·B·A.
type Adapter struct {
	Architecture string // "gemma3"; "" where the files do not say it
	Base         string // name of the model that it belongs to, for people
	Factors      []Factor
}

// Factor changes one matrix W [Out][In] to W + Scale·B·A.
type Factor struct {
	Name          string // of W in GGUF, "blk.0.attn_q.weight"
	Rank, In, Out int
	A, B          []float32 // [Rank][In], [Out][Rank]
	Scale         float32
}

// Adapter returns the adapter in training, sharing its numbers. It is nil when all weights are trained.
func (t *Trainer) Adapter() *Adapter {
	if t.o.LoRA == nil {
		return nil
	}
	a := &Adapter{Architecture: t.m.cfg.Architecture, Base: t.src.Facts().Name}
	for i := range t.m.layers {
		for _, l := range t.m.layers[i].linears() {
			if l.a != nil {
				a.Factors = append(a.Factors, Factor{l.name, l.rank(), l.in, l.out, l.a.Value, l.b.Value, l.scale})
			}
		}
	}
	return a
}

// Check makes sure that a fits the model.
func (a *Adapter) Check(src *source.Source) error {
	if own := src.Config().Architecture; a.Architecture != "" && a.Architecture != own {
		return fmt.Errorf("train: an adapter for %q, the model is %q: %w", a.Architecture, own, ErrAdapter)
	}
	for _, f := range a.Factors {
		m, err := src.Matrix(f.Name)
		if err != nil {
			return fmt.Errorf("train: %w: %w", ErrAdapter, err)
		}
		if m.Rows != f.Out || m.Cols != f.In {
			return fmt.Errorf("train: %s: the adapter is for %d × %d weights, the model has %d × %d: %w", f.Name, f.Out, f.In, m.Rows, m.Cols, ErrAdapter)
		}
	}
	return nil
}

// check makes sure of what every factor must be, whoever has written it.
func (f Factor) check() error {
	switch {
	case f.Rank < 1 || f.Rank > maxRank || f.Rank > min(f.In, f.Out):
		return fmt.Errorf("%s: rank %d of %d × %d weights: %w", f.Name, f.Rank, f.Out, f.In, ErrAdapter)
	case math.IsNaN(float64(f.Scale)) || math.IsInf(float64(f.Scale), 0):
		return fmt.Errorf("%s: scale %g: %w", f.Name, f.Scale, ErrAdapter)
	}
	for _, x := range [][]float32{f.A, f.B} {
		for _, v := range x {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Errorf("%s: an element is %g: %w", f.Name, v, ErrAdapter)
			}
		}
	}
	return nil
}

// OpenAdapter reads an adapter: a folder as PEFT writes it, or a GGUF file.
func OpenAdapter(path string) (a *Adapter, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	if info.IsDir() {
		a, err = readPEFT(path)
	} else {
		a, err = readGGUF(path)
	}
	if err != nil {
		if !strings.Contains(err.Error(), path) {
			err = fmt.Errorf("%s: %w", path, err)
		}
		return nil, fmt.Errorf("train: %w", err)
	}
	return a, nil
}

// GGUF adapters, as llama.cpp has them: "W.lora_a" with ne = [in, r] and "W.lora_b" with ne = [r, out], and one alpha for all.

const (
	adapterTypeKey = "adapter.type"
	alphaKey       = "adapter.lora.alpha"
)

func readGGUF(path string) (*Adapter, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseGGUF(f)
}

func parseGGUF(f *gguf.File) (*Adapter, error) {
	if kind, err := f.String("general.type"); err != nil || kind != "adapter" {
		return nil, fmt.Errorf("general.type is not \"adapter\": %w", ErrAdapter)
	}
	if kind, err := f.String(adapterTypeKey); err != nil || kind != "lora" {
		return nil, fmt.Errorf("%s is not \"lora\": %w", adapterTypeKey, ErrAdapter)
	}
	a := &Adapter{}
	a.Architecture, _ = f.String("general.architecture")
	a.Base, _ = f.String("general.base_model.0.name")
	alpha, err := f.Float(alphaKey)
	if err != nil && !errors.Is(err, gguf.ErrNoKey) {
		return nil, err
	}
	halves := 0
	for _, t := range f.Tensors() {
		name, isA := strings.CutSuffix(t.Name, ".lora_a")
		if !isA {
			if _, isB := strings.CutSuffix(t.Name, ".lora_b"); !isB {
				return nil, fmt.Errorf("tensor %q is no part of a LoRA: %w", t.Name, ErrAdapter)
			}
			halves++
			continue
		}
		b, ok := f.Tensor(name + ".lora_b")
		if _, known := peftModule(name); !ok || !known || len(t.Shape) != 2 || len(b.Shape) != 2 || t.Shape[1] != b.Shape[0] {
			return nil, fmt.Errorf("tensor %q has no partner, is of no linear layer, or their shapes %v and %v do not fit: %w", t.Name, t.Shape, b.Shape, ErrAdapter)
		}
		factor := Factor{Name: name, Rank: t.Shape[1], In: t.Shape[0], Out: b.Shape[1], Scale: 1}
		if alpha != 0 { // as llama.cpp: without alpha the factor is 1
			factor.Scale = float32(alpha) / float32(factor.Rank)
		}
		for _, half := range []struct {
			t  gguf.Tensor
			to *[]float32
		}{{t, &factor.A}, {b, &factor.B}} {
			if !half.t.Type.Computes() {
				return nil, fmt.Errorf("tensor %q has type %s: %w", half.t.Name, half.t.Type, gguf.ErrUnsupported)
			}
			*half.to = make([]float32, half.t.Shape[0]*half.t.Shape[1])
			kernels.Decode(half.t.Type, *half.to, half.t.Data)
		}
		if err := factor.check(); err != nil {
			return nil, err
		}
		a.Factors = append(a.Factors, factor)
	}
	if halves != len(a.Factors) || halves == 0 {
		return nil, fmt.Errorf("%d tensors A and %d tensors B: %w", len(a.Factors), halves, ErrAdapter)
	}
	return a, nil
}

// WriteGGUF writes a as a GGUF file with numbers of type F32 or F16.
func (a *Adapter) WriteGGUF(ctx context.Context, path string, typ kernels.Type) error {
	if typ != kernels.F32 && typ != kernels.F16 || len(a.Factors) == 0 {
		return fmt.Errorf("train: %d factors as %s: %w", len(a.Factors), typ, ErrAdapter)
	}
	w := gguf.NewWriter()
	w.Set("general.architecture", gguf.Scalar(a.Architecture))
	w.Set("general.type", gguf.Scalar("adapter"))
	if a.Base != "" {
		w.Set("general.base_model.count", gguf.Scalar(uint32(1)))
		w.Set("general.base_model.0.name", gguf.Scalar(a.Base))
	}
	w.Set("general.file_type", gguf.Scalar(uint32(typ))) // 0 and 1 are F32 and F16 here too
	w.Set(adapterTypeKey, gguf.Scalar("lora"))
	alpha := a.alpha(a.Factors[0])
	w.Set(alphaKey, gguf.Scalar(alpha))
	for _, f := range a.Factors {
		b := f.B
		if fold := f.Scale / (alpha / float32(f.Rank)); fold != 1 { // there is one alpha for all
			b = append([]float32(nil), b...)
			scale(b, fold)
		}
		for _, t := range []gguf.Tensor{
			{Name: f.Name + ".lora_a", Shape: []int{f.In, f.Rank}, Type: typ, Data: encoded(typ, f.A)},
			{Name: f.Name + ".lora_b", Shape: []int{f.Rank, f.Out}, Type: typ, Data: encoded(typ, b)},
		} {
			w.AddTensor(t)
		}
	}
	if err := w.WriteFile(ctx, path); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// alpha is what a factor's scale comes from, alpha/rank.
func (a *Adapter) alpha(f Factor) float32 { return f.Scale * float32(f.Rank) }

// encoded returns x as the bytes of a type without blocks.
func encoded(typ kernels.Type, x []float32) []byte {
	b := make([]byte, 0, typ.RowBytes(len(x)))
	for _, v := range x {
		switch typ {
		case kernels.F16:
			b = binary.LittleEndian.AppendUint16(b, kernels.F32ToF16(v))
		case kernels.BF16:
			b = binary.LittleEndian.AppendUint16(b, kernels.F32ToBF16(v))
		default:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b
}

// writeFile puts what write writes at path atomically.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".train-*.tmp") // 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	for _, step := range []func() error{
		func() error { return write(f) },
		f.Sync,
		f.Close,
		func() error { return os.Rename(f.Name(), path) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func content(b []byte) func(io.Writer) error {
	return func(out io.Writer) error {
		_, err := io.Copy(out, bytes.NewReader(b))
		return err
	}
}
