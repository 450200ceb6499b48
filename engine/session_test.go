package engine_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"os"
	"slices"
	"sync"
	"testing"

	"lamplight/engine"
	"lamplight/engine/gguf"
	"lamplight/engine/sample"
	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// text returns n ids of ordinary tokens that differ from seed to seed.
func text(m *engine.Model, n int, seed int) []tokenizer.ID {
	bos, _ := m.BOS()
	ids := []tokenizer.ID{bos}
	for i := 0; len(ids) < n; i++ {
		id := tokenizer.ID((i*i*7 + i*seed + seed) % m.Info().Vocabulary)
		if m.Tokenizer().Kind(id) == tokenizer.Normal {
			ids = append(ids, id)
		}
	}
	return ids
}

// rows collects the logits of every position.
func rows(t *testing.T, s *engine.Session, ids []tokenizer.ID) [][]float32 {
	t.Helper()
	var out [][]float32
	for row, err := range s.Logits(context.Background(), ids) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, slices.Clone(row))
	}
	return out
}

func same(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func answer(t *testing.T, s *engine.Session, prompt []tokenizer.ID, o engine.GenerateOptions) []tokenizer.ID {
	t.Helper()
	var ids []tokenizer.ID
	for token, err := range s.Generate(context.Background(), prompt, o) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, token.ID)
	}
	return ids
}

// TestThreads holds that the number of threads does not change a bit.
func TestThreads(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	one, three := load(t, path, 1), load(t, path, 3)
	ids := text(one, 140, 3)
	a, b := rows(t, session(t, one, 0), ids), rows(t, session(t, three, 0), ids)
	for i := range a {
		if !same(a[i], b[i]) {
			t.Fatalf("position %d: one thread and three differ", i)
		}
	}
}

// TestPrefixReuse holds that an answer after a prompt whose beginning was in the cache equals the answer
// after the same prompt read from nothing, also far beyond the window of the ring layers.
func TestPrefixReuse(t *testing.T) {
	race.Skip(t)
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	options := engine.GenerateOptions{MaxTokens: 10, Sampling: sample.Params{Temperature: 1, Seed: 5}}
	shared, other := text(m, 400, 3), text(m, 60, 4)
	for name, c := range map[string]struct {
		first, second []tokenizer.ID
		reused        int // tokens of second that need not be read
	}{
		"a conversation that goes on":     {shared[:300], shared[:400], 300},
		"nothing but the first token":     {shared[:300], other[:50], 1},
		"the same prompt again":           {shared[:300], shared[:300], 299},
		"rolled back a little":            {shared[:330], append(slices.Clone(shared[:300]), other[10:40]...), 300},
		"rolled back further than a ring": {shared[:400], append(slices.Clone(shared[:60]), other[10:40]...), 0},
	} {
		t.Run(name, func(t *testing.T) {
			fresh := answer(t, session(t, m, 0), c.second, options)
			s := session(t, m, 0)
			answer(t, s, c.first, options)
			found := -1
			options := options
			options.Prefill = func(done, total int) {
				if found < 0 {
					found = done
				}
			}
			if got := answer(t, s, c.second, options); !slices.Equal(got, fresh) {
				t.Errorf("with a prefix %v, without %v", got, fresh)
			}
			if found != c.reused {
				t.Errorf("%d tokens were in the cache, want %d", found, c.reused)
			}
		})
	}
}

func TestSeed(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	prompt := text(m, 40, 2)
	generate := func(seed uint64) []tokenizer.ID {
		return answer(t, session(t, m, 0), prompt, engine.GenerateOptions{MaxTokens: 50, Sampling: sample.Params{Temperature: 1, Seed: seed}})
	}
	if a, b := generate(1), generate(1); !slices.Equal(a, b) {
		t.Errorf("the same seed gives %v and %v", a, b)
	}
	if a, b := generate(1), generate(2); slices.Equal(a, b) {
		t.Error("two seeds give the same 50 tokens")
	}
}

// TestStopIsExempt holds that penalties do not apply to the token that ends a turn, of which a prompt has
// many. This one favours what the prompt has, and would end the answer before it began.
func TestStopIsExempt(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	bos, _ := m.BOS()
	end, ok := m.Tokenizer().Special("<end_of_turn>")
	if !ok {
		t.Fatal("no <end_of_turn>")
	}
	prompt := []tokenizer.ID{bos, end, end, end}
	got := answer(t, session(t, m, 0), prompt, engine.GenerateOptions{MaxTokens: 1, Sampling: sample.Params{PresencePenalty: -100}})
	if len(got) != 1 {
		t.Errorf("got %v, want one token", got)
	}
}

