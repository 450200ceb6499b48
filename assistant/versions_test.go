package assistant

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"lamplight/engine"
	"lamplight/privacy/vault"
)

// follow lets pieces come until the answer has grown by n of them, then cancels, and returns what came of text.
func follow(pieces iter.Seq2[Piece, error], cancel func(), n int) (text string, stats Stats, last error) {
	got := 0
	for p, err := range pieces {
		if last = err; err != nil {
			continue
		}
		text += p.Text
		stats = p.Stats
		if p.Stage == Answering {
			if got++; got == n {
				cancel()
			}
		}
	}
	return text, stats, last
}

// grow lets an answer that f begins grow to n pieces, and expects that it was stopped then.
func grow(t *testing.T, n int, f func(context.Context) iter.Seq2[Piece, error]) (string, Stats) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	text, stats, err := follow(f(ctx), cancel, n)
	if !errors.Is(err, context.Canceled) || text == "" {
		t.Fatalf("%q, %v", text, err)
	}
	return text, stats
}

// places are where a conversation is kept in tests.
func places(t *testing.T, f func(t *testing.T, s Store)) {
	t.Run("vault", func(t *testing.T) { f(t, newVault(t)) })
	t.Run("memory", func(t *testing.T) { f(t, nil) })
}

// texts are those of the turns, with the version of each that has several.
func texts(c *Conversation) (all []string) {
	for _, t := range c.Turns() {
		s := t.Text
		if t.Versions != 1 {
			s += strings.Repeat("'", t.Version) + strings.Repeat(".", t.Versions-t.Version)
		}
		all = append(all, s)
	}
	return all
}

func wantTexts(t *testing.T, c *Conversation, want ...string) {
	t.Helper()
	if got := texts(c); !slices.Equal(got, want) {
		t.Fatalf("turns %q, want %q", got, want)
	}
}

func TestVersions(t *testing.T) {
	places(t, func(t *testing.T, s Store) {
		seed := uint64(0)
		r, _ := newRunner(t, short(0))
		warm := func() { // another seed, so that no two answers are alike
			seed++
			set, hot := short(0), float32(2)
			set.Sampling.Seed, set.Sampling.Temperature = &seed, &hot
			r.SetSettings(set)
		}
		warm()
		ctx := t.Context()
		c := NewConversation(r, s)
		a1, _ := grow(t, 5, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Ask(ctx, "one") })
		a2, _ := grow(t, 4, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Ask(ctx, "two") })
		wantTexts(t, c, "one", a1, "two", a2)

		warm()
		b2, stats := grow(t, 3, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Again(ctx, 3) })
		wantTexts(t, c, "one", a1, "two", b2+"''")
		if stats.Prompt == 0 || b2 == a2 {
			t.Errorf("the prompt has %d tokens, the answer is %q again", stats.Prompt, b2)
		}
		if err := c.Switch(ctx, 3, 1); err != nil {
			t.Fatal(err)
		}
		wantTexts(t, c, "one", a1, "two", a2+"'.")

		warm()
		b1, _ := grow(t, 6, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Edit(ctx, 0, "uno") })
		wantTexts(t, c, "uno''", b1)
		if err := c.Switch(ctx, 0, 1); err != nil {
			t.Fatal(err)
		}
		wantTexts(t, c, "one'.", a1, "two", b2+"''") // the newest of what follows
		for _, bad := range [][2]int{{0, 3}, {0, -1}, {1, 2}, {4, 1}, {-1, 1}} {
			if err := c.Switch(ctx, bad[0], bad[1]); err == nil {
				t.Errorf("turn %d was switched to version %d", bad[0], bad[1])
			}
		}

		fork, err := c.Fork(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		wantTexts(t, fork, "one", a1)
		if fork.Title() != c.Title() || (s != nil) != (fork.ID() != 0) || fork.ID() == c.ID() && s != nil {
			t.Errorf("the fork is %q with ID %d", fork.Title(), fork.ID())
		}
		f2, _ := grow(t, 2, func(ctx context.Context) iter.Seq2[Piece, error] { return fork.Ask(ctx, "three") })
		wantTexts(t, fork, "one", a1, "three", f2)

		undo, err := c.RemoveTurn(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		wantTexts(t, c, "two'.", b2+"''") // "uno" is the other version now
		if err := undo(ctx); err != nil {
			t.Fatal(err)
		}
		wantTexts(t, c, "one'.", a1, "two", b2+"''")
		if undo, err = c.RemoveTurn(ctx, 3); err != nil { // with both versions of the answer
			t.Fatal(err)
		}
		wantTexts(t, c, "one'.", a1)
		more, _ := grow(t, 2, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Ask(ctx, "more") })
		wantTexts(t, c, "one'.", a1, "more", more)
		if err := undo(ctx); err != nil {
			t.Fatal(err)
		}
		wantTexts(t, c, "one'.", a1, "more''", more)
		if err := c.Switch(ctx, 2, 1); err != nil {
			t.Fatal(err)
		}
		wantTexts(t, c, "one'.", a1, "two'.", b2+"''")
		wantTexts(t, fork, "one", a1, "three", f2)
	})
}

