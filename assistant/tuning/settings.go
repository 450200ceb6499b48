package tuning

import (
	"math"

	"lamplight/engine/train"
)

// Settings say how a model learns. Zero values are chosen by the number of examples.
type Settings struct {
	Rank      int     // of the adapter: how much room there is for what is new
	Epochs    int     // how often every example is learnt from at most
	Batch     int     // examples in a step
	Rate      float32 // the highest learning rate
	MaxTokens int     // longer examples are left out
	HoldBack  float64 // the part of the examples that is not learnt but looked at to see what was; negative: none
	Patience  int     // looks without getting better, one an epoch, after which it ends; negative: it goes on to the end
	Seed      uint64  // of everything that is left to chance
}

// Bounds of what a user may choose.
const (
	MaxRank   = 64
	MaxEpochs = 1000
	MaxBatch  = 64
	MaxRate   = 0.1
)

// filled puts what is usual in the place of zeros. Few examples are seen more often, and in smaller steps, so that there are
// enough of them. What is held back tells when to end. The rate falls with the width of the model, as wide layers change more
// by the same step; it is about ten times of what suits all weights.
func (s Settings) filled(examples int, b *Base) Settings {
	usual := Settings{Rank: 8, Epochs: 2, Batch: 8, MaxTokens: min(512, b.Context), HoldBack: 0.1, Patience: 2, Rate: usualRate(b.hidden)}
	switch {
	case examples < 100:
		usual.Epochs = 12
	case examples < 400:
		usual.Epochs = 8
	case examples < 2000:
		usual.Epochs = 4
	}
	if examples < 500 {
		usual.Batch = 4
	}
	orUsual(&s.Rank, usual.Rank)
	orUsual(&s.Epochs, usual.Epochs)
	orUsual(&s.Batch, usual.Batch)
	orUsual(&s.Rate, usual.Rate)
	orUsual(&s.MaxTokens, usual.MaxTokens)
	orUsual(&s.HoldBack, usual.HoldBack)
	orUsual(&s.Patience, usual.Patience)
	return s
}

func orUsual[T int | float32 | float64](v *T, usual T) {
	if *v == 0 {
		*v = usual
	}
}

// usualRate is 0.0005 for a width of 2,000, rounded to a digit that people read.
func usualRate(hidden int) float32 {
	rate := 5e-4 * math.Sqrt(2000/float64(max(hidden, 1)))
	unit := math.Pow(10, math.Floor(math.Log10(rate)))
	return float32(math.Round(rate/unit) * unit)
}

// options are the settings as training takes them.
func (p *Prepared) options() train.Options {
	s := p.Settings
	return train.Options{
		LoRA:   &train.LoRA{Rank: s.Rank, Alpha: float32(2 * s.Rank)},
		Epochs: s.Epochs, Batch: s.Batch, Positions: s.MaxTokens, Rate: s.Rate, Seed: s.Seed, Patience: max(0, s.Patience),
	}
}
