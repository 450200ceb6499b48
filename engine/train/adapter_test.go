package train

import (
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"lamplight/engine/adapter"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

// someAdapter has random factors, as if it had been trained.
func someAdapter(t testing.TB, base string, o LoRA) (*adapter.Adapter, *Trainer) {
	t.Helper()
	r := rand.New(rand.NewPCG(8, 8))
	tr := newTrainer(t, base, repeated(r, 2), nil, Options{LoRA: &o})
	for _, p := range tr.m.params {
		for i := range p.Value {
			p.Value[i] = kernels.F16ToF32(kernels.F32ToF16(float32(r.NormFloat64()) / 8))
		}
	}
	return tr.Adapter(), tr
}

// TestMerge holds that a merged model says what the model with the adapter says, in both containers.
func TestMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	e := repeated(r, 3)
	for name, c := range map[string]struct {
		base  string
		bound float64
	}{
		"F32":          {fixture.GGUF(t, fixture.Options{}), 1e-5},
		"F16":          {fixture.GGUF(t, fixture.Options{Type: kernels.F16}), 2e-3},
		"BF16":         {fixture.GGUF(t, fixture.Options{Type: kernels.BF16}), 2e-2},
		"Q4_0":         {fixture.GGUF(t, fixture.Options{Type: kernels.Q4_0}), 2e-3},
		"Hugging Face": {fixture.Folder(t, fixture.Options{}), 2e-2},
	} {
		t.Run(name, func(t *testing.T) {
			_, tr := someAdapter(t, c.base, LoRA{Rank: 4, Alpha: 8})
			b := pack(e, 512)
			want, err := tr.s.evaluate(t.Context(), &b[0])
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "merged")
			if err := tr.WriteModel(t.Context(), c.base, out); err != nil {
				t.Fatal(err)
			}
			if got := lossOf(t, out, &b[0]); math.Abs(got-want) > c.bound*want {
				t.Errorf("the merged model's loss is %v, with the adapter it is %v", got, want)
			} else if plain := lossOf(t, c.base, &b[0]); math.Abs(plain-want) < 0.1 {
				t.Errorf("the adapter does nothing: %v and %v", plain, want)
			}
		})
	}
}

// lossOf computes the loss of a model as it is in its files.
func lossOf(t *testing.T, path string, b *batch) float64 {
	t.Helper()
	pool := kernels.NewPool(2)
	defer pool.Close()
	m, err := newModel(openSource(t, path), kernels.Available()[0], pool)
	if err != nil {
		t.Fatal(err)
	}
	loss, err := newState(m, len(b.input), 0).evaluate(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

// TestWriteModel holds that all weights are written, gains as the container has them.
func TestWriteModel(t *testing.T) {
	for name, base := range map[string]string{"GGUF": fixture.GGUF(t, fixture.Options{}), "Hugging Face": fixture.Folder(t, fixture.Options{})} {
		t.Run(name, func(t *testing.T) {
			tr := newTrainer(t, base, repeated(rand.New(rand.NewPCG(1, 4)), 4), nil, Options{Scratch: true})
			for _, p := range tr.m.params {
				for i := range p.Value {
					p.Value[i] += float32(i%7) / 64
				}
			}
			out := filepath.Join(t.TempDir(), "model")
			if err := tr.WriteModel(t.Context(), base, out); err != nil {
				t.Fatal(err)
			}
			src := openSource(t, out)
			for _, p := range tr.m.params {
				var got []float32
				if isGain(p.Name) {
					v, err := src.Vector(p.Name)
					if err != nil {
						t.Fatal(err)
					}
					got = v
				} else {
					m, err := src.Matrix(p.Name)
					if err != nil {
						t.Fatal(err)
					}
					got = make([]float32, len(p.Value))
					kernels.Decode(m.Type, got, m.Data)
				}
				for i, v := range p.Value {
					if math.Abs(float64(got[i]-v)) > 0.01*max(0.5, math.Abs(float64(v))) { // bfloat16
						t.Fatalf("%s: element %d is %v, want %v", p.Name, i, got[i], v)
					}
				}
			}
			if err := tr.WriteModel(t.Context(), base, base); !errors.Is(err, ErrExists) {
				t.Errorf("over the model itself: %v", err)
			}
		})
	}
}
