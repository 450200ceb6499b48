package adapter

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"lamplight/engine/gguf"
	"lamplight/kernels"
)

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
		return nil, fmt.Errorf("general.type is not \"adapter\": %w", ErrUnusable)
	}
	if kind, err := f.String(adapterTypeKey); err != nil || kind != "lora" {
		return nil, fmt.Errorf("%s is not \"lora\": %w", adapterTypeKey, ErrUnusable)
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
				return nil, fmt.Errorf("tensor %q is no part of a LoRA: %w", t.Name, ErrUnusable)
			}
			halves++
			continue
		}
		b, ok := f.Tensor(name + ".lora_b")
		if _, known := modulePath(name); !ok || !known || len(t.Shape) != 2 || len(b.Shape) != 2 || t.Shape[1] != b.Shape[0] {
			return nil, fmt.Errorf("tensor %q has no partner, is of no linear layer, or their shapes %v and %v do not fit: %w", t.Name, t.Shape, b.Shape, ErrUnusable)
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
		return nil, fmt.Errorf("%d tensors A and %d tensors B: %w", len(a.Factors), halves, ErrUnusable)
	}
	return a, nil
}

// WriteGGUF writes a as a GGUF file with numbers of type F32 or F16.
func (a *Adapter) WriteGGUF(ctx context.Context, path string, typ kernels.Type) error {
	if typ != kernels.F32 && typ != kernels.F16 || len(a.Factors) == 0 {
		return fmt.Errorf("adapter: %d factors as %s: %w", len(a.Factors), typ, ErrUnusable)
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
			for i := range b {
				b[i] *= fold
			}
		}
		for _, t := range []gguf.Tensor{
			{Name: f.Name + ".lora_a", Shape: []int{f.In, f.Rank}, Type: typ, Data: encoded(typ, f.A)},
			{Name: f.Name + ".lora_b", Shape: []int{f.Rank, f.Out}, Type: typ, Data: encoded(typ, b)},
		} {
			w.AddTensor(t)
		}
	}
	if err := w.WriteFile(ctx, path); err != nil {
		return fmt.Errorf("adapter: %w", err)
	}
	return nil
}

// alpha is what a factor's scale comes from, alpha/rank.
func (a *Adapter) alpha(f Factor) float32 { return f.Scale * float32(f.Rank) }

// encoded returns x as the bytes of a type of floats.
func encoded(typ kernels.Type, x []float32) []byte {
	b := make([]byte, typ.RowBytes(len(x)))
	kernels.Encode(typ, b, x) // which floats do not fail
	return b
}
