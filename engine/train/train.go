// Package train changes a model's weights so that it says what examples say: it trains adapters of low rank (LoRA) beside
// frozen weights of any type, all weights, or all weights from nothing.
//
//	t, err := train.New(ctx, "gemma-3-270m-it", examples, held, train.Options{LoRA: &train.LoRA{Rank: 8, Alpha: 16}})
//	defer t.Close()
//	for p, err := range t.Run(ctx) { … } // a step each
//	err = t.Adapter().WriteFolder(dir)
//
// The decoder is in forward.go and backward.go, which read from top to bottom as the papers do; attention.go and loss.go are
// its two parts that are computed by blocks, and ops.go has the operations over rows with their gradients. Everything is
// float32, but for the factors of products with frozen weights that are quantized or BF16: these are rounded to bfloat16 where
// the processor multiplies that faster, as fine-tuning in mixed precision does. Sums run in one order whatever the number of threads, and what is random depends on the seed and the step: the
// same examples, settings and kernels give the same weights, bit for bit, also when the training was interrupted.
package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"lamplight/engine/adapter"
	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/kernels"
)

// What can be wrong, for errors.Is. Errors about the base model are those of package source.
var (
	// ErrOptions: a setting that makes no sense.
	ErrOptions = errors.New("a setting is out of range")
	// ErrExamples: nothing can be learnt from an example.
	ErrExamples = errors.New("the examples are not as they should be")
	// ErrCheckpoint: a state of a training that cannot be read.
	ErrCheckpoint = errors.New("the state of the training is damaged")
	// ErrOther: the folder has the state of a training with other settings, examples or weights.
	ErrOther = errors.New("the folder holds the state of another training")
	// ErrDiverged: the loss or a gradient is no number any more.
	ErrDiverged = errors.New("the training has diverged: a lower learning rate may help")
)

// Trainer trains one model. It has one user at a time.
type Trainer struct {
	o          Options
	src        *source.Source
	m          *model
	s          *state
	pool       *kernels.Pool
	train, val []Example
	at         progress
	saved      time.Time
	best       [][]float32 // parameters of the best evaluation, where there is no folder for them
}

// Progress is what is known after a step.
type Progress struct {
	Step, Steps     int     // done, of how many
	Epoch           int     // counted from 1
	Loss            float64 // mean over the tokens learnt in this step
	EvalLoss        float64 // of the examples held back; NaN where they were not evaluated
	Best            bool    // no earlier evaluation was better
	Rate            float32
	Norm            float64 // length of the gradients, before it is bounded
	Tokens          int     // positions computed in this step
	TokensPerSecond float64
}

// New prepares the training of the model at path base: a GGUF file or a Hugging Face folder. val are examples that
// are not learnt but evaluated; there may be none. A state that o.Folder has of the same training is read.
func New(ctx context.Context, base string, train, val []Example, o Options) (_ *Trainer, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("train: %w", err)
		}
	}()
	if err := o.fill(); err != nil {
		return nil, err
	}
	if len(train) == 0 {
		return nil, fmt.Errorf("there are none: %w", ErrExamples)
	}
	k, err := kernels.Detect()
	if err != nil {
		return nil, err
	}
	t := &Trainer{o: o, train: train, val: val, saved: time.Now()}
	defer func() {
		if err != nil {
			t.Close()
		}
	}()
	if t.src, err = source.Open(base); err != nil {
		return nil, err
	}
	orDefault(&o.Threads, runtime.GOMAXPROCS(0))
	t.pool = kernels.NewPool(o.Threads)
	if t.m, err = newModel(t.src, k, t.pool); err != nil {
		return nil, err
	}
	return t, t.prepare(ctx)
}

func (t *Trainer) prepare(ctx context.Context) error {
	for _, list := range [][]Example{t.train, t.val} {
		if err := checkExamples(list, t.m.cfg.Vocab); err != nil {
			return err
		}
	}
	return guard(func() error {
		t.at.Fingerprint = fingerprint(t.m, t.o, t.train, t.val)
		t.m.seed, t.m.muon.rate = t.o.Seed, t.o.Muon/t.o.Rate
		if t.o.LoRA != nil {
			t.m.attach(*t.o.LoRA, t.o.Seed)
		} else {
			if err := t.m.unfreeze(ctx, t.o.Scratch, t.o.Seed); err != nil {
				return err
			}
			t.src.Release() // the weights are in memory now
		}
		longest := t.o.Positions
		for _, list := range [][]Example{t.train, t.val} {
			for _, e := range list {
				longest = max(longest, e.positions())
			}
		}
		t.s = newState(t.m, longest, max(0, t.o.Keep))
		t.s.wait = t.o.Wait
		if t.o.Folder == "" {
			return nil
		}
		if err := os.MkdirAll(t.o.Folder, 0o700); err != nil {
			return err
		}
		at, found, err := t.load(checkpointFile, true)
		if err != nil || !found {
			return err
		}
		t.at = at
		return t.finish()
	})
}

// guard turns the fault of reading a file that was cut short into an error. Every other panic goes on.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = fmt.Errorf("a file was cut short while it was read: %w", gguf.ErrTruncated)
		default:
			panic(r)
		}
	}()
	return f()
}

// Adapter returns the adapter in training, sharing its numbers. It is nil when all weights are trained.
func (t *Trainer) Adapter() *adapter.Adapter {
	if t.o.LoRA == nil {
		return nil
	}
	a := &adapter.Adapter{Architecture: t.m.cfg.Architecture, Base: t.src.Facts().Name}
	for i := range t.m.layers {
		for _, l := range t.m.layers[i].linears() {
			if l.a != nil {
				a.Factors = append(a.Factors, adapter.Factor{Name: l.name, Rank: l.rank(), In: l.in, Out: l.out, A: l.a.Value, B: l.b.Value, Scale: l.scale})
			}
		}
	}
	return a
}

// Close frees what the trainer has.
func (t *Trainer) Close() error {
	if t.pool != nil {
		t.pool.Close()
	}
	if t.src != nil {
		return t.src.Close()
	}
	return nil
}

// perEpoch is the number of steps of an epoch.
func (t *Trainer) perEpoch() int { return (len(t.train) + t.o.Batch - 1) / t.o.Batch }

// Steps returns how many steps the training has.
func (t *Trainer) Steps() int { return t.o.Epochs * t.perEpoch() }

// Step returns how many are done.
func (t *Trainer) Step() int { return t.at.Step }

// Parameters returns how many numbers are trained.
func (t *Trainer) Parameters() (n int64) {
	for _, p := range t.m.params {
		n += int64(len(p.Value))
	}
	return n
}
