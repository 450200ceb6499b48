package measure

import (
	"math"
	"math/rand/v2"
	"testing"
)

func logits(p ...float64) []float32 {
	row := make([]float32, len(p))
	for i, v := range p {
		row[i] = float32(math.Log(v))
	}
	return row
}

func TestKL(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	tests := []struct {
		name string
		p, q []float32
		want float64
	}{
		{"equal", logits(.5, .25, .25), logits(.5, .25, .25), 0},
		{"by hand", logits(.5, .5), logits(.25, .75), .5*math.Log(2) + .5*math.Log(2./3)},
		{"not symmetric", logits(.25, .75), logits(.5, .5), .25*math.Log(.5) + .75*math.Log(1.5)},
		{"a shift of all logits changes nothing", []float32{1000, 1001}, []float32{-3, -2}, 0},
		{"excluded by both", []float32{0, -inf}, []float32{3, -inf}, 0},
		{"excluded by p", []float32{0, -inf}, []float32{0, 0}, math.Log(2)},
		{"excluded by q", []float32{0, 0}, []float32{0, -inf}, math.Inf(1)},
		{"NaN in p", []float32{0, nan}, []float32{0, 0}, math.NaN()},
		{"NaN in q", []float32{0, 0}, []float32{nan, 0}, math.NaN()},
		{"NaN in q where p excludes", []float32{0, -inf}, []float32{0, nan}, math.NaN()},
		{"infinite logit", []float32{0, inf}, []float32{0, 0}, math.NaN()},
		{"everything excluded by p", []float32{-inf, -inf}, []float32{0, 0}, math.NaN()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := KL(test.p, test.q)
			if !(math.Abs(got-test.want) < 1e-7 || got == test.want || math.IsNaN(got) && math.IsNaN(test.want)) {
				t.Errorf("KL = %v, want %v", got, test.want)
			}
		})
	}
}

// Gibbs' inequality: the divergence is never negative, and zero only between equal distributions.
func TestKLNeverNegative(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		p, q := make([]float32, 300), make([]float32, 300)
		for i := range p {
			p[i] = float32(3 * r.NormFloat64())
			q[i] = p[i] + float32(1e-2*r.NormFloat64())
		}
		if kl := KL(p, q); !(kl > 0) {
			t.Fatalf("KL of different distributions is %v", kl)
		}
		if kl := KL(p, p); kl != 0 {
			t.Fatalf("KL of equal distributions is %v", kl)
		}
	}
}

func TestDivergence(t *testing.T) {
	var d Divergence
	if !math.IsNaN(d.Mean()) || !math.IsNaN(d.Agreement()) {
		t.Errorf("no position: mean %v, agreement %v, want NaN", d.Mean(), d.Agreement())
	}
	d.Add(logits(.75, .25), logits(.75, .25))
	d.Add(logits(.5, .25, .25), logits(.25, .5, .25))
	d.Add(logits(.5, .5), logits(.5, .5)) // equals: the first counts
	d.Add(logits(.6, .4), logits(.6, .4))

	kl := .5*math.Log(2) - .25*math.Log(2)
	if d.Positions != 4 || math.Abs(d.Max-kl) > 1e-7 || math.Abs(d.Mean()-kl/4) > 1e-7 || d.Agreement() != .75 {
		t.Errorf("got %+v, mean %v, agreement %v; want KL %v at one of four positions", d, d.Mean(), d.Agreement(), kl)
	}

	d.Add([]float32{0, 0}, []float32{0, float32(math.NaN())})
	if !math.IsNaN(d.Max) || !math.IsNaN(d.Mean()) {
		t.Errorf("NaN logits are hidden: max %v, mean %v", d.Max, d.Mean())
	}
}
