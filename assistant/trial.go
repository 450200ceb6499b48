package assistant

import (
	"context"
	"errors"
	"iter"

	"lamplight/engine"
	"lamplight/engine/sample"
)

// Trial is a question that several models are asked outside of every conversation, to hold their answers against each
// other.
type Trial struct {
	Models    []string // their IDs in the library, in the order in which they answer
	Question  string
	Seed      uint64 // of every answer
	MaxTokens int    // of each answer; 0: as many as the context has room for
}

// TrialPiece is a step of the answer of a model.
type TrialPiece struct {
	Model int // index in Trial.Models
	Piece
}

// Try yields the answers of the models, one after the other. They are sampled alike: as the makers of the first one
// recommend, with the user's choices in their place. One model is in memory at a time, and the last one stays there
// until another is needed; nothing of the question and the answers does. Each answer ends with stage Done, and the
// sequence with the last of them or with one error, ctx.Err() after a cancellation. It must be ranged over once.
func (r *Runner) Try(ctx context.Context, t Trial) iter.Seq2[TrialPiece, error] {
	return func(yield func(TrialPiece, error) bool) {
		var sampling *sample.Params // of the first model
		for i := range t.Models {
			a := &answer{c: NewConversation(r, nil)}
			a.yield = func(p Piece, err error) bool { return yield(TrialPiece{i, p}, err) }
			err := a.try(ctx, t, i, &sampling)
			if a.left || !a.yield(Piece{Stage: Done, Stats: a.stats}, nil) {
				return
			}
			if err != nil {
				a.yield(Piece{}, err)
				return
			}
		}
	}
}

// try writes the answer of model number i.
func (a *answer) try(ctx context.Context, t Trial, i int, sampling **sample.Params) error {
	if err := a.c.begin(func() error { a.c.ask(Turn{Text: t.Question}); return nil }); err != nil {
		return err
	}
	if err := a.send(Piece{Stage: Loading}); err != nil {
		return err
	}
	r := a.c.runner
	if err := r.acquire(ctx); err != nil {
		return err
	}
	defer r.release()
	l, err := r.loadModel(ctx, t.Models[i])
	if err != nil {
		return err
	}
	if *sampling == nil {
		params := r.Settings().Sampling.Apply(l.model.Sampling())
		params.Seed = t.Seed
		*sampling = &params
	}
	prompt, err := a.c.prompt(l)
	if err != nil {
		return err
	}
	l.session.Reset() // all read the whole question
	defer l.session.Reset()
	a.count(l, prompt)
	err = a.generate(ctx, l, prompt, engine.GenerateOptions{Sampling: **sampling, MaxTokens: t.MaxTokens})
	a.stats.ContextUsed = l.session.Len()
	if errors.Is(err, engine.ErrContextFull) || errors.Is(err, ErrLoop) {
		return nil // the next one is asked all the same
	}
	return err
}
