package train

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"lamplight/engine/safetensors"
	"lamplight/internal/golden"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// torchSteps is what scripts/torch_step.py has written: two steps of PyTorch.
type torchSteps struct {
	Losses  []float64 // before the first step, before the second one, after it
	Norm    float64   // of all gradients
	Tensors map[string]struct {
		Norm        float64   // of the gradient
		Grad, After []float64 // some elements of it, and of the parameter after the first step
	}
}

// TestTorch holds two steps on the golden model against those of PyTorch.
func TestTorch(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	data, err := os.ReadFile(filepath.Join("testdata", "torch-step.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want struct{ LoRA, Full torchSteps }
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	e := Example{Tokens: goldenTokens(t, dir)}
	for i := range e.Tokens {
		e.Target = append(e.Target, i >= 20)
	}
	all := kernels.Available()
	for _, k := range all[:max(1, len(all)-1)] { // the reference is slow and last; TestGradients has it
		for _, c := range []struct {
			name string
			want torchSteps
			lora bool
		}{{"LoRA", want.LoRA, true}, {"full", want.Full, false}} {
			t.Run(k.Name+"/"+c.name, func(t *testing.T) {
				pool := kernels.NewPool(2)
				defer pool.Close()
				m, err := newModel(openSource(t, dir), k, pool)
				if err != nil {
					t.Fatal(err)
				}
				exact(m)
				if c.lora {
					m.attach(LoRA{Rank: 4, Alpha: 8}, 0)
					for _, p := range m.params {
						for i := range p.Value {
							p.Value[i] = float32(0.05 * math.Sin(0.7*float64(i)+1))
						}
					}
				} else {
					if err := m.unfreeze(t.Context(), false, 0); err != nil {
						t.Fatal(err)
					}
				}
				checkTorch(t, m, pack([]Example{e}, 512)[0], c.want)
			})
		}
	}
}

func goldenTokens(t *testing.T, dir string) (ids []tokenizer.ID) {
	t.Helper()
	f, err := safetensors.Open(filepath.Join(dir, "expected.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, tensor := range f.Tensors() {
		for at := 0; tensor.Name == "long.tokens" && at < len(tensor.Data); at += 8 {
			ids = append(ids, tokenizer.ID(binary.LittleEndian.Uint64(tensor.Data[at:])))
		}
	}
	return ids
}

func checkTorch(t *testing.T, m *model, b batch, want torchSteps) {
	t.Helper()
	const bound = 1e-4
	near := func(what string, got, want, size float64) {
		t.Helper()
		if !(math.Abs(got-want) <= bound*max(math.Abs(want), size)) {
			t.Errorf("%s is %v, PyTorch has %v", what, got, want)
		}
	}
	targets := 0
	for _, id := range b.target {
		if id >= 0 {
			targets++
		}
	}
	if len(m.params) != len(want.Tensors) || len(want.Losses) != 3 {
		t.Fatalf("%d parameters, PyTorch has %d and %d losses", len(m.params), len(want.Tensors), len(want.Losses))
	}
	s := newState(m, len(b.input), 1<<30)
	for n, loss := range want.Losses {
		m.clearGrads()
		got, err := s.step(t.Context(), &b, 1/float32(targets))
		if err != nil {
			t.Fatal(err)
		}
		near("the loss", got/float64(targets), loss, 0)
		norm := m.gradNorm()
		if n == 0 {
			near("the length of the gradients", norm, want.Norm, 0)
			for _, p := range m.params {
				w, size := want.Tensors[p.Name], 0.0
				for _, g := range p.Grad {
					size += float64(g) * float64(g)
				}
				near("the length of the gradient of "+p.Name, math.Sqrt(size), w.Norm, 0)
				for i, v := range w.Grad {
					// An element may be much smaller than the sums it is a difference of.
					near("an element of the gradient of "+p.Name, float64(p.Grad[i*max(1, len(p.Grad)/24)]), v, w.Norm/math.Sqrt(float64(len(p.Grad))))
				}
			}
		}
		m.update(n+1, 1e-3, 0.01, 0.5, norm)
		if n == 0 {
			for _, p := range m.params {
				w := want.Tensors[p.Name]
				typical := w.Norm / math.Sqrt(float64(len(p.Value)))
				for i, v := range w.After {
					// The first step is rate · g/(|g| + ε), of which a gradient near zero leaves little but its sign.
					doubt := 1e-3 * min(2, bound*typical/math.Abs(w.Grad[i]))
					near("an element of "+p.Name, float64(p.Value[i*max(1, len(p.Value)/24)]), v, 0.02+doubt/bound)
				}
			}
		}
	}
}
