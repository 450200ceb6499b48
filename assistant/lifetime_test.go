package assistant

import (
	"errors"
	"iter"
	"testing"
	"time"

	"lamplight/privacy/vault"
)

func TestLifetime(t *testing.T) {
	s := short(0)
	s.KeepDays = 7
	r, _ := newRunner(t, s)
	v := newVault(t)
	usual, other := NewConversation(r, v), NewConversation(r, v)
	if err := other.SetLifetime(t.Context(), 30*Day); err != nil {
		t.Fatal(err)
	}
	if usual.Lifetime() != 7*Day || other.Lifetime() != 30*Day || !usual.Ends().IsZero() {
		t.Errorf("before the first question: %v, %v, ends %v", usual.Lifetime(), other.Lifetime(), usual.Ends())
	}
	ask(t, usual, "one", 2)
	ask(t, other, "two", 2)
	s.KeepDays = 0 // from here on; those that are there stay as they are
	r.SetSettings(s)
	ask(t, usual, "more", 2)
	for c, want := range map[*Conversation]time.Duration{usual: 7 * Day, other: 30 * Day} {
		kept, err := v.Conversation(t.Context(), c.ID())
		if err != nil {
			t.Fatal(err)
		}
		if kept.Lifetime != want || c.Lifetime() != want || !c.Ends().Equal(kept.Changed.Add(want)) {
			t.Errorf("kept for %v, changed %v; says %v, ends %v", kept.Lifetime, kept.Changed, c.Lifetime(), c.Ends())
		}
	}
	if err := other.SetLifetime(t.Context(), 0); err != nil || !other.Ends().IsZero() {
		t.Errorf("for ever: %v, ends %v", err, other.Ends())
	}
	list, err := Conversations(t.Context(), r, v)
	if err != nil || len(list) != 2 {
		t.Fatal(len(list), err)
	}
	if list[0].Lifetime() != 7*Day || !list[0].Ends().Equal(usual.Ends()) || list[1].Lifetime() != 0 {
		t.Errorf("listed: %v, ends %v, and %v", list[0].Lifetime(), list[0].Ends(), list[1].Lifetime())
	}
}

// A question that is taken back leaves the choice that was made for its conversation.
func TestLifetimeOfAWithdrawnQuestion(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	c := NewConversation(r, v)
	if err := c.SetLifetime(t.Context(), 7*Day); err != nil {
		t.Fatal(err)
	}
	next, stop := iter.Pull2(c.Ask(t.Context(), "one"))
	if err := c.SetLifetime(t.Context(), 0); !errors.Is(err, ErrAnswering) { // nobody knows whether it is stored
		t.Errorf("while it is being stored: %v", err)
	}
	next()
	stop()
	_, remove, ok := c.Withdraw()
	if !ok {
		t.Fatal("not withdrawn")
	}
	if err := remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.ID() != 0 || c.Lifetime() != 7*Day || !c.Ends().IsZero() {
		t.Errorf("id %d, kept for %v, ends %v", c.ID(), c.Lifetime(), c.Ends())
	}
}

func TestKeepAll(t *testing.T) {
	v := newVault(t)
	now := time.Now()
	ids := map[string]int64{}
	for title, c := range map[string]vault.Conversation{
		"old": {Changed: now.Add(-8 * Day)}, "older": {Changed: now.Add(-31 * Day), Lifetime: 365 * Day},
		"new": {Changed: now}, "same": {Changed: now.Add(-6 * Day), Lifetime: 7 * Day}, "in the trash": {Changed: now.Add(-9 * Day)},
	} {
		c.Title = title
		c, err := v.NewConversation(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		ids[title] = c.ID
	}
	if err := v.Trash(t.Context(), ref(ids["in the trash"])); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		d         time.Duration
		all, over int
	}{{7 * Day, 3, 2}, {30 * Day, 4, 1}, {0, 2, 0}} {
		if all, over, err := Others(t.Context(), v, c.d, now); all != c.all || over != c.over || err != nil {
			t.Errorf("%v: %d others, %d over, %v; want %d, %d", c.d, all, over, err, c.all, c.over)
		}
	}
	if err := KeepAll(t.Context(), v, 7*Day); err != nil {
		t.Fatal(err)
	}
	if n, err := v.Sweep(t.Context()); n != 2 || err != nil {
		t.Errorf("%d were deleted, %v", n, err)
	}
	for title, want := range map[string]error{"old": vault.ErrNotFound, "older": vault.ErrNotFound, "new": nil, "same": nil, "in the trash": nil} {
		if _, err := v.Conversation(t.Context(), ids[title]); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", title, err, want)
		}
	}
	if c, err := v.Conversation(t.Context(), ids["in the trash"]); err != nil || c.Lifetime != 0 {
		t.Errorf("what is in the trash is kept for %v, %v", c.Lifetime, err)
	}
}

// A message on another branch switches to it.
func TestShow(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	kept, err := v.NewConversation(t.Context(), vault.Conversation{Title: "tree"})
	if err != nil {
		t.Fatal(err)
	}
	add := func(parent int64, role, text string) int64 {
		m, err := v.AddMessage(t.Context(), kept.ID, vault.Message{Parent: parent, Role: role, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return m.ID
	}
	q := add(0, "user", "why")
	first := add(q, "assistant", "because")
	more := add(first, "user", "and")
	end := add(more, "assistant", "so")
	second := add(q, "assistant", "who knows")

	list, err := Conversations(t.Context(), r, v)
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	c := list[0]
	for _, x := range []struct {
		message  int64
		turn     int
		switched bool
		turns    int
	}{{second, 1, false, 2}, {q, 0, false, 2}, {more, 2, true, 4}, {end, 3, false, 4}, {second, 1, true, 2}} {
		turn, switched, err := c.Show(t.Context(), x.message)
		if turn != x.turn || switched != x.switched || err != nil || len(c.Turns()) != x.turns {
			t.Errorf("message %d: turn %d of %d, switched %v, %v; want %d of %d, %v", x.message, turn, len(c.Turns()), switched, err, x.turn, x.turns, x.switched)
		}
	}
	if _, _, err := c.Show(t.Context(), end+100); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("a message that is not there: %v", err)
	}
	if !c.Read() || len(c.Turns()) != 2 {
		t.Error("after it the conversation is not as it was")
	}
	next, stop := iter.Pull2(c.Ask(t.Context(), "more"))
	defer stop()
	next()
	if _, _, err := c.Show(t.Context(), end); !errors.Is(err, ErrAnswering) {
		t.Errorf("while an answer is written: %v", err)
	}
	if turn, _, err := c.Show(t.Context(), second); turn != 1 || err != nil {
		t.Errorf("of the same path, while an answer is written: %d, %v", turn, err)
	}
}
