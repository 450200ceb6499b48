package assistant

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lamplight/engine/chat"
	"lamplight/privacy/vault"
	"lamplight/tokenizer"
)

// newVault makes a vault whose key lies beside it. A second passes between any two things that are stored.
func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	var seconds atomic.Int64
	start := time.Now().Add(-time.Hour)
	now := func() time.Time { return start.Add(time.Duration(seconds.Add(1)) * time.Second) }
	v, err := vault.Create(t.TempDir(), vault.Options{Protection: vault.File, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// again closes a vault and opens it.
func again(t *testing.T, v *vault.Vault) *vault.Vault {
	t.Helper()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(v.Dir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// loadAll reads the conversations of a store with what was said in them.
func loadAll(t *testing.T, r *Runner, s Store) []*Conversation {
	t.Helper()
	list, err := Conversations(t.Context(), r, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Read() || len(c.Turns()) != 0 {
			t.Fatal("it was read before it was asked for")
		}
		if err := c.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !c.Read() {
			t.Fatal("it was read, and says that it was not")
		}
	}
	return list
}

// said is what a store has to remember of turns.
func said(turns []Turn) []Turn {
	turns = slices.Clone(turns)
	for i := range turns {
		turns[i].Dropped, turns[i].changed = false, false
	}
	return turns
}

func sameTurns(t *testing.T, got, want []Turn) {
	t.Helper()
	if got, want = said(got), said(want); len(got) != len(want) {
		t.Fatalf("%d turns, want %d", len(got), len(want))
	}
	for i := range got {
		g, w := got[i], want[i]
		if g.Role != w.Role || g.Text != w.Text || g.State != w.State || !slices.Equal(g.ids, w.ids) || g.model != w.model || g.id != w.id {
			t.Errorf("turn %d: %+v, want %+v", i, g, w)
		}
	}
}

func TestConversationsAreStored(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	first, second := NewConversation(r, v), NewConversation(r, v)
	ask(t, first, "  Hello there\nhow are you?", 4)
	ask(t, second, strings.Repeat("é", 60), 3)
	ask(t, first, "And now?", 5)
	if got := first.Turns()[1]; got.id == 0 || len(got.ids) < 4 || got.model == "" || got.changed {
		t.Fatalf("the answer is kept as %+v", got)
	}

	v = again(t, v)
	list := loadAll(t, r, v)
	if len(list) != 2 {
		t.Fatalf("%d conversations", len(list))
	}
	sameTurns(t, list[0].Turns(), first.Turns())
	sameTurns(t, list[1].Turns(), second.Turns())
	if got := []string{list[0].Title(), list[1].Title()}; !slices.Equal(got, []string{"Hello there", strings.Repeat("é", 48) + "…"}) {
		t.Errorf("titles %q", got)
	}

	// It goes on where it was, and the prompt is made of the tokens that were generated.
	turns := len(list[0].Turns())
	ask(t, list[0], "Once more", 2)
	sameTurns(t, loadAll(t, r, again(t, v))[0].Turns(), list[0].Turns())
	if got := len(list[0].Turns()); got != turns+2 {
		t.Errorf("%d turns", got)
	}
}

// watcher looks at what a store is asked for.
type watcher struct {
	Store
	mu    sync.Mutex
	calls []string
	fail  error         // what SetMessage and AddMessage return
	saved chan struct{} // gets a value with every SetMessage, if there is room
}

func (w *watcher) note(call string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call)
	return w.fail
}

func (w *watcher) setFail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = err
}

func (w *watcher) AddMessage(ctx context.Context, id int64, m vault.Message) (vault.Message, error) {
	if err := w.note(m.Role); err != nil {
		return m, err
	}
	return w.Store.AddMessage(ctx, id, m)
}

func (w *watcher) SetMessage(ctx context.Context, m vault.Message) error {
	if err := w.note("set"); err != nil {
		return err
	}
	err := w.Store.SetMessage(ctx, m)
	select {
	case w.saved <- struct{}{}:
	default:
	}
	return err
}

// The words are on the disk before anything is computed, and the answer is while it is written: whoever takes
// the power away then finds both.
func TestStoredBeforeComputed(t *testing.T) {
	old := saveEvery
	saveEvery = time.Millisecond
	t.Cleanup(func() { saveEvery = old })
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	w := &watcher{Store: v, saved: make(chan struct{}, 1)}
	c := NewConversation(r, w)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	looked := false
	for p, err := range c.Ask(ctx, "Hello") {
		if err != nil {
			continue
		}
		switch p.Stage {
		case Loading:
			if turns := loadAll(t, r, v)[0].Turns(); turns[0].Text != "Hello" || turns[0].id == 0 || turns[1].id != 0 {
				t.Errorf("before anything was computed the store had %+v", turns)
			}
		case Answering:
			select {
			case <-w.saved:
			default:
				continue
			}
			turns := loadAll(t, r, v)[0].Turns()
			if turns[1].Text == "" || turns[1].State != CutOff || len(turns[1].ids) == 0 {
				continue // the answer had no word yet
			}
			if !strings.HasPrefix(c.Turns()[1].Text, turns[1].Text) {
				t.Errorf("the store has %q", turns[1].Text)
			}
			looked = true
			cancel()
		}
	}
	if !looked {
		t.Error("nothing was stored while the answer was written")
	}
	sameTurns(t, loadAll(t, r, v)[0].Turns(), c.Turns())
}

func TestWithdrawFromTheStore(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	c := NewConversation(r, v)
	long := strings.Repeat("word ", 5000)
	for _, before := range []int{0, 2} {
		if _, _, err := ask(t, c, long, 1); !errors.Is(err, ErrTooLong) {
			t.Fatal(err)
		}
		if got := loadAll(t, r, v)[0].Turns(); len(got) != before+2 || got[before].Text != long {
			t.Fatalf("the store has %d turns", len(got))
		}
		question, remove, ok := c.Withdraw()
		if question != long || !ok {
			t.Fatal(ok)
		}
		if err := remove(t.Context()); err != nil {
			t.Fatal(err)
		}
		if before == 0 {
			if list := loadAll(t, r, v); len(list) != 0 || c.Title() != "" {
				t.Errorf("%d conversations are left, the title is %q", len(list), c.Title())
			}
			ask(t, c, "short", 3)
		}
		sameTurns(t, loadAll(t, r, v)[0].Turns(), c.Turns())
	}
	if got := loadAll(t, r, v)[0].Title(); got != "short" {
		t.Errorf("title %q", got)
	}
}

// A store that cannot write loses no words: a question is not answered, an answer is kept in memory, and goes
// to the disk when it can.
func TestStoreFails(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	w := &watcher{Store: v}
	c := NewConversation(r, w)
	w.setFail(vault.ErrFull)
	if text, _, err := ask(t, c, "Hello", 3); text != "" || !errors.Is(err, ErrStore) || !errors.Is(err, vault.ErrFull) {
		t.Fatalf("%q, %v", text, err)
	}
	question, remove, ok := c.Withdraw()
	if question != "Hello" || !ok {
		t.Fatal(question, ok)
	}
	w.setFail(nil)
	if err := remove(t.Context()); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for p, err := range c.Ask(ctx, "Hello") {
		last = err
		if p.Stage == Answering && len(c.Turns()[1].Text) > 20 {
			w.setFail(vault.ErrFull)
			cancel()
		}
	}
	if !errors.Is(last, ErrStore) || c.Turns()[1].State != Stopped {
		t.Fatalf("%v, %+v", last, c.Turns()[1])
	}
	w.setFail(nil)
	ask(t, c, "Again", 2)
	if got := loadAll(t, r, v); len(got) != 1 {
		t.Fatalf("%d conversations", len(got))
	} else {
		sameTurns(t, got[0].Turns(), c.Turns())
	}
}

func TestTrash(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	c := NewConversation(r, v)
	if err := errors.Join(c.Trash(t.Context()), NewConversation(r, nil).Trash(t.Context())); err != nil {
		t.Error(err) // nothing is stored of them
	}
	for range c.Ask(t.Context(), "Hello") {
		if err := c.Trash(t.Context()); !errors.Is(err, ErrAnswering) {
			t.Errorf("while it is answering: %v", err)
		}
		break
	}
	if err := c.Trash(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := loadAll(t, r, v); len(got) != 0 {
		t.Fatalf("%d conversations are not in the trash", len(got))
	}
	if err := c.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	sameTurns(t, loadAll(t, r, v)[0].Turns(), c.Turns())
}

// What others have put into the store does not always alternate, and its tokens may be anything.
func TestStrangeHistories(t *testing.T) {
	r, lib := newRunner(t, short(0))
	active, _ := lib.Active()
	for name, roles := range map[string]string{"empty": "", "an answer first": "au", "two questions": "uua", "two answers": "uaa", "system": "sua", "cut off": "u"} {
		t.Run(name, func(t *testing.T) {
			v := newVault(t)
			stored, err := v.NewConversation(t.Context(), vault.Conversation{Title: name})
			if err != nil {
				t.Fatal(err)
			}
			m := vault.Message{}
			for _, role := range roles {
				m = vault.Message{Parent: m.ID, Role: map[rune]string{'u': "user", 'a': "assistant", 's': "system"}[role], Text: "word", State: 200}
				if role == 'a' {
					m.Model, m.Tokens = active.ID, []int32{-1, 1 << 30}
				}
				if m, err = v.AddMessage(t.Context(), stored.ID, m); err != nil {
					t.Fatal(err)
				}
			}
			c := loadAll(t, r, v)[0]
			words := 0
			for i, turn := range c.Turns() {
				if want := []chat.Role{chat.User, chat.Assistant}[i%2]; turn.Role != want {
					t.Errorf("turn %d is the %s's", i, turn.Role)
				}
				if turn.Text != "" {
					words++
				}
				if turn.State != Complete && turn.State != Stopped {
					t.Errorf("state %d", turn.State)
				}
			}
			if words != len(roles) || len(c.Turns())%2 != 0 {
				t.Errorf("%d turns have words of %d messages", words, len(roles))
			}
			if text, _, err := ask(t, c, "Hello", 2); text == "" || !errors.Is(err, context.Canceled) {
				t.Errorf("it answers %q, %v", text, err)
			}
		})
	}
}

func TestUnread(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	ask(t, NewConversation(r, v), "Hello", 2)
	list, err := Conversations(t.Context(), r, v)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ask(t, list[0], "too early", 1); !errors.Is(err, ErrUnread) {
		t.Error(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if err := list[0].Load(t.Context()); !errors.Is(err, ErrStore) || !errors.Is(err, vault.ErrLocked) {
		t.Error(err)
	}
	if _, err := Conversations(t.Context(), r, v); !errors.Is(err, vault.ErrLocked) {
		t.Error(err)
	}
	if known([]tokenizer.ID{1 << 30}, r.tok.Load().tok) {
		t.Error("a token is known that no vocabulary has")
	}
}
