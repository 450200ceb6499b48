package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/tokenizer"
)

// TestEntropy trains a model from nothing on a made-up language: after each of 24 words one of four may follow, with
// probabilities of 1/2, 1/4, 1/8 and 1/8. Nobody can guess better than its entropy, and the model comes within 5 % of it on
// sentences that it has not seen.
func TestEntropy(t *testing.T) {
	race.Skip(t)
	r := rand.New(rand.NewPCG(7, 7))
	const words, length = 24, 40
	var next [words][4]int
	for i := range next {
		copy(next[i][:], r.Perm(words))
	}
	sentences := func(n int) (list []Example) {
		for range n {
			e, at := Example{}, r.IntN(words)
			for i := range length {
				e.Tokens = append(e.Tokens, tokenizer.ID(300+at))
				e.Target = append(e.Target, i > 0)
				at = next[at][[]int{0, 0, 0, 0, 1, 1, 2, 3}[r.IntN(8)]]
			}
			list = append(list, e)
		}
		return list
	}
	train, val := sentences(400), sentences(60)
	tr := newTrainer(t, fixture.GGUF(t, fixture.Options{}), train, val, Options{Scratch: true, Epochs: 4, Batch: 10, Positions: 400, Rate: 4e-3, Seed: 2})
	list := run(t, tr)
	entropy, got := 1.75*math.Ln2, list[len(list)-1].EvalLoss
	t.Logf("%d steps: the loss is %.4f, the entropy %.4f", len(list), got, entropy)
	if got > 1.05*entropy || got < 0.95*entropy {
		t.Errorf("the loss is %v, the entropy %v", got, entropy)
	}
}