// TestCancel cancels while the prompt is read and while an answer is written: the sequence ends with the
// context's error within one token, and the session goes on as if nothing had been.
func TestCancel(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	prompt := text(m, 300, 2)
	options := engine.GenerateOptions{MaxTokens: 10, Sampling: sample.Params{Temperature: 1, Seed: 3}}
	want := answer(t, session(t, m, 0), prompt, options)

	t.Run("while reading", func(t *testing.T) {
		s := session(t, m, 0)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		interrupted := options
		interrupted.Prefill = func(done, total int) {
			if done > 100 {
				cancel()
			}
		}
		for _, err := range s.Generate(ctx, prompt, interrupted) {
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("got a token or %v", err)
			}
		}
		if s.Len() >= len(prompt) {
			t.Errorf("%d of %d tokens were read all the same", s.Len(), len(prompt))
		}
		if got := answer(t, s, prompt, options); !slices.Equal(got, want) {
			t.Errorf("afterwards %v, want %v", got, want)
		}
	})
	t.Run("while answering", func(t *testing.T) {
		s := session(t, m, 0)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		tokens := 0
		for _, err := range s.Generate(ctx, prompt, options) {
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				break
			}
			if tokens++; tokens == 3 {
				cancel()
			}
		}
		if tokens != 3 {
			t.Errorf("%d tokens, the third cancelled", tokens)
		}
		if got := answer(t, s, prompt, options); !slices.Equal(got, want) {
			t.Errorf("afterwards %v, want %v", got, want)
		}
	})
	t.Run("a consumer that leaves", func(t *testing.T) {
		s := session(t, m, 0)
		for range s.Generate(context.Background(), prompt, options) {
			break
		}
		if got := answer(t, s, prompt, options); !slices.Equal(got, want) {
			t.Errorf("afterwards %v, want %v", got, want)
		}
	})
}

func TestContextFull(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	s := session(t, m, 64)
	tokens := 0
	var last error
	for _, err := range s.Generate(context.Background(), text(m, 60, 2), engine.GenerateOptions{Sampling: sample.Params{Temperature: 1}}) {
		if err != nil {
			last = err
			break
		}
		tokens++
	}
	if !errors.Is(last, engine.ErrContextFull) || tokens != 5 { // four with a position, one more that has none
		t.Errorf("%d tokens, then %v", tokens, last)
	}
	for _, err := range s.Generate(context.Background(), text(m, 65, 2), engine.GenerateOptions{}) {
		if !errors.Is(err, engine.ErrContextFull) {
			t.Errorf("a prompt of 65 tokens in a context of 64: %v", err)
		}
	}
}

func TestMisuse(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	m := load(t, path, 2)
	for name, o := range map[string]engine.SessionOptions{"negative": {ContextLength: -1}, "too long": {ContextLength: m.Info().ContextLength + 1}, "strange": {CacheType: kernels.Q4_0}} {
		if _, err := m.NewSession(o); err == nil {
			t.Errorf("a %s context or cache was accepted", name)
		}
	}
	s := session(t, m, 32)
	for name, prompt := range map[string][]tokenizer.ID{"empty": {}, "outside": {tokenizer.ID(m.Info().Vocabulary)}, "negative": {-1}} {
		for _, err := range s.Generate(context.Background(), prompt, engine.GenerateOptions{}) {
			if err == nil {
				t.Errorf("the prompt %q was accepted", name)
			}
		}
	}
	for _, err := range s.Generate(context.Background(), text(m, 5, 2), engine.GenerateOptions{Sampling: sample.Params{TopP: 2}}) {
		if err == nil {
			t.Error("a top-p of 2 was accepted")
		}
	}
	if err := m.Close(); !errors.Is(err, engine.ErrBusy) {
		t.Errorf("closing a model in use: %v", err)
	}
	for range s.Generate(context.Background(), text(m, 5, 2), engine.GenerateOptions{MaxTokens: 1}) {
		for _, err := range s.Generate(context.Background(), text(m, 5, 2), engine.GenerateOptions{}) {
			if !errors.Is(err, engine.ErrBusy) {
				t.Errorf("a second generation: %v", err)
			}
		}
	}
	if _, err := engine.Load(context.Background(), path, engine.LoadOptions{Threads: -1}); err == nil {
		t.Error("-1 threads were accepted")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := engine.Load(ctx, path, engine.LoadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("loading after a cancellation: %v", err)
	}
}

// TestSessionsShareAModel generates in several sessions at once.
func TestSessionsShareAModel(t *testing.T) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	prompt := text(m, 50, 2)
	options := engine.GenerateOptions{MaxTokens: 30, Sampling: sample.Params{Temperature: 1, Seed: 8}}
	want := answer(t, session(t, m, 0), prompt, options)
	var all sync.WaitGroup
	for range 4 {
		s := session(t, m, 0)
		all.Go(func() {
			var got []tokenizer.ID
			for token, err := range s.Generate(context.Background(), prompt, options) {
				if err != nil {
					t.Error(err)
					return
				}
				got = append(got, token.ID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	all.Wait()
}

// TestFileCutShort truncates the model's file while it is mapped: the next pass over the weights is an
// error, not the end of the program.
func TestFileCutShort(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	m := load(t, path, 2)
	s := session(t, m, 0)
	prompt := text(m, 20, 2)
	answer(t, s, prompt, engine.GenerateOptions{MaxTokens: 1})
	if err := os.Truncate(path, 4096); err != nil {
		t.Skipf("the file cannot be cut short: %v", err)
	}
	s.Reset()
	var last error
	for _, err := range s.Generate(context.Background(), prompt, engine.GenerateOptions{MaxTokens: 1}) {
		last = err
	}
	if !errors.Is(last, gguf.ErrTruncated) {
		t.Errorf("got %v", last)
	}
}

// collect returns the tokens of an answer and the error that ended it.
func collect(answer iter.Seq2[engine.Token, error]) (ids []tokenizer.ID, err error) {
	for token, err := range answer {
		if err != nil {
			return ids, err
		}
		ids = append(ids, token.ID)
	}
	return ids, nil
}
