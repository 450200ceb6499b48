package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// naiveAttend is softmax(Kq)ᵀV in float64 over the slots in order.
func naiveAttend(q []float32, keys, values []uint16, slots []int) []float64 {
	dim := len(q)
	weights := make([]float64, len(slots))
	highest := math.Inf(-1)
	for i, s := range slots {
		for j := range dim {
			weights[i] += float64(F16ToF32(keys[s*dim+j])) * float64(q[j])
		}
		highest = max(highest, weights[i])
	}
	sum := 0.0
	for i := range weights {
		weights[i] = math.Exp(weights[i] - highest)
		sum += weights[i]
	}
	out := make([]float64, dim)
	for i, s := range slots {
		for j := range dim {
			out[j] += weights[i] / sum * float64(F16ToF32(values[s*dim+j]))
		}
	}
	return out
}

func TestAttend(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const dim, slots = 24, 40
	halves := func() []uint16 {
		h := make([]uint16, slots*dim)
		for i := range h {
			h[i] = F32ToF16(float32(r.NormFloat64()))
		}
		return h
	}
	keys, values, q := halves(), halves(), make([]float32, dim)
	for i := range q {
		q[i] = float32(r.NormFloat64())
	}
	for name, spans := range map[string][2]Span{
		"one slot":       {{3, 4}},
		"one run":        {{0, slots}},
		"a wrapped ring": {{30, slots}, {0, 12}},
	} {
		var order []int
		for _, s := range spans {
			for i := s.From; i < s.To; i++ {
				order = append(order, i)
			}
		}
		want := naiveAttend(q, keys, values, order)
		got := make([]float32, dim)
		Attend(got, q, keys, values, spans, make([]float32, len(order)))
		for j := range want {
			if d := math.Abs(float64(got[j]) - want[j]); d > 1e-5 {
				t.Errorf("%s: element %d: got %g, want %g", name, j, got[j], want[j])
			}
		}
	}
}

// TestAttendOrder holds that where in a ring the positions lie does not change a bit of the result.
func TestAttendOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const dim, slots = 16, 20
	keys, values := make([]uint16, slots*dim), make([]uint16, slots*dim)
	q := make([]float32, dim)
	for i := range keys {
		keys[i], values[i] = F32ToF16(float32(r.NormFloat64())), F32ToF16(float32(r.NormFloat64()))
	}
	for i := range q {
		q[i] = float32(r.NormFloat64())
	}
	straight, wrapped := make([]float32, dim), make([]float32, dim)
	scores := make([]float32, slots)
	Attend(straight, q, keys, values, [2]Span{{0, slots}}, scores)

	const shift = 7 // slot i moves to slot (i+shift) mod slots
	k, v := make([]uint16, slots*dim), make([]uint16, slots*dim)
	for i := range slots {
		to := (i + shift) % slots
		copy(k[to*dim:][:dim], keys[i*dim:])
		copy(v[to*dim:][:dim], values[i*dim:])
	}
	Attend(wrapped, q, k, v, [2]Span{{shift, slots}, {0, shift}}, scores)
	for j := range straight {
		if math.Float32bits(straight[j]) != math.Float32bits(wrapped[j]) {
			t.Fatalf("element %d: %g in a row, %g around the ring", j, straight[j], wrapped[j])
		}
	}
}
