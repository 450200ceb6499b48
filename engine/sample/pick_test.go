package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lamplight/kernels"
	"lamplight/tokenizer"
)

// TestPick holds that as many of the likeliest tokens as Enough asks for give the token that all logits give, draw by
// draw.
func TestPick(t *testing.T) {
	for i, p := range []Params{
		{},
		{Temperature: 1, TopK: 5, TopP: 0.9},
		{Temperature: 0.8, TopK: 40, MinP: 0.05, RepeatPenalty: 1.5},
		{Temperature: 1, TopK: 3, FrequencyPenalty: 2, PresencePenalty: 1, RepeatLastN: -1},
		{Temperature: 1, TopK: 4, DRY: DRY{Multiplier: 5, AllowedLength: 1}},
		{RepeatPenalty: 3, DRY: DRY{Multiplier: 2, AllowedLength: 1}, Exempt: []tokenizer.ID{2}},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			p.Seed = 7
			all, some := mustNew(t, p), mustNew(t, p)
			r := rand.New(rand.NewPCG(1, uint64(i)))
			text := []tokenizer.ID{1, 2, 3}
			for range 200 {
				logits := make([]float32, 60)
				var top []kernels.Candidate
				for id := range logits {
					logits[id] = float32(math.Round(r.NormFloat64() * 4)) // with ties
					top = append(top, kernels.Candidate{ID: int32(id), Logit: logits[id]})
				}
				slices.SortFunc(top, kernels.Likelier)
				k := some.Enough(text)
				if k == 0 {
					t.Fatal("all logits are asked for")
				}
				got, err := some.Pick(top[:min(k, len(top))])
				want, err2 := all.Next(logits, text)
				if err != nil || err2 != nil || got != want {
					t.Fatalf("of %d tokens %d, %v, of all %d, %v", k, got, err, want, err2)
				}
				text = append(text, got)
			}
		})
	}
	for _, p := range []Params{{Temperature: 1}, {RepeatPenalty: 0.5}, {FrequencyPenalty: -1}, {PresencePenalty: -1}} {
		if k := mustNew(t, p).Enough([]tokenizer.ID{1}); k != 0 {
			t.Errorf("%+v: %d tokens are said to be enough", p, k)
		}
	}
}
