package sample

import (
	"fmt"
	"math"
	"slices"

	"lamplight/tokenizer"
)

// Likely is a token with its probability.
type Likely struct {
	ID tokenizer.ID
	P  float32
}

// negligible is how far below the highest logit the others add nothing to a sum of 64 bits: 2^18 · e^-60 < 2^-68.
const negligible = 60

// Chance returns the probability of a token in the softmax of logits [V], all of them, at temperature 1 and without
// penalties, and the n likeliest other tokens that are not skipped, the likeliest first. It fails with ErrNaN for
// logits that are not numbers.
func Chance(logits []float32, id tokenizer.ID, n int, skip func(tokenizer.ID) bool) (p float32, others []Likely, err error) {
	highest := float32(math.Inf(-1))
	floor := highest // what a token must exceed once there are n others
	for i, l := range logits {
		other := tokenizer.ID(i)
		if l != l {
			return 0, nil, fmt.Errorf("token %d: %w", i, ErrNaN)
		}
		highest = max(highest, l)
		if n < 1 || other == id || len(others) == n && l <= floor || skip(other) {
			continue
		}
		if len(others) == n {
			others = others[:n-1]
		}
		at, _ := slices.BinarySearchFunc(others, l, func(o Likely, l float32) int {
			if o.P >= l { // of equals the lowest id is first
				return -1
			}
			return 1
		})
		others = slices.Insert(others, at, Likely{other, l})
		floor = others[len(others)-1].P
	}
	if math.IsInf(float64(highest), 0) || id < 0 || int(id) >= len(logits) {
		return 0, nil, fmt.Errorf("token %d of %d: %w", id, len(logits), ErrNaN)
	}
	var sum float64
	for _, l := range logits {
		if l > highest-negligible {
			sum += math.Exp(float64(l) - float64(highest))
		}
	}
	of := func(l float32) float32 { return float32(math.Exp(float64(l)-float64(highest)) / sum) }
	for i := range others {
		others[i].P = of(others[i].P)
	}
	return of(logits[id]), others, nil
}
