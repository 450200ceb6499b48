package vault

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConversations(t *testing.T) {
	c := newClock()
	dir := t.TempDir()
	v := contents(t, dir, c.now)
	ctx := t.Context()

	var made []Conversation
	for _, title := range []string{"Tides", "Sourdough", "", "it's \"quoted\"; DROP TABLE conversation --"} {
		c.pass(time.Minute)
		made = append(made, must(v.NewConversation(ctx, Conversation{Title: title}))(t))
	}
	made[0].Pinned, made[0].Folder, made[0].Lifetime = true, "Sea", 7*24*time.Hour
	made[1].Folder = "Kitchen"
	ok(t, v.UpdateConversation(ctx, made[0]))
	ok(t, v.UpdateConversation(ctx, made[1]))
	wantIs(t, v.UpdateConversation(ctx, Conversation{ID: 99}), ErrNotFound)

	same(t, must(v.Conversations(ctx, Filter{}))(t), []Conversation{made[0], made[3], made[2], made[1]})
	same(t, must(v.Conversations(ctx, Filter{Limit: 2}))(t), []Conversation{made[0], made[3]})
	same(t, must(v.Conversations(ctx, Filter{InFolder: true, Folder: "Sea"}))(t), []Conversation{made[0]})
	same(t, must(v.Conversations(ctx, Filter{InFolder: true}))(t), []Conversation{made[3], made[2]})
	same(t, must(v.Folders(ctx))(t), []string{"Kitchen", "Sea"})

	ok(t, v.Trash(ctx, Ref{KindConversation, made[0].ID}))
	same(t, must(v.Folders(ctx))(t), []string{"Kitchen"})
	made[0].Deleted = c.now()
	same(t, must(v.Conversations(ctx, Filter{Trashed: true}))(t), []Conversation{made[0]})
	same(t, must(v.Conversation(ctx, made[0].ID))(t), made[0])
	_, err := v.Conversation(ctx, 99)
	wantIs(t, err, ErrNotFound)
	sound(t, v)

	// All of it is there the next time.
	ok(t, v.db.Close())
	v = contents(t, dir, c.now)
	same(t, must(v.Conversations(ctx, Filter{}))(t), []Conversation{made[3], made[2], made[1]})
	sound(t, v)
}

// What an import brings keeps its times and its UID, once.
func TestGivenStamps(t *testing.T) {
	v := contents(t, t.TempDir(), newClock().now)
	ctx := t.Context()
	old := time.Date(2024, 1, 2, 3, 4, 5, 678e6, time.UTC)
	given := Conversation{UID: UID{1, 2}, Title: "old", Created: old, Changed: old.Add(time.Hour)}
	c := must(v.NewConversation(ctx, given))(t)
	given.ID = c.ID
	same(t, must(v.Conversation(ctx, c.ID))(t), given)
	m := must(v.AddMessage(ctx, c.ID, Message{UID: UID{3}, Role: "user", Created: old.Add(time.Minute)}))(t)
	c = must(v.Conversation(ctx, c.ID))(t)
	if c.Changed != given.Changed || c.Leaf != m.ID {
		t.Errorf("got %+v", c)
	}
	if _, err := v.NewConversation(ctx, Conversation{UID: given.UID}); err == nil {
		t.Error("the same UID was stored twice")
	}
	if _, err := v.AddMessage(ctx, c.ID, Message{UID: m.UID}); err == nil {
		t.Error("the same UID was stored twice")
	}
	sound(t, v)
}

