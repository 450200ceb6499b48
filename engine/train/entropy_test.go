package train

import (
	"math/rand/v2"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/tokenizer"
)

// TestEntropy trains a model from nothing on a made-up language. Nobody can guess better than its entropy, and the model comes
// within 5 % of it on sentences that it has not seen.
func TestEntropy(t *testing.T) {
	race.Skip(t)
	r := rand.New(rand.NewPCG(7, 7))
	language := fixture.NewLanguage(7)
	sentences := func(n int) (list []Example) {
		for range n {
			e := Example{}
			for i, word := range language.Sentence(r, 40) {
				e.Tokens = append(e.Tokens, tokenizer.ID(300+word))
				e.Target = append(e.Target, i > 0)
			}
			list = append(list, e)
		}
		return list
	}
	train, val := sentences(400), sentences(60)
	tr := newTrainer(t, fixture.GGUF(t, fixture.Options{}), train, val, Options{Scratch: true, Epochs: 4, Batch: 10, Positions: 400, Rate: 4e-3, Seed: 2})
	list := run(t, tr)
	const entropy = fixture.LanguageEntropy
	got := list[len(list)-1].EvalLoss
	t.Logf("%d steps: the loss is %.4f, the entropy %.4f", len(list), got, entropy)
	if got > 1.05*entropy || got < 0.95*entropy {
		t.Errorf("the loss is %v, the entropy %v", got, entropy)
	}
}