// An answer that is written again, or goes on, reads nothing of the prompt that the cache has.
func TestAgainReadsNothing(t *testing.T) {
	places(t, func(t *testing.T, s Store) {
		r, _ := newRunner(t, short(0))
		c := NewConversation(r, s)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		grow(t, 5, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Ask(ctx, strings.Repeat("word ", 50)) })
		found := func(pieces iter.Seq2[Piece, error]) (first, all int) {
			n := 0
			for p, err := range pieces {
				if err == nil && p.Stage == Reading && all == 0 {
					first, all = p.Read, p.Prompt
				}
				if p.Stage == Answering {
					if n++; n == 5 {
						break
					}
				}
			}
			return first, all
		}
		if first, all := found(c.Again(ctx, 1)); first < all-1 || all < 50 {
			t.Errorf("of a prompt of %d tokens %d were there", all, first)
		}
		before := c.Turns()[1]
		first, all := found(c.Continue(ctx))
		if first < all-1 {
			t.Errorf("of a prompt of %d tokens %d were there", all, first)
		}
		after := c.Turns()[1]
		if !strings.HasPrefix(after.Text, before.Text) || len(after.ids) <= len(before.ids) || after.Version != 2 || after.id != before.id {
			t.Errorf("%+v went on as %+v", before, after)
		}
	})
}

// An answer in two parts is the same as one in one part.
func TestContinueIsTheSame(t *testing.T) {
	cold := float32(0)
	set := short(0)
	set.Sampling.Temperature = &cold
	r, _ := newRunner(t, set)
	one, two := NewConversation(r, newVault(t)), NewConversation(r, nil)
	grow(t, 30, func(ctx context.Context) iter.Seq2[Piece, error] { return one.Ask(ctx, "Hello") })
	grow(t, 11, func(ctx context.Context) iter.Seq2[Piece, error] { return two.Ask(ctx, "Hello") })
	grow(t, 7, two.Continue)
	grow(t, 12, two.Continue)
	got, want := two.Turns()[1], one.Turns()[1] // a token more or less is written while one is stopped
	n := min(len(got.ids), len(want.ids))
	if n < 28 || !slices.Equal(got.ids[:n], want.ids[:n]) || got.Text[:28] != want.Text[:28] || got.State != Stopped {
		t.Errorf("in parts %q, at once %q", got.Text, want.Text)
	}
	for range NewConversation(r, nil).Continue(t.Context()) { // there is nothing to go on with
	}
}

