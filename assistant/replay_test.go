package assistant

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lamplight/assistant/attach"
	"lamplight/engine/sample"
	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/library"
)

// replay makes an answer once more and holds that the conversation stays as it is.
func replay(t *testing.T, c *Conversation, turn int) Replayed {
	t.Helper()
	before := c.Turns()
	done, all := 0, 0
	got, err := c.Replay(t.Context(), turn, func(d, of int) { done, all = max(done, d), of })
	if err != nil {
		t.Fatal(err)
	}
	if n := len(before[turn].ids); all != n || got.Same && done != n {
		t.Errorf("turn %d has %d tokens, the progress says %d of %d", turn, n, done, all)
	}
	for i, turn := range c.Turns() {
		if turn.Text != before[i].Text || turn.State != before[i].State || !slices.Equal(turn.ids, before[i].ids) || turn.Receipt != before[i].Receipt {
			t.Errorf("turn %d has changed", i)
		}
	}
	return got
}

// free is a setting under which every answer is another one.
func free(context int) Settings {
	warm, k, penalty := float32(1.3), 50, float32(1.1)
	return Settings{ContextLength: context, Sampling: Sampling{Temperature: &warm, TopK: &k, RepeatPenalty: &penalty}}
}

// TestReplay talks until turns have left the model's view, with answers that were stopped and one that has filled the
// context, and makes each answer once more: at once, and after a restart.
func TestReplay(t *testing.T) {
	r, lib := newRunner(t, free(160))
	v := newVault(t)
	c := NewConversation(r, v)
	for i := range 5 {
		if _, _, err := ask(t, c, strings.Repeat("word ", 6+i), 14); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	ask(t, c, "And on and on", 0) // until the context is full
	turns := c.Turns()
	if last := turns[len(turns)-1]; !turns[0].Dropped || last.State != Full {
		t.Fatalf("%+v … %+v", turns[0], last)
	}
	seeds := map[uint64]bool{}
	for turn := 1; turn < len(turns); turn += 2 {
		if got := replay(t, c, turn); !got.Same || len(got.Changed) > 0 || got.Text != turns[turn].Text {
			t.Errorf("turn %d: %+v; it was %q", turn, got, turns[turn].Text)
		}
		seeds[turns[turn].Receipt.Sampling.Seed] = true
	}
	if len(seeds) != len(turns)/2 {
		t.Errorf("%d seeds of %d answers", len(seeds), len(turns)/2)
	}

	v = again(t, v)
	s := free(128) // another length, and other settings, than those of the answers
	s.Sampling.Temperature, s.Threads = nil, 1
	restarted := NewRunner(lib, t.TempDir(), s)
	defer restarted.Close(context.Background())
	c = loadAll(t, restarted, v)[0]
	for turn := 1; turn < len(turns); turn += 2 {
		got := replay(t, c, turn)
		got.Changed = slices.DeleteFunc(got.Changed, func(d Difference) bool { return d.What == Threads })
		if !got.Same || len(got.Changed) > 0 || got.Text != turns[turn].Text {
			t.Errorf("after a restart, turn %d: %+v; it was %q", turn, got, turns[turn].Text)
		}
	}
}

// TestReplayOfAVersion replays answers with all that the model sees beside them: a system prompt that was changed
// since, files, a pinned turn, versions, a fork; and names what it sees when a turn was removed.
func TestReplayOfAVersion(t *testing.T) {
	r, _ := newRunner(t, free(200))
	c := NewConversation(r, newVault(t))
	system := "Say nothing about ships."
	if err := c.SetOptions(t.Context(), Options{System: &system}); err != nil {
		t.Fatal(err)
	}
	grow(t, 6, func(ctx context.Context) iter.Seq2[Piece, error] {
		return c.Ask(ctx, "What is in it?", attach.File{Name: "tide.txt", Text: "High water at noon."})
	})
	if err := c.Pin(t.Context(), 0, true); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		ask(t, c, strings.Repeat("word ", 9), 12)
	}
	grow(t, 9, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Again(ctx, 7) })
	system = "Speak of ships only."
	if err := c.SetOptions(t.Context(), Options{System: &system}); err != nil {
		t.Fatal(err)
	}
	ask(t, c, "Why does the tide come twice?", 8)
	if err := c.Pin(t.Context(), 0, false); err != nil {
		t.Fatal(err)
	}
	turns := c.Turns()
	if unseen := turns[9].Receipt.Unseen; len(turns) != 10 || slices.Contains(unseen, 0) || !slices.Contains(unseen, 2) {
		t.Fatalf("of %d turns the last answer has not seen %v", len(turns), unseen)
	}
	fork, err := c.Fork(t.Context(), 9)
	if err != nil {
		t.Fatal(err)
	}
	if err := fork.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*Conversation{"the conversation": c, "its fork": fork} {
		for turn := 1; turn < len(turns); turn += 2 {
			if got := replay(t, c, turn); !got.Same || len(got.Changed) > 0 {
				t.Errorf("%s, turn %d: %+v; it was %q", name, turn, got, turns[turn].Text)
			}
		}
	}
	if _, err := c.RemoveTurn(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if got := replay(t, c, 7); len(got.Changed) != 1 || got.Changed[0].What != PromptTokens {
		t.Errorf("without a turn that it had seen it is %+v", got)
	}
}

