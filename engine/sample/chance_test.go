package sample

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"lamplight/tokenizer"
)

// TestChance compares with the plain formula.
func TestChance(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	logits := make([]float32, 3000)
	for i := range logits {
		logits[i] = float32(r.NormFloat64() * 5)
	}
	logits[70], logits[1500] = 25, 25
	var sum float64
	for _, l := range logits {
		sum += math.Exp(float64(l))
	}
	odd := func(id tokenizer.ID) bool { return id%2 == 1 }
	for _, id := range []tokenizer.ID{0, 70, 2999} {
		p, others, err := Chance(logits, id, 5, odd)
		if err != nil {
			t.Fatal(err)
		}
		if want := math.Exp(float64(logits[id])) / sum; math.Abs(float64(p)-want) > 1e-6*want {
			t.Errorf("token %d: %v, want %v", id, p, want)
		}
		var want []Likely
		for len(want) < 5 {
			best := tokenizer.ID(-1)
			for i := tokenizer.ID(0); i < 3000; i += 2 {
				taken := i == id
				for _, w := range want {
					taken = taken || w.ID == i
				}
				if !taken && (best < 0 || logits[i] > logits[best]) {
					best = i
				}
			}
			want = append(want, Likely{ID: best})
		}
		for i, o := range others {
			p := math.Exp(float64(logits[o.ID])) / sum
			if o.ID != want[i].ID || math.Abs(float64(o.P)-p) > 1e-6*p {
				t.Errorf("token %d: other %d is %+v, want %d with %v", id, i, o, want[i].ID, p)
			}
		}
		if len(others) != 5 {
			t.Errorf("token %d: %d others", id, len(others))
		}
	}
}

func TestChanceOfFew(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	none := func(tokenizer.ID) bool { return false }
	if p, others, err := Chance([]float32{1, 2}, 1, 5, none); err != nil || len(others) != 1 || math.Abs(float64(p+others[0].P)-1) > 1e-6 {
		t.Errorf("two tokens: %v, %v, %v", p, others, err)
	}
	if p, others, err := Chance([]float32{3}, 0, 0, none); err != nil || len(others) != 0 || p != 1 {
		t.Errorf("one token: %v, %v, %v", p, others, err)
	}
	for name, logits := range map[string][]float32{"NaN": {1, nan}, "nothing": {}, "excluded": {inf, inf}} {
		if _, _, err := Chance(logits, 0, 2, none); !errors.Is(err, ErrNaN) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := Chance([]float32{1, 2}, 2, 2, none); !errors.Is(err, ErrNaN) {
		t.Errorf("a token that is not there: %v", err)
	}
}
