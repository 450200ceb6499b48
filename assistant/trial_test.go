package assistant

import (
	"context"
	"errors"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/library"
)

// tried collects the answers of a trial and what they cost.
func tried(t *testing.T, r *Runner, trial Trial) (texts []string, stats []Stats) {
	t.Helper()
	texts, stats = make([]string, len(trial.Models)), make([]Stats, len(trial.Models))
	last := 0
	for p, err := range r.Try(t.Context(), trial) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Model < last {
			t.Errorf("model %d speaks after model %d", p.Model, last)
		}
		last = p.Model
		texts[p.Model] += p.Text
		if p.Stage == Done {
			stats[p.Model] = p.Stats
		}
	}
	return texts, stats
}

func TestTry(t *testing.T) {
	r, lib := newRunner(t, Settings{ContextLength: 128})
	first, _ := lib.Active()
	second := use(t, lib, fixture.Options{Seed: 7, Name: "Other"})
	const most = 12
	trial := Trial{Models: []string{first.ID, second.ID, first.ID}, Question: "Why does the tide come twice?", Seed: 3, MaxTokens: most}
	texts, stats := tried(t, r, trial)
	if texts[0] == "" || texts[0] != texts[2] {
		t.Errorf("the same model says %q and %q", texts[0], texts[2])
	}
	if texts[0] == texts[1] {
		t.Errorf("two models say the same: %q", texts[0])
	}
	for i, s := range stats {
		if s.Model != trial.Models[i] || s.Answer != most || s.AnswerSeconds <= 0 || s.Prompt == 0 || s.Kernels == "" {
			t.Errorf("answer %d cost %+v", i, s)
		}
	}
	if r.loaded == nil || r.loaded.id != first.ID || r.loaded.session.Len() != 0 {
		t.Error("the last model is not in memory, or it remembers what was said")
	}
	if again, _ := tried(t, r, trial); again[1] != texts[1] {
		t.Errorf("with the same seed it says %q, then %q", texts[1], again[1])
	}
	trial.Seed++
	if other, _ := tried(t, r, trial); other[0] == texts[0] {
		t.Errorf("with another seed it says the same: %q", other[0])
	}

	// A conversation is the active model's all the same, and its draft is counted by that one.
	if _, s, err := ask(t, NewConversation(r, nil), "And the moon?", 3); !errors.Is(err, context.Canceled) || s.Model != second.ID {
		t.Errorf("%s answers: %v", s.Model, err)
	}
	tried(t, r, trial)
	if _, ok := NewConversation(r, nil).Measure("how long"); ok {
		t.Error("a draft is counted by a model that is not the active one")
	}
}

func TestTryFills(t *testing.T) {
	r, lib := newRunner(t, Settings{ContextLength: 48})
	m, _ := lib.Active()
	_, stats := tried(t, r, Trial{Models: []string{m.ID, m.ID}, Question: "Go on", Seed: 1})
	for i, s := range stats {
		if s.ContextUsed != s.ContextLength {
			t.Errorf("answer %d has used %d of %d", i, s.ContextUsed, s.ContextLength)
		}
	}
}

func TestTryFails(t *testing.T) {
	r, lib := newRunner(t, Settings{ContextLength: 64})
	m, _ := lib.Active()
	follow := func(ctx context.Context, trial Trial, at func(TrialPiece)) (done int, last error) {
		for p, err := range r.Try(ctx, trial) {
			if last = err; err == nil && p.Stage == Done {
				done++
			}
			if at != nil {
				at(p)
			}
		}
		return done, last
	}
	if done, err := follow(t.Context(), Trial{Models: []string{m.ID, "missing", m.ID}, Question: "Go on", MaxTokens: 2}, nil); !errors.Is(err, library.ErrNotFound) || done != 2 {
		t.Errorf("after %d answers: %v", done, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop := func(p TrialPiece) {
		if p.Stage == Answering {
			cancel()
		}
	}
	if done, err := follow(ctx, Trial{Models: []string{m.ID, m.ID}, Question: "Go on"}, stop); !errors.Is(err, context.Canceled) || done != 1 {
		t.Errorf("stopped after %d answers: %v", done, err)
	}
	for range r.Try(t.Context(), Trial{Models: []string{m.ID, m.ID}, Question: "Go on"}) {
		break // who breaks off leaves a runner that can be used
	}
	if r.Busy() {
		t.Error("the model is still held")
	}
}