func TestArrange(t *testing.T) {
	places(t, func(t *testing.T, s Store) {
		r, _ := newRunner(t, short(0))
		ctx := t.Context()
		c := NewConversation(r, s)
		if err := errors.Join(c.Move(ctx, " Sea\nside "), c.SetPinned(ctx, true)); err != nil || !c.Changed().IsZero() {
			t.Fatal(err)
		}
		check := func(c *Conversation, title, folder string, pinned bool) {
			t.Helper()
			if c.Title() != title || c.Folder() != folder || c.Pinned() != pinned {
				t.Errorf("it is %q in %q, pinned %v", c.Title(), c.Folder(), c.Pinned())
			}
		}
		check(c, "", "Sea side", true)
		ask(t, c, "Hello there", 2)
		check(c, "Hello there", "Sea side", true)
		if since := time.Since(c.Changed()); since > 24*time.Hour || since < -24*time.Hour {
			t.Errorf("it was changed %v", c.Changed())
		}
		if err := errors.Join(c.Rename(ctx, " The   tides\n"), c.Move(ctx, ""), c.SetPinned(ctx, false), c.SetLifetime(ctx, Day)); err != nil {
			t.Fatal(err)
		}
		check(c, "The tides", "", false)
		if s != nil {
			got := loadAll(t, r, s)[0]
			check(got, "The tides", "", false)
			if got.Lifetime() != Day {
				t.Errorf("it is kept for %v", got.Lifetime())
			}
		}
		if err := c.Rename(ctx, " "); err != nil {
			t.Fatal(err)
		}
		check(c, "Hello there", "", false)
	})
}

// A character of which an answer had the half when it was stopped is whole when it goes on.
func TestContinueHalfACharacter(t *testing.T) {
	r, _ := newRunner(t, short(0))
	if _, err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	tok := r.loaded.model.Tokenizer()
	ids := tok.Encode("Oh 猫")
	ids = ids[:len(ids)-1]
	c := NewConversation(r, nil)
	grow(t, 2, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Ask(ctx, "Hello") })
	c.turns[1].ids, c.turns[1].Text = ids, tok.Decode(ids)
	before := c.Turns()[1].Text
	if !strings.HasSuffix(before, "\uFFFD") {
		t.Fatalf("%q ends with a character", before)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	text, n := before, 0
	for p := range c.Continue(ctx) {
		text = text[:len(text)-p.Back] + p.Text
		if p.Stage == Answering {
			if n++; n == 5 {
				cancel()
			}
		}
	}
	if got := c.Turns()[1]; got.Text != text || got.Text != tok.Decode(got.ids) || len(got.ids) <= len(ids) {
		t.Errorf("%q goes on as %q, the pieces say %q, the tokens %q", before, got.Text, text, tok.Decode(got.ids))
	}
}

// What does not go on, or is refused, leaves everything as it was.
func TestNothingComes(t *testing.T) {
	places(t, func(t *testing.T, s Store) {
		r, _ := newRunner(t, short(0))
		c := NewConversation(r, s)
		grow(t, 3, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Ask(ctx, "Hello") })
		before := c.Turns()
		free := r.free
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.SetFreeMemory(func() (int64, bool) { return 0, true })
		same := func(what string) {
			t.Helper()
			sameTurns(t, c.Turns(), before)
			if s != nil {
				sameTurns(t, loadAll(t, r, s)[0].Turns(), before)
			}
			if t.Failed() {
				t.Fatal(what)
			}
		}
		fails := func(pieces iter.Seq2[Piece, error], want error) {
			t.Helper()
			if text, _, err := follow(pieces, func() {}, 0); text != "" || err == nil || want != nil && !errors.Is(err, want) {
				t.Fatalf("%q, %v", text, err)
			}
		}
		fails(c.Again(t.Context(), 1), ErrMemory)
		same("again")
		fails(c.Continue(t.Context()), ErrMemory)
		same("continue")
		fails(c.Edit(t.Context(), 0, "put differently"), ErrMemory)
		question, remove, ok := c.Withdraw()
		if !ok || question != "put differently" {
			t.Fatalf("%q cannot be taken back", question)
		}
		if err := remove(t.Context()); err != nil {
			t.Fatal(err)
		}
		same("edit, and take back")
		for _, turn := range []int{-1, 0, 2} {
			fails(c.Again(t.Context(), turn), nil)
			fails(c.Edit(t.Context(), turn|1, "x"), nil)
		}
		same("no such turn")
		r.SetFreeMemory(free)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range c.Ask(ctx, "And?") { // while it is answering
			fails(c.Again(ctx, 1), ErrAnswering)
			fails(c.Continue(ctx), ErrAnswering)
			_, forked := c.Fork(ctx, 1)
			_, removed := c.RemoveTurn(ctx, 1)
			for _, err := range []error{c.Switch(ctx, 1, 1), c.Pin(ctx, 1, true), forked, removed} {
				if !errors.Is(err, ErrAnswering) {
					t.Error(err)
				}
			}
			break
		}
	})
}