// TestReceiptSurvivesBackup restores a backup into another vault: the receipt is there, and gives the same answer.
func TestReceiptSurvivesBackup(t *testing.T) {
	race.Skip(t) // a passphrase is expensive
	r, _ := newRunner(t, free(128))
	v, other := newVault(t), newVault(t)
	c := NewConversation(r, v)
	ask(t, c, "Why does the tide come twice?", 12)
	path := filepath.Join(t.TempDir(), "backup.age")
	if err := v.Backup(t.Context(), path, []byte("correct horse")); err != nil {
		t.Fatal(err)
	}
	if _, err := other.RestoreBackup(t.Context(), path, []byte("correct horse"), ""); err != nil {
		t.Fatal(err)
	}
	restored := loadAll(t, r, other)[0]
	if got, want := restored.Turns()[1].Receipt, c.Turns()[1].Receipt; !reflect.DeepEqual(got, want) {
		t.Errorf("the receipt is %+v, it was %+v", got, want)
	}
	if got := replay(t, restored, 1); !got.Same || len(got.Changed) > 0 {
		t.Errorf("%+v", got)
	}
}

// TestReplayOfALoop makes answers once more that were taken back.
func TestReplayOfALoop(t *testing.T) {
	race.Skip(t)
	cold := float32(0)
	r, _ := newRunner(t, Settings{ContextLength: 2048, Sampling: Sampling{Temperature: &cold}})
	c := NewConversation(r, nil)
	ask(t, c, "Say something", 0)
	if turn := c.Turns()[1]; turn.Receipt.Loops == 0 {
		t.Fatalf("the answer is no loop: %q", turn.Text)
	}
	if got := replay(t, c, 1); !got.Same || len(got.Changed) > 0 {
		t.Errorf("%+v", got)
	}
}

