package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

func openSource(t testing.TB, path string) *source.Source {
	t.Helper()
	src, err := source.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// tiny opens the fixture with kernels k.
func tiny(t testing.TB, k kernels.Kernels, typ kernels.Type, threads int) *model {
	t.Helper()
	pool := kernels.NewPool(threads)
	t.Cleanup(pool.Close)
	m, err := newModel(openSource(t, fixture.GGUF(t, fixture.Options{Type: typ})), k, pool)
	if err != nil {
		t.Fatal(err)
	}
	m.seed = 11
	return m
}

// exact makes all products float32, whatever the weights are stored as.
func exact(m *model) {
	for _, l := range m.matrices() {
		l.rounds = false
	}
}

// randomExamples makes examples of these numbers of tokens; the first third of each is not learnt.
func randomExamples(r *rand.Rand, vocab int, lengths ...int) (list []Example) {
	for _, n := range lengths {
		e := Example{}
		for i := range n {
			e.Tokens = append(e.Tokens, tokenizer.ID(r.IntN(vocab)))
			e.Target = append(e.Target, i > n/3)
		}
		list = append(list, e)
	}
	return list
}

// TestGradients holds the gradient of every parameter against differences of the float64 reference, in a random
// direction of all its elements: of examples that are packed, longer than the window and not.
func TestGradients(t *testing.T) {
	race.Skip(t)
	lora := LoRA{Rank: 3, Alpha: 6}
	dropout := LoRA{Rank: 2, Alpha: 3, RSLoRA: true, Dropout: 0.3}
	some := LoRA{Rank: 4, Alpha: 4, Targets: []string{"attn_q", "ffn_down"}}
	for _, c := range []struct {
		name    string
		typ     kernels.Type
		lora    *LoRA // nil: all weights
		softcap float32
		keep    int
	}{
		{"full", kernels.F32, nil, 0, 0},
		{"full with a soft cap", kernels.F32, nil, 3, 1 << 30},
		{"LoRA", kernels.F32, &lora, 0, 1 << 30},
		{"LoRA on Q8_0", kernels.Q8_0, &lora, 0, 100_000},
		{"LoRA on Q4_0 with a soft cap", kernels.Q4_0, &lora, 3, 0},
		{"LoRA on BF16 with dropout", kernels.BF16, &dropout, 0, 0},
		{"LoRA on two layers of F16", kernels.F16, &some, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var want []difference
			for _, k := range kernels.Available() {
				m := tiny(t, k, c.typ, 3)
				exact(m)
				m.cfg.FinalSoftcap = c.softcap
				r := rand.New(rand.NewPCG(3, 4))
				if c.lora == nil {
					if err := m.unfreeze(t.Context(), false, 1); err != nil {
						t.Fatal(err)
					}
				} else {
					m.attach(*c.lora, 1)
					for _, p := range m.params { // B is zero otherwise
						for i := range p.Value {
							p.Value[i] = float32(r.NormFloat64()) / 8
						}
					}
				}
				b := pack(randomExamples(r, m.cfg.Vocab, 13, 4, 7), 64)
				if len(b) != 1 {
					t.Fatal("more than one batch")
				}
				s := newState(m, len(b[0].input), c.keep)
				loss, err := s.step(t.Context(), &b[0], unit)
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					ref := newReference(m, s)
					if exact := ref.loss(&b[0]); math.Abs(loss-exact) > 1e-5*exact {
						t.Fatalf("the loss is %v, want %v", loss, exact)
					}
					want = differences(ref, &b[0], r)
				}
				checkGradients(t, k.Name, m, want)
			}
		})
	}
}

// unit is what the tests multiply the loss by.
const unit = 0.125

// difference is how the loss changes in a direction of a parameter's elements, by the reference.
type difference struct {
	u     []float64 // nil: not asked for
	slope float64
}

// differences asks for all parameters but those of layers that have others of their kind beside them.
func differences(ref *reference, b *batch, r *rand.Rand) (list []difference) {
	for _, p := range ref.m.params {
		if layer, _ := strconv.Atoi(strings.Split(p.Name+".", ".")[1]); layer > 0 && layer < 5 {
			list = append(list, difference{})
			continue
		}
		values := ref.with[p.Name]
		at, u := slices.Clone(values), make([]float64, len(values))
		for i := range u {
			u[i] = r.NormFloat64()
		}
		move := func(by float64) float64 {
			for i := range values {
				values[i] = at[i] + by*u[i]
			}
			return ref.loss(b) * unit
		}
		const h = 1e-5
		list = append(list, difference{u, (move(h) - move(-h)) / (2 * h)})
		copy(values, at)
	}
	return list
}

func checkGradients(t *testing.T, name string, m *model, want []difference) {
	t.Helper()
	worst, checked := 0.0, 0
	for i, p := range m.params {
		if want[i].u == nil {
			continue
		}
		var along, size float64
		for j, u := range want[i].u {
			along += u * float64(p.Grad[j])
			size += float64(p.Grad[j]) * float64(p.Grad[j])
		}
		off := math.Abs(along-want[i].slope) / max(math.Abs(want[i].slope), math.Sqrt(size))
		worst = max(worst, off)
		checked++
		if !(off < 1e-3) || size == 0 {
			t.Errorf("%s: %s: the gradient is %v, differences give %v", name, p.Name, along, want[i].slope)
		}
	}
	t.Logf("%s: %d parameters, off by at most %.1e", name, checked, worst)
}

// TestStepIsDeterministic holds that neither the number of threads nor what is kept of the activations changes a bit.
func TestStepIsDeterministic(t *testing.T) {
	k := kernels.Available()[0]
	var want []*Param
	for _, c := range []struct{ threads, keep int }{{1, 0}, {2, 1 << 30}, {5, 300_000}} {
		m := tiny(t, k, kernels.F32, c.threads)
		if err := m.unfreeze(t.Context(), false, 1); err != nil {
			t.Fatal(err)
		}
		b := pack(randomExamples(rand.New(rand.NewPCG(1, 1)), m.cfg.Vocab, 100, 70, 40), 256)
		s := newState(m, 256, c.keep)
		if _, err := s.step(t.Context(), &b[0], 1); err != nil {
			t.Fatal(err)
		}
		for i, p := range m.params {
			for j := range p.Grad {
				if want != nil && p.Grad[j] != want[i].Grad[j] {
					t.Fatalf("%d threads, %d bytes kept: element %d of %s is %v and was %v", c.threads, c.keep, j, p.Name, p.Grad[j], want[i].Grad[j])
				}
			}
		}
		want = m.params
	}
}

func TestFreshAdapterChangesNothing(t *testing.T) {
	m := tiny(t, kernels.Available()[0], kernels.F32, 2)
	b := pack(randomExamples(rand.New(rand.NewPCG(5, 5)), m.cfg.Vocab, 30), 64)
	s := newState(m, 64, 0)
	before, err := s.evaluate(t.Context(), &b[0])
	if err != nil {
		t.Fatal(err)
	}
	m.attach(LoRA{Rank: 4, Alpha: 8}, 1)
	s = newState(m, 64, 0)
	after, err := s.step(t.Context(), &b[0], 1)
	if err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Errorf("the loss was %v and is %v", before, after)
	}
	for _, p := range m.params {
		zero := true
		for _, g := range p.Grad {
			zero = zero && g == 0
		}
		if isA := p.Name[len(p.Name)-1] == 'a'; isA != zero {
			t.Errorf("%s: the gradient is zero: %v", p.Name, zero)
		}
	}
}
