package train

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"lamplight/tokenizer"
)

// Options say how a model is trained. The zero value of a number is the value in brackets.
type Options struct {
	LoRA    *LoRA // an adapter is trained; nil: all weights are
	Scratch bool  // all weights begin as random numbers; of the base model only shape and vocabulary count

	Epochs    int     // how often every example is learnt from (1)
	Batch     int     // examples in a step (8)
	Positions int     // of one pass over the weights, which takes as many examples as fit (512)
	Rate      float32 // the highest learning rate (2e-4 for an adapter, 5e-5 for all weights, 1e-3 from scratch)
	WarmUp    float32 // the part of all steps in which the rate rises (0.03)
	Decay     float32 // of weights, not of gains (0)
	Clip      float32 // bound of the gradients' length (1); negative: none
	Muon      float32 // the highest rate of the layers' matrices, which Muon changes then, AdamW the rest; 0.02 suits most (0: AdamW changes all)
	Ordered   bool    // every epoch has the examples in their order; else each has an order of its own
	Seed      uint64

	EvalEvery int // steps between evaluations (an epoch)
	Patience  int // evaluations without a better one after which training ends (never)

	// Wait, if set, is called between layers and may take its time: training waits for it. An error ends the training as
	// the end of Run's context does.
	Wait func(context.Context) error `json:"-"`

	Folder    string        `json:"-"` // where the state is kept from which Run goes on; "": nowhere
	SaveEvery time.Duration `json:"-"` // how often it is written (a minute); negative: after every step
	Threads   int           `json:"-"` // (all)
	Keep      int           `json:"-"` // bytes of activations that are kept instead of computed again (512 MiB); negative: none
}

func orDefault[T int | float32 | time.Duration](v *T, otherwise T) {
	if *v == 0 {
		*v = otherwise
	}
}

// fill sets defaults and refuses what makes no sense.
func (o *Options) fill() error {
	rate := float32(5e-5)
	switch {
	case o.LoRA != nil:
		rate = 2e-4
	case o.Scratch:
		rate = 1e-3
	}
	orDefault(&o.Epochs, 1)
	orDefault(&o.Batch, 8)
	orDefault(&o.Positions, 512)
	orDefault(&o.Rate, rate)
	orDefault(&o.WarmUp, 0.03)
	orDefault(&o.Clip, 1)
	orDefault(&o.SaveEvery, time.Minute)
	orDefault(&o.Keep, 512<<20)
	for _, v := range []struct {
		name      string
		n, lo, hi int
	}{
		{"epochs", o.Epochs, 1, 100_000},
		{"examples of a step", o.Batch, 1, 100_000},
		{"positions", o.Positions, 1, maxPositions},
		{"steps between evaluations", o.EvalEvery, 0, math.MaxInt},
		{"patience", o.Patience, 0, math.MaxInt},
		{"threads", o.Threads, 0, 256},
	} {
		if v.n < v.lo || v.n > v.hi {
			return fmt.Errorf("%s: %d should be %d to %d: %w", v.name, v.n, v.lo, v.hi, ErrOptions)
		}
	}
	for _, v := range []struct {
		name string
		x    float32
		hi   float32
	}{{"learning rate", o.Rate, 1}, {"warm-up", o.WarmUp, 1}, {"weight decay", o.Decay, 1}, {"rate of Muon", o.Muon, 1}} {
		if !(v.x >= 0 && v.x <= v.hi) {
			return fmt.Errorf("%s: %g should be 0 to %g: %w", v.name, v.x, v.hi, ErrOptions)
		}
	}
	if o.LoRA == nil {
		return nil
	}
	if o.Muon > 0 {
		return fmt.Errorf("the rate of Muon, for an adapter: %w", ErrOptions)
	}
	if o.Scratch {
		return fmt.Errorf("an adapter of weights that begin at random: %w", ErrOptions)
	}
	return o.LoRA.check()
}

// maxPositions bounds one pass over the weights.
const maxPositions = 1 << 16

// checkExamples makes sure that the model can learn from them.
func checkExamples(list []Example, vocab int) error {
	for i, e := range list {
		switch {
		case len(e.Tokens) < 2 || len(e.Tokens) != len(e.Target):
			return fmt.Errorf("example %d has %d tokens and %d marks: %w", i+1, len(e.Tokens), len(e.Target), ErrExamples)
		case e.positions() > maxPositions:
			return fmt.Errorf("example %d has %d tokens: %w", i+1, len(e.Tokens), ErrExamples)
		case e.targets() == 0:
			return fmt.Errorf("example %d has nothing to learn: %w", i+1, ErrExamples)
		}
		for _, id := range e.Tokens {
			if id < 0 || int(id) >= vocab {
				return fmt.Errorf("example %d has token %d of a vocabulary of %d: %w", i+1, id, vocab, ErrExamples)
			}
		}
	}
	return nil
}

// fingerprint tells trainings apart that must not go on from each other's state: by the settings that change the result,
// the examples and the weights they begin with.
func fingerprint(m *model, o Options, lists ...[]Example) string {
	h := sha256.New()
	json.NewEncoder(h).Encode(o) // numbers and texts only, so it does not fail
	json.NewEncoder(h).Encode(m.cfg)
	sample := func(l *linear) {
		fmt.Fprintln(h, l.name, l.frozen.Type)
		h.Write(l.frozen.Row(0))
		h.Write(l.frozen.Row(l.out - 1))
	}
	sample(m.embed)
	for i := range m.layers {
		for _, l := range m.layers[i].linears() {
			sample(l)
		}
	}
	for _, list := range lists {
		fmt.Fprintln(h, len(list))
		for _, e := range list {
			writeExample(h, e.Tokens, e.Target)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writeExample(h interface{ Write([]byte) (int, error) }, ids []tokenizer.ID, target []bool) {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(ids)))
	for i, id := range ids {
		v := uint32(id) << 1
		if target[i] {
			v |= 1
		}
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	h.Write(b)
}
