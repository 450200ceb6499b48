package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"lamplight/engine"
	"lamplight/engine/sample"
	"lamplight/internal/fixture"
	"lamplight/tokenizer"
)

// TestGenerateAll holds that answers written together are those written alone, whatever their number, lengths and
// settings, and that one that fails ends alone.
func TestGenerateAll(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	for _, n := range []int{1, 2, 8, 40} {
		var requests []engine.Request
		var want [][]tokenizer.ID
		for i := range n {
			prompt := text(m, 3+37*i%300, i)
			o := engine.GenerateOptions{MaxTokens: 5 + i%7, Sampling: sample.Params{Temperature: float32(i % 3), TopK: 20 * (i % 2), Seed: uint64(i)}}
			requests = append(requests, engine.Request{Session: session(t, m, 0), Prompt: prompt, Options: o})
			want = append(want, answer(t, session(t, m, 0), prompt, o))
		}
		requests = append(requests, engine.Request{Session: session(t, m, 10), Prompt: text(m, 11, 0)})
		got := make([][]tokenizer.ID, n+1)
		failed := 0
		for step, err := range m.GenerateAll(t.Context(), requests...) {
			if err != nil {
				if step.Request != n || !errors.Is(err, engine.ErrContextFull) {
					t.Fatal(step.Request, err)
				}
				failed++
				continue
			}
			got[step.Request] = append(got[step.Request], step.ID)
		}
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("of %d together, answer %d is %v, alone %v", n, i, got[i], want[i])
			}
		}
		if failed != 1 || got[n] != nil {
			t.Errorf("a prompt longer than its context: %d errors and %v", failed, got[n])
		}
		for i, r := range requests[:n] { // all are free again and remember what they said
			if _, err := collect(r.Session.Generate(t.Context(), append(slices.Clone(r.Prompt), got[i]...), engine.GenerateOptions{MaxTokens: 1})); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestGenerateAllEnds holds that a consumer that leaves, or cancels, leaves all sessions free.
func TestGenerateAllEnds(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	var requests []engine.Request
	for i := range 40 { // more than one pass takes
		requests = append(requests, engine.Request{Session: session(t, m, 0), Prompt: text(m, 20+i, i)})
	}
	for n := range 12 {
		for _, err := range m.GenerateAll(t.Context(), requests...) {
			if err != nil {
				t.Fatal(err)
			}
			if n--; n < 0 {
				break
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		steps, last := 0, error(nil)
		for _, err := range m.GenerateAll(ctx, requests...) {
			if steps++; steps == 3 {
				cancel()
			}
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Fatalf("a cancelled sequence ended with %v", last)
		}
		cancel()
	}
	same := engine.Request{Session: requests[0].Session, Prompt: requests[0].Prompt}
	var errs []error
	for _, err := range m.GenerateAll(t.Context(), same, same) {
		if err != nil {
			errs = append(errs, err)
			break
		}
	}
	if len(errs) != 1 || !errors.Is(errs[0], engine.ErrBusy) {
		t.Errorf("a session used twice: %v", errs)
	}
}

// TestLookup holds that guessing ahead changes no token, for greedy and for seeded sampling, with and without
// penalties, and that a text which repeats itself needs fewer passes.
func TestLookup(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	for seed := range uint64(6) {
		part := text(m, 60, int(seed))
		prompt := slices.Concat(part, part[:40])
		for name, p := range map[string]sample.Params{
			"greedy":    {},
			"seeded":    {Temperature: 0.7, TopK: 5, TopP: 0.9, Seed: seed},
			"all":       {Temperature: 1, MinP: 0.1, Seed: seed},
			"penalties": {Temperature: 0.5, TopK: 20, RepeatPenalty: 1.3, DRY: sample.DRY{Multiplier: 0.8}, Seed: seed},
			"rewards":   {Temperature: 0.5, TopK: 20, PresencePenalty: -2, FrequencyPenalty: -1, Seed: seed}, // repeats itself
		} {
			o := engine.GenerateOptions{MaxTokens: 120, Sampling: p}
			with := answer(t, session(t, m, 0), prompt, o)
			o.NoLookup = true
			if without := answer(t, session(t, m, 0), prompt, o); !slices.Equal(with, without) {
				t.Errorf("%s, seed %d: %v with lookup, %v without", name, seed, with, without)
			}
		}
	}
}

// TestLookupNearTheEnd holds that drafts never reach beyond the context, nor beyond the tokens asked for.
func TestLookupNearTheEnd(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	part := text(m, 20, 3)
	prompt := slices.Concat(part, part)
	p := sample.Params{PresencePenalty: -100}
	for _, context := range []int{40, 41, 45, 60} {
		for _, most := range []int{0, 1, 3, 10} {
			var answers [2][]tokenizer.ID
			var errs [2]error
			for i, off := range []bool{false, true} {
				s := session(t, m, context)
				answers[i], errs[i] = collect(s.Generate(t.Context(), prompt, engine.GenerateOptions{MaxTokens: most, Sampling: p, NoLookup: off}))
			}
			if !slices.Equal(answers[0], answers[1]) || fmt.Sprint(errs[0]) != fmt.Sprint(errs[1]) {
				t.Errorf("context %d, at most %d tokens: %d tokens and %v with lookup, %d and %v without", context, most, len(answers[0]), errs[0], len(answers[1]), errs[1])
			}
		}
	}
}
