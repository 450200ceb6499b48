package adapter

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/kernels"
)

func smallAdapter() *Adapter {
	a := &Adapter{Architecture: "gemma3", Base: "Tiny"}
	for _, name := range []string{"blk.0.attn_q.weight", "blk.11.ffn_down.weight"} {
		a.Factors = append(a.Factors, Factor{name, 2, 3, 4, []float32{1, 2, 3, 4, 5, 6}, []float32{1, 2, 3, 4, 5, 6, 7, 8}, 0.5})
	}
	return a
}

func FuzzPEFT(f *testing.F) {
	dir := f.TempDir()
	if err := smallAdapter().WriteFolder(dir); err != nil {
		f.Fatal(err)
	}
	config, err1 := os.ReadFile(filepath.Join(dir, peftConfigFile))
	weights, err2 := os.ReadFile(filepath.Join(dir, peftModelFile))
	if err := errors.Join(err1, err2); err != nil {
		f.Fatal(err)
	}
	f.Add(config, weights)
	f.Fuzz(func(t *testing.T, config, weights []byte) {
		w, err := safetensors.Parse("fuzz", weights)
		if err != nil {
			return
		}
		if a, err := parsePEFT(config, w); err == nil {
			checkFactors(t, a)
		}
	})
}

func FuzzGGUFAdapter(f *testing.F) {
	path := filepath.Join(f.TempDir(), "a.gguf")
	if err := smallAdapter().WriteGGUF(context.Background(), path, kernels.F16); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := gguf.Parse("fuzz", data)
		if err != nil {
			return
		}
		if a, err := parseGGUF(file); err == nil {
			checkFactors(t, a)
		}
	})
}

// checkFactors uses an adapter that was read without an error.
func checkFactors(t *testing.T, a *Adapter) {
	for _, f := range a.Factors {
		if len(f.A) != f.Rank*f.In || len(f.B) != f.Rank*f.Out {
			t.Fatalf("%s: %d and %d elements of rank %d, %d × %d", f.Name, len(f.A), len(f.B), f.Rank, f.Out, f.In)
		}
		f.Add(f.Out-1, make([]float32, f.In))
	}
}