func TestMessages(t *testing.T) {
	c := newClock()
	v := contents(t, t.TempDir(), c.now)
	ctx := t.Context()
	talk := must(v.NewConversation(ctx, Conversation{Title: "Tides"}))(t)
	other := must(v.NewConversation(ctx, Conversation{Title: "Other"}))(t)
	if path := must(v.Path(ctx, talk.ID))(t); len(path) != 0 {
		t.Fatalf("an empty conversation has %v", path)
	}
	add := func(parent int64, role, text string) Message {
		t.Helper()
		c.pass(time.Second)
		return must(v.AddMessage(ctx, talk.ID, Message{Parent: parent, Role: role, Text: text}))(t)
	}
	// q1 ─ a1
	//    └ a2 ─ q2 ─ a3
	//         └ q3
	// q4
	q1 := add(0, "user", "Why does the tide come twice?")
	a1 := add(q1.ID, "assistant", "The moon.")
	a2 := add(q1.ID, "assistant", "Because of the moon \x00 and\nthe sun.")
	q2 := add(a2.ID, "user", "And the sun?")
	a3 := add(q2.ID, "assistant", "")
	q3 := add(a2.ID, "user", "2026-01-02T03:04:05Z")
	q4 := add(0, "user", "潮はなぜ二回来るのか")

	a3.Text, a3.State, a3.Tokens = "It is heavier.", 2, []int32{0, 1, -1, math.MaxInt32, math.MinInt32}
	ok(t, v.SetMessage(ctx, a3))
	wantIs(t, v.SetMessage(ctx, Message{ID: 99}), ErrNotFound)

	set := func(m Message, version, versions int) Message {
		m.Version, m.Versions = version, versions
		return m
	}
	same(t, must(v.Path(ctx, talk.ID))(t), []Message{set(q4, 2, 2)})
	for _, c := range []struct {
		name   string
		choose int64
		want   []Message
	}{
		{"an inner message leads to the newest below it", q1.ID, []Message{set(q1, 1, 2), set(a2, 2, 2), set(q3, 2, 2)}},
		{"a leaf", a1.ID, []Message{set(q1, 1, 2), set(a1, 1, 2)}},
		{"another question", q2.ID, []Message{set(q1, 1, 2), set(a2, 2, 2), set(q2, 1, 2), set(a3, 1, 1)}},
		{"another beginning", q4.ID, []Message{set(q4, 2, 2)}},
	} {
		ok(t, v.Choose(ctx, talk.ID, c.choose))
		t.Log(c.name)
		same(t, must(v.Path(ctx, talk.ID))(t), c.want)
	}
	tree := must(v.Tree(ctx, talk.ID))(t)
	same(t, tree.Below(tree.Above(a1.ID)), []int64{a1.ID, a2.ID})
	same(t, tree.Below(tree.Above(q4.ID)), []int64{q1.ID, q4.ID})
	if all := must(v.Messages(ctx, talk.ID))(t); len(all) != 7 {
		t.Errorf("the conversation has %d messages, want 7", len(all))
	}

	wantIs(t, v.Choose(ctx, other.ID, q1.ID), ErrNotFound)
	_, err := v.AddMessage(ctx, other.ID, Message{Parent: q1.ID})
	wantIs(t, err, ErrNotFound)
	_, err = v.AddMessage(ctx, 99, Message{})
	wantIs(t, err, ErrNotFound)
	_, err = v.Path(ctx, 99)
	wantIs(t, err, ErrNotFound)
	sound(t, v)
}

func same[T any](t *testing.T, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want −, got +:\n%s", d)
	}
}

func TestRemoveMessage(t *testing.T) {
	v := contents(t, t.TempDir(), newClock().now)
	ctx := t.Context()
	talk := must(v.NewConversation(ctx, Conversation{Title: "Tides"}))(t)
	add := func(parent int64, text string) int64 {
		return must(v.AddMessage(ctx, talk.ID, Message{Parent: parent, Role: "user", Text: text}))(t).ID
	}
	question := add(0, "question")
	answer := add(question, "answer")
	again := add(answer, "again")
	add(again, "another")
	wantIs(t, v.RemoveMessage(ctx, 99), ErrNotFound)

	other := add(question, "other version")
	ok(t, v.RemoveMessage(ctx, again)) // the leaf is elsewhere and stays
	if got := must(v.Conversation(ctx, talk.ID))(t).Leaf; got != other {
		t.Errorf("leaf %d, want %d", got, other)
	}
	if got := must(v.Messages(ctx, talk.ID))(t); len(got) != 3 {
		t.Errorf("messages left: %+v", got)
	}
	ok(t, v.RemoveMessage(ctx, other))
	if got := must(v.Path(ctx, talk.ID))(t); len(got) != 2 || got[1].ID != answer {
		t.Errorf("path %+v", got) // the other version is what is left
	}
	ok(t, v.RemoveMessage(ctx, question))
	if got := must(v.Messages(ctx, talk.ID))(t); len(got) != 0 || must(v.Conversation(ctx, talk.ID))(t).Leaf != 0 {
		t.Errorf("messages left: %+v", got)
	}
	if hits := must(v.Search(ctx, "another", 9))(t); len(hits) != 0 {
		t.Errorf("found %+v", hits)
	}
	sound(t, v)
}
