package train

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"
)

// Run trains from where the training is to its end, and yields after every step. When ctx ends, the step that is under
// way is given up and the error is that of ctx; when the consumer leaves the loop, training stops there. The
// state is in the folder in both cases, if there is one. At the end the parameters are those of the best evaluation,
// if there was any.
func (t *Trainer) Run(ctx context.Context) iter.Seq2[Progress, error] {
	return func(yield func(Progress, error) bool) {
		for !t.at.Finished {
			p := Progress{Loss: math.NaN(), EvalLoss: math.NaN(), Steps: t.Steps()}
			err := guard(func() error { return t.advance(ctx, &p) })
			if err == nil && (t.at.Finished || p.Best || t.o.SaveEvery < 0 || time.Since(t.saved) > t.o.SaveEvery) {
				err = t.checkpoint()
			}
			if err == nil {
				err = t.finish()
			}
			if err != nil {
				if ctx.Err() != nil {
					err = errors.Join(err, t.checkpoint())
				}
				yield(p, fmt.Errorf("train: step %d: %w", t.at.Step+1, err))
				return
			}
			if !yield(p, nil) {
				_ = t.checkpoint() // if it fails, what was saved before is still there
				return
			}
		}
	}
}

// checkpoint writes the state, if it is kept.
func (t *Trainer) checkpoint() error {
	if t.o.Folder == "" {
		return nil
	}
	t.saved = time.Now()
	return t.save(checkpointFile, true)
}

// advance does a step, and evaluates when it is time to. A training that was interrupted in an evaluation begins with it.
func (t *Trainer) advance(ctx context.Context, p *Progress) error {
	if err := t.src.Intact(); err != nil {
		return err
	}
	if !t.due() {
		if err := t.step(ctx, p); err != nil {
			return err
		}
	}
	if t.due() {
		if err := t.evaluate(ctx, p); err != nil {
			return err
		}
	}
	t.at.Finished = t.at.Step == t.Steps() || t.o.Patience > 0 && t.at.Worse >= t.o.Patience
	p.Step, p.Epoch = t.at.Step, (t.at.Step-1)/t.perEpoch()+1
	return nil
}

// step changes the parameters once.
func (t *Trainer) step(ctx context.Context, p *Progress) error {
	began := time.Now()
	examples := t.examples(t.at.Step)
	targets, loss := 0, 0.0
	for _, e := range examples {
		targets += e.targets()
		p.Tokens += e.positions()
	}
	t.m.clearGrads()
	for i, b := range pack(examples, t.o.Positions) {
		b.id = uint64(t.at.Step)<<20 + uint64(i) + 1
		sum, err := t.s.step(ctx, &b, 1/float32(targets))
		if err != nil {
			return err
		}
		loss += sum
	}
	p.Loss, p.Norm = loss/float64(targets), t.m.gradNorm()
	if sum := p.Loss + p.Norm; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return ErrDiverged
	}
	warm := int(math.Ceil(float64(t.o.WarmUp) * float64(t.Steps())))
	p.Rate = t.o.Rate * float32(rate(t.at.Step, t.Steps(), warm))
	t.m.update(t.at.Step+1, p.Rate, t.o.Decay, max(0, t.o.Clip), p.Norm)
	t.at.Step++
	p.TokensPerSecond = float64(p.Tokens) / time.Since(began).Seconds()
	return nil
}

// examples returns those of a step, counted from 0.
func (t *Trainer) examples(step int) (list []Example) {
	epoch, at := step/t.perEpoch(), step%t.perEpoch()*t.o.Batch
	if t.o.Ordered {
		return t.train[at:min(at+t.o.Batch, len(t.train))]
	}
	order := rand.New(rand.NewPCG(t.o.Seed, uint64(epoch))).Perm(len(t.train))
	for _, i := range order[at:min(at+t.o.Batch, len(order))] {
		list = append(list, t.train[i])
	}
	return list
}

// due reports whether the parameters are to be evaluated now.
func (t *Trainer) due() bool {
	every := t.o.EvalEvery
	orDefault(&every, t.perEpoch())
	now := t.at.Step%every == 0 || t.at.Step == t.Steps()
	return len(t.val) > 0 && now && t.at.Evaluated < t.at.Step
}

// evaluate computes the loss of the examples that are held back and keeps the parameters if it is the best so far.
func (t *Trainer) evaluate(ctx context.Context, p *Progress) error {
	sum, targets := 0.0, 0
	for _, e := range t.val {
		targets += e.targets()
	}
	for _, b := range pack(t.val, t.o.Positions) {
		loss, err := t.s.evaluate(ctx, &b)
		if err != nil {
			return err
		}
		sum += loss
	}
	p.EvalLoss = sum / float64(targets)
	if math.IsNaN(p.EvalLoss) {
		return ErrDiverged
	}
	next := t.at
	next.Evaluated = next.Step
	if next.Worse++; next.BestStep == 0 || p.EvalLoss < next.Best {
		next.Best, next.BestStep, next.Worse, p.Best = p.EvalLoss, next.Step, 0, true
		if err := t.keepBest(); err != nil {
			return err
		}
	}
	t.at = next
	return nil
}

// keepBest keeps the parameters as they are for the end.
func (t *Trainer) keepBest() error {
	if t.o.Folder != "" {
		return t.save(bestFile, false)
	}
	t.best = t.best[:0]
	for _, p := range t.m.params {
		t.best = append(t.best, append([]float32(nil), p.Value...))
	}
	return nil
}

// finish takes the parameters of the best evaluation when the training is done.
func (t *Trainer) finish() error {
	if !t.at.Finished || t.at.BestStep == 0 || t.at.BestStep == t.at.Step {
		return nil
	}
	if t.o.Folder == "" {
		for i, p := range t.m.params {
			copy(p.Value, t.best[i])
		}
		return nil
	}
	_, found, err := t.load(bestFile, false)
	if err == nil && !found {
		err = fmt.Errorf("%s is not there: %w", bestFile, ErrCheckpoint)
	}
	return err
}