// An answer that could not be stored is not lost because another version takes its place.
func TestUnsavedVersion(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	w := &watcher{Store: v}
	c := NewConversation(r, w)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for p := range c.Ask(ctx, "Hello") {
		if p.Stage == Answering && len(c.Turns()[1].Text) > 20 {
			w.setFail(vault.ErrFull)
			cancel()
		}
	}
	first := c.Turns()[1].Text
	if _, _, err := follow(c.Again(t.Context(), 1), func() {}, 0); !errors.Is(err, ErrStore) {
		t.Fatal(err)
	}
	if err := c.Switch(t.Context(), 1, 1); c.Turns()[1].Text != first {
		t.Fatalf("it shows %q: %v", c.Turns()[1].Text, err)
	}
	w.setFail(nil)
	grow(t, 3, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Again(ctx, 1) })
	c = loadAll(t, r, again(t, v))[0]
	if err := c.Switch(t.Context(), 1, 1); err != nil || c.Turns()[1].Text != first {
		t.Errorf("the first version is %q, want %q: %v", c.Turns()[1].Text, first, err)
	}
}

// An answer that has filled the context goes on when older turns can leave, and is left alone when none can.
func TestContinueInAFullContext(t *testing.T) {
	r, _ := newRunner(t, short(128))
	c := NewConversation(r, nil)
	until := func(pieces iter.Seq2[Piece, error]) State {
		t.Helper()
		if _, _, err := follow(pieces, func() {}, 0); err != nil && !errors.Is(err, engine.ErrContextFull) && !errors.Is(err, ErrLoop) {
			t.Fatal(err)
		}
		turns := c.Turns()
		return turns[len(turns)-1].State
	}
	seed := uint64(0)
	full := func(text string) { // asks with other seeds until the context is full
		t.Helper()
		for state := until(c.Ask(t.Context(), text)); state != Full; state = until(c.Again(t.Context(), len(c.Turns())-1)) {
			seed++
			hot := float32(2)
			r.SetSettings(Settings{ContextLength: 128, Sampling: Sampling{Seed: &seed, Temperature: &hot}})
			if seed > 200 {
				t.Fatal("no answer fills the context")
			}
		}
	}
	full("Hello")
	before := c.Turns()
	if state := until(c.Continue(t.Context())); state != Full || c.Turns()[1].Text != before[1].Text {
		t.Errorf("an answer that has no room is %v now, and has %d bytes, before %d", state, len(c.Turns()[1].Text), len(before[1].Text))
	}
	c = NewConversation(r, nil)
	for range 2 {
		grow(t, 8, func(ctx context.Context) iter.Seq2[Piece, error] { return c.Ask(ctx, "How are you?") })
	}
	full("What next?")
	before = c.Turns()
	until(c.Continue(t.Context()))
	after := c.Turns()
	last := len(after) - 1
	if !after[0].Dropped || after[last-1].Dropped || len(after[last].Text) <= len(before[last].Text) || !strings.HasPrefix(after[last].Text, before[last].Text[:len(before[last].Text)-3]) {
		t.Errorf("it went on from %+v to %+v", before[last], after)
	}
}
