// Package adapter reads and writes what was learnt beside a model: adapters of low rank (LoRA, Hu et al., arXiv
// 2106.09685), as Hugging Face's PEFT keeps them in folders and llama.cpp in GGUF files.
//
//	a, err := adapter.Open("poems.gguf")
//	err = a.Check(src) // that it fits a model
//
// What is read has passed every check that does not need the model: names of linear layers, ranks, shapes that fit
// together, finite numbers.
package adapter

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"lamplight/engine/internal/container"
	"lamplight/engine/source"
)

// ErrUnusable: an adapter that breaks the rules of its format, or that belongs to another model.
var ErrUnusable = errors.New("the adapter cannot be used")

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

// Check makes sure that a fits the model.
func (a *Adapter) Check(src *source.Source) error {
	if own := src.Config().Architecture; a.Architecture != "" && a.Architecture != own {
		return fmt.Errorf("adapter: an adapter for %q, the model is %q: %w", a.Architecture, own, ErrUnusable)
	}
	for _, f := range a.Factors {
		if err := f.check(); err != nil {
			return fmt.Errorf("adapter: %w", err)
		}
		m, err := src.Matrix(f.Name)
		if err != nil {
			return fmt.Errorf("adapter: %w: %w", ErrUnusable, err)
		}
		if m.Rows != f.Out || m.Cols != f.In {
			return fmt.Errorf("adapter: %s: the adapter is for %d × %d weights, the model has %d × %d: %w", f.Name, f.Out, f.In, m.Rows, m.Cols, ErrUnusable)
		}
	}
	return nil
}

// Scale is the factor before B·A: alpha/rank, or alpha/√rank for rsLoRA (arXiv 2312.03732).
func Scale(alpha float32, rank int, rs bool) float32 {
	if rs {
		return alpha / float32(math.Sqrt(float64(rank)))
	}
	return alpha / float32(rank)
}

// MaxRank bounds the rank of adapters.
const MaxRank = 1024

// Add adds row i of Scale·B·A to row.
func (f Factor) Add(i int, row []float32) {
	for r, b := range f.B[i*f.Rank:][:f.Rank] {
		b *= f.Scale
		for j, v := range f.A[r*f.In:][:f.In] {
			row[j] += b * v
		}
	}
}

// check makes sure of what every factor must be, whoever has written it.
func (f Factor) check() error {
	switch {
	case f.Rank < 1 || f.Rank > MaxRank || f.Rank > min(f.In, f.Out):
		return fmt.Errorf("%s: rank %d of %d × %d weights: %w", f.Name, f.Rank, f.Out, f.In, ErrUnusable)
	case len(f.A) != f.Rank*f.In || len(f.B) != f.Out*f.Rank:
		return fmt.Errorf("%s: %d and %d elements for rank %d of %d × %d weights: %w", f.Name, len(f.A), len(f.B), f.Rank, f.Out, f.In, ErrUnusable)
	case math.IsNaN(float64(f.Scale)) || math.IsInf(float64(f.Scale), 0):
		return fmt.Errorf("%s: scale %g: %w", f.Name, f.Scale, ErrUnusable)
	}
	for _, x := range [][]float32{f.A, f.B} {
		for _, v := range x {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Errorf("%s: an element is %g: %w", f.Name, v, ErrUnusable)
			}
		}
	}
	return nil
}

// Open reads an adapter: a folder as PEFT writes it, or a GGUF file.
func Open(path string) (a *Adapter, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	read := readGGUF
	if info.IsDir() {
		read = readPEFT
	}
	err = container.Guard(func() error {
		a, err = read(path)
		return err
	})
	if err != nil {
		if !strings.Contains(err.Error(), path) {
			err = fmt.Errorf("%s: %w", path, err)
		}
		return nil, fmt.Errorf("adapter: %w", err)
	}
	return a, nil
}