// TestReplayNames holds that what is not as it was is named.
func TestReplayNames(t *testing.T) {
	r, lib := newRunner(t, free(128))
	c := NewConversation(r, nil)
	ask(t, c, "Why does the tide come twice?", 20)
	m, _ := lib.Active()
	text := c.Turns()[1].Text

	named := func(t *testing.T, c *Conversation, runner *Runner, want ...Circumstance) Replayed {
		t.Helper()
		c.runner = runner
		got := replay(t, c, 1)
		var names []Circumstance
		for _, d := range got.Changed {
			if names = append(names, d.What); d.Was == d.Is {
				t.Errorf("%+v", d)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("%v have changed, want %v", names, want)
		}
		return got
	}
	altered := func(f func(*Turn)) *Conversation {
		c := &Conversation{runner: r, turns: c.Turns()}
		receipt := *c.turns[1].Receipt
		c.turns[1].Receipt = &receipt
		f(&c.turns[1])
		return c
	}
	t.Run("kernels and threads", func(t *testing.T) {
		if r.loaded.model.Info().Kernels == "go" {
			t.Skip("this processor has no other kernels than the reference")
		}
		t.Setenv("LAMPLIGHT_KERNELS", "go")
		other := NewRunner(lib, "", Settings{ContextLength: 128, Threads: 3})
		defer other.Close(context.Background())
		named(t, altered(func(*Turn) {}), other, Kernels, Threads)
	})
	t.Run("nothing", func(t *testing.T) {
		for _, s := range []State{Stopped, Failed, CutOff} {
			if got := named(t, altered(func(turn *Turn) { turn.State = s }), r); !got.Same {
				t.Errorf("an answer in state %d is another one: %q", s, got.Text)
			}
		}
		if got := named(t, altered(func(turn *Turn) { turn.State = Complete }), r); got.Same || got.First != 20 {
			t.Errorf("it did not end there: %+v", got)
		}
	})
	t.Run("build", func(t *testing.T) {
		other := NewRunner(lib, "", free(128))
		other.SetVersion("9.9")
		defer other.Close(context.Background())
		if got := named(t, altered(func(*Turn) {}), other, Build); !got.Same {
			t.Errorf("another build says %q", got.Text)
		}
	})
	t.Run("what was asked", func(t *testing.T) {
		c := altered(func(*Turn) {})
		c.turns[0].Text = "Why does the tide come thrice?"
		if got := named(t, c, r, PromptTokens); got.Same {
			t.Error("another question has the same answer")
		}
	})
	t.Run("the seed", func(t *testing.T) {
		got := named(t, altered(func(turn *Turn) { turn.Receipt.Sampling.Seed++ }), r)
		if got.Same || got.Text == text {
			t.Errorf("another seed says the same: %q", got.Text)
		}
		if n := got.First; n < 0 || n >= 20 {
			t.Errorf("the first other token is %d", n)
		}
	})
	t.Run("the model", func(t *testing.T) {
		other := use(t, lib, fixture.Options{Seed: 9})
		defer lib.SetActive(m.ID)
		c := altered(func(turn *Turn) { turn.Receipt.Model = other.ID })
		if got := named(t, c, r, ModelFile); got.Same {
			t.Error("another model has the same answer")
		}
		if _, err := c.Chances(t.Context(), 1); !errors.Is(err, ErrChances) {
			t.Errorf("how sure another model would be: %v", err)
		}
	})
	t.Run("no model", func(t *testing.T) {
		c := altered(func(turn *Turn) { turn.Receipt.Model = "nobody" })
		if _, err := c.Replay(t.Context(), 1, nil); !errors.Is(err, library.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

// TestReplayRefuses holds that receipts from elsewhere do no harm.
func TestReplayRefuses(t *testing.T) {
	r, _ := newRunner(t, free(128))
	c := NewConversation(r, nil)
	ask(t, c, "Why does the tide come twice?", 5)
	good := *c.Turns()[1].Receipt
	for name, f := range map[string]func(*Receipt){
		"more given than there is": func(r *Receipt) { r.Given = 6 },
		"less than nothing given":  func(r *Receipt) { r.Given = -1 },
		"no context":               func(r *Receipt) { r.Context = -5 },
		"a sampler that is none":   func(r *Receipt) { r.Sampling = sample.Params{TopK: -1} },
	} {
		receipt := good
		f(&receipt)
		c.turns[1].Receipt = &receipt
		if got, err := c.Replay(t.Context(), 1, nil); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, f := range map[string]func(*Receipt){
		"turns that are not there": func(r *Receipt) { r.Unseen = []int{-1, 99} },
		"parts in a circle":        func(r *Receipt) { r.Before = &Receipt{Model: r.Model, Given: 3} },
		"an enormous context":      func(r *Receipt) { r.Context = 1 << 40 },
	} {
		receipt := good
		f(&receipt)
		c.turns[1].Receipt = &receipt
		if got, err := c.Replay(t.Context(), 1, nil); err != nil || !got.Same {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	c.turns[1].Receipt = nil
	for _, turn := range []int{-1, 0, 1, 2} {
		if _, err := c.Replay(t.Context(), turn, nil); !errors.Is(err, ErrReceipt) {
			t.Errorf("turn %d: %v", turn, err)
		}
		if _, err := c.Chances(t.Context(), turn); !errors.Is(err, ErrChances) {
			t.Errorf("turn %d: %v", turn, err)
		}
	}
	c.turns[1].Receipt = &good
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Replay(ended, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
