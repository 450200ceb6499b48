package engine_test

import (
	"context"
	"errors"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"lamplight/engine"
	"lamplight/engine/sample"
	"lamplight/internal/fixture"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// TestChances holds that the chances of an answer are the softmax of the logits that Logits gives, whatever the cache
// held before, and that the session goes on from what was read.
func TestChances(t *testing.T) {
	for _, kind := range []kernels.Type{kernels.F32, kernels.Q8_0} {
		m := load(t, fixture.GGUF(t, fixture.Options{Type: kind}), 2)
		prompt := text(m, 300, 3)
		s := session(t, m, 0)
		said := answer(t, s, prompt, engine.GenerateOptions{MaxTokens: 50, Sampling: sample.Params{Temperature: 1, Seed: 5}})
		logits := rows(t, session(t, m, 0), slices.Concat(prompt, said))
		for name, s := range map[string]*engine.Session{"in the session that wrote it": s, "in another one": session(t, m, 0)} {
			i := 0
			for c, err := range s.Chances(context.Background(), prompt, said, 4) {
				if err != nil {
					t.Fatal(err)
				}
				checkChance(t, m, c, said[i], logits[len(prompt)-1+i])
				i++
			}
			if i != len(said) || s.Len() != len(prompt)+len(said)-1 {
				t.Errorf("%s: %d chances of %d, %d tokens in the cache", name, i, len(said), s.Len())
			}
			options := engine.GenerateOptions{MaxTokens: 5, Sampling: sample.Params{Temperature: 1, Seed: 6}}
			found := -1
			options.Prefill = func(done, _ int) {
				if found < 0 {
					found = done
				}
			}
			next := slices.Concat(prompt, said, text(m, 20, 9))
			if got, want := answer(t, s, next, options), answer(t, session(t, m, 0), next, engine.GenerateOptions{MaxTokens: 5, Sampling: options.Sampling}); !slices.Equal(got, want) || found != len(prompt)+len(said)-1 {
				t.Errorf("%s: it goes on with %v, want %v; %d tokens were in the cache", name, got, want, found)
			}
			found = -1
			if answer(t, s, prompt, options); found < len(prompt)-1 { // the end of the prompt was marked
				t.Errorf("%s: %d tokens of the prompt are left in the cache", name, found)
			}
		}
	}
}

func checkChance(t *testing.T, m *engine.Model, c engine.Chance, id tokenizer.ID, logits []float32) {
	t.Helper()
	var sum float64
	for _, l := range logits {
		sum += math.Exp(float64(l))
	}
	p := func(id tokenizer.ID) float64 { return math.Exp(float64(logits[id])) / sum }
	if math.Abs(float64(c.P)-p(id)) > 1e-5*p(id) {
		t.Fatalf("token %d: %v, want %v", id, c.P, p(id))
	}
	if len(c.Others) != 4 {
		t.Fatalf("%d others", len(c.Others))
	}
	for i, o := range c.Others {
		if o.ID == id || slices.Contains(m.StopTokens(), o.ID) || m.Tokenizer().Kind(o.ID) == tokenizer.Control || i > 0 && o.P > c.Others[i-1].P ||
			math.Abs(float64(o.P)-p(o.ID)) > 1e-5*p(o.ID) {
			t.Fatalf("in the place of %d: %+v, whose chance is %v", id, c.Others, p(o.ID))
		}
	}
}

func TestChancesRefuses(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 1)
	s := session(t, m, 32)
	first := func(ctx context.Context, prompt, said []tokenizer.ID) (err error) {
		for _, err = range s.Chances(ctx, prompt, said, 2) {
			break
		}
		return err
	}
	if err := first(context.Background(), nil, []tokenizer.ID{3}); err == nil {
		t.Error("the chances after nothing")
	}
	if err := first(context.Background(), text(m, 30, 1), text(m, 4, 2)); !errors.Is(err, engine.ErrContextFull) {
		t.Errorf("more than the context: %v", err)
	}
	if err := first(context.Background(), text(m, 30, 1), text(m, 3, 2)); err != nil {
		t.Errorf("all of the context: %v", err)
	}
	if err := first(context.Background(), text(m, 10, 1), []tokenizer.ID{-1, 3}); err == nil {
		t.Error("the chance of a token that is not there")
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := first(ended, text(m, 10, 1), text(m, 4, 2)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for c, err := range s.Chances(context.Background(), text(m, 10, 1), nil, 2) {
		t.Errorf("of no answer: %+v, %v", c, err)
	}
}

// BenchmarkChances writes an answer with the model that LAMPLIGHT_BENCH_MODEL names and asks how likely its tokens were:
// the second as a multiple of the first.
func BenchmarkChances(b *testing.B) {
	path := os.Getenv("LAMPLIGHT_BENCH_MODEL")
	if path == "" {
		b.Skip("LAMPLIGHT_BENCH_MODEL is not set")
	}
	m, err := engine.Load(context.Background(), path, engine.LoadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	s, err := m.NewSession(engine.SessionOptions{ContextLength: 512})
	if err != nil {
		b.Fatal(err)
	}
	prompt := text(m, 64, 3)
	options := engine.GenerateOptions{MaxTokens: 128, Sampling: m.Sampling(), NoLookup: true, Teacher: text(m, 128, 5)}
	var write, ask time.Duration
	for b.Loop() {
		var ids []tokenizer.ID
		var start time.Time // after the prompt was read
		for token, err := range s.Generate(context.Background(), prompt, options) {
			if err != nil {
				b.Fatal(err)
			}
			if ids = append(ids, token.ID); start.IsZero() {
				start = time.Now()
			}
		}
		write += time.Since(start)
		start = time.Now()
		for _, err := range s.Chances(context.Background(), prompt, ids, 5) {
			if err != nil {
				b.Fatal(err)
			}
		}
		ask += time.Since(start)
	}
	b.ReportMetric(ask.Seconds()/write.Seconds(), "of-writing")
}
