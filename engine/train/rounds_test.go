package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// rounding returns the kernels of this processor, or skips the test where these multiply no bfloat16.
func rounding(t *testing.T) kernels.Kernels {
	t.Helper()
	k := kernels.Available()[0]
	if !k.MultipliesBF16() {
		t.Skipf("%s does not multiply bfloat16", k.Name)
	}
	return k
}

// TestRounds holds which products round: those with weights that are frozen and stored with few bits.
func TestRounds(t *testing.T) {
	k := rounding(t)
	for _, c := range []struct {
		typ  kernels.Type
		want bool
	}{{kernels.F32, false}, {kernels.F16, false}, {kernels.BF16, true}, {kernels.Q8_0, true}, {kernels.Q4_0, true}} {
		if m := tiny(t, k, c.typ, 1); m.head.rounds != c.want || m.layers[0].q.rounds != c.want {
			t.Errorf("%s: %t and %t", c.typ, m.head.rounds, m.layers[0].q.rounds)
		}
	}
	if m := tiny(t, kernels.Reference(), kernels.Q8_0, 1); m.head.rounds {
		t.Error("the reference rounds")
	}
}

// TestRounded compares a step whose products round with one in float32: the loss, and the gradient of every parameter by its
// length and its direction. The number of threads does not change a bit of it.
func TestRounded(t *testing.T) {
	race.Skip(t)
	k := rounding(t)
	for _, typ := range []kernels.Type{kernels.BF16, kernels.Q8_0, kernels.Q4_0} {
		for _, limit := range []float32{0, 3} {
			step := func(threads int, rounds bool) (*model, float64) {
				m := tiny(t, k, typ, threads)
				if !rounds {
					exact(m)
				}
				m.cfg.FinalSoftcap = limit
				m.attach(LoRA{Rank: 4, Alpha: 8}, 1)
				r := rand.New(rand.NewPCG(3, 4))
				for _, p := range m.params {
					for i := range p.Value {
						p.Value[i] = float32(r.NormFloat64()) / 8
					}
				}
				b := pack(randomExamples(r, m.cfg.Vocab, 90, 31, 60), 256)
				loss, err := newState(m, 256, 1<<30).step(t.Context(), &b[0], unit)
				if err != nil {
					t.Fatal(err)
				}
				return m, loss
			}
			want, loss := step(2, false)
			got, rounded := step(2, true)
			off := math.Abs(rounded-loss) / loss
			turned, longer := 0.0, 0.0
			for i, p := range got.params {
				cos, length := compare(p.Grad, want.params[i].Grad)
				turned, longer = max(turned, 1-cos), max(longer, math.Abs(length-1))
			}
			t.Logf("%s, soft cap %v: the loss is off by %.1e, cosines by at most %.1e, lengths by %.1e", typ, limit, off, turned, longer)
			if !(off < 5e-4 && turned < 1e-3 && longer < 2e-2) || off == 0 {
				t.Error("that is too much, or nothing was rounded")
			}
			other, again := step(3, true)
			for i, p := range other.params {
				if again != rounded || !slices.Equal(p.Grad, got.params[i].Grad) {
					t.Fatalf("%s: with three threads the gradient of %s is another one, or the loss, %v and %v", typ, p.Name, again, rounded)
				}
			}
		}
	}
}

// compare returns the cosine between two vectors, and the length of x as a multiple of that of y.
func compare(x, y []float32) (cos, length float64) {
	var xx, yy, xy float64
	for i, v := range x {
		xx, yy, xy = xx+float64(v)*float64(v), yy+float64(y[i])*float64(y[i]), xy+float64(v)*float64(y[i])
	}
	return xy / math.Sqrt(xx*yy), math.Sqrt(xx / yy)
}

// TestRoundedCertain holds that a token of which the model is certain already gives no gradient: what is added up of the
// head's rows and what the target's row takes away are rounded alike.
func TestRoundedCertain(t *testing.T) {
	k := rounding(t)
	m := tiny(t, k, kernels.Q8_0, 2)
	for i := range m.outputNorm.g {
		m.outputNorm.g[i] = 1000
	}
	b := pack(randomExamples(rand.New(rand.NewPCG(6, 6)), m.cfg.Vocab, 40), 64)
	s := newState(m, 64, 0)
	s.begin(&b[0])
	last := s.x[len(m.layers)]
	e := m.cfg.Hidden
	for i, id := range b[0].target {
		if id < 0 {
			continue
		}
		x, row, most := last[i*e:][:e], make([]float32, e), float32(0)
		m.head.row(x, int(id))
		for j := range m.cfg.Vocab { // whose logit is largest: a longer row than its own, perhaps
			m.head.row(row, j)
			if z := kernels.DotF32(row, x); z > most {
				most, b[0].target[i] = z, tokenizer.ID(j)
			}
		}
	}
	loss, err := s.crossEntropy(t.Context(), true, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range s.loss.dh[:len(s.loss.rows)*e] {
		if v != 0 || loss > 1e-6 {
			t.Fatalf("the loss is %v, element %d of its gradient %v", loss, i, v)
		}
	}
}
