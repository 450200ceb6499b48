package vault

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

// texts are those of messages, in their order.
func texts(list []Message) []string {
	all := []string{}
	for _, m := range list {
		all = append(all, m.Text)
	}
	return all
}

// A pair that is deleted is skipped, what follows it stays, and becomes another version of what stands beside it.
func TestDeleteMessages(t *testing.T) {
	c := newClock()
	v := contents(t, t.TempDir(), c.now)
	ctx := t.Context()
	talk := must(v.NewConversation(ctx, Conversation{Title: "Tides"}))(t).ID
	add := func(parent int64, text string) int64 {
		t.Helper()
		return must(v.AddMessage(ctx, talk, Message{Role: "user", Parent: parent, Text: text, Extra: json.RawMessage(`"` + text + `"`)}))(t).ID
	}
	shows := func(want ...string) []Message {
		t.Helper()
		path := must(v.Path(ctx, talk))(t)
		same(t, texts(path), append([]string{}, want...))
		sound(t, v)
		return path
	}
	q1 := add(0, "q1")
	a1 := add(q1, "a1")
	q2 := add(a1, "q2")
	a2 := add(q2, "a2")
	q3 := add(a2, "q3")
	a3 := add(q3, "a3")
	other := add(a1, "other")
	ok(t, v.Choose(ctx, talk, a3))

	ok(t, v.DeleteMessages(ctx, talk, q2, a2))
	path := shows("q1", "a1", "q3", "a3")
	if m := path[2]; m.Parent != a1 || m.Version != 1 || m.Versions != 2 || string(m.Extra) != `"q3"` {
		t.Errorf("what follows is %+v", m)
	}
	if hits := must(v.Search(ctx, "q2", 9))(t); len(hits) > 0 {
		t.Errorf("a search finds what was deleted: %v", hits)
	}
	if role := must(v.Tree(ctx, talk))(t).Role(q3); role != "user" {
		t.Errorf("the role of a message is %q", role)
	}
	h := must(v.Thread(ctx, talk))(t)
	same(t, texts(h.Messages), []string{"q1", "a1", "q3", "a3", "other"})
	same(t, []int64{h.Messages[2].Parent, h.Conversation.Leaf}, []int64{a1, a3})
	wantIs(t, v.Choose(ctx, talk, a2), ErrNotFound)
	wantIs(t, v.DeleteMessages(ctx, talk, 99), ErrNotFound)

	// When the leaf goes, what is left beside it is shown.
	ok(t, v.DeleteMessages(ctx, talk, q3, a3))
	shows("q1", "a1", "other")
	ok(t, v.DeleteMessages(ctx, talk, other))
	shows("q1", "a1")
	ok(t, v.DeleteMessages(ctx, talk, q1, a1))
	shows()
	ok(t, v.RestoreMessages(ctx, talk, q1, a1, q2, a2, q3, a3))
	shows("q1", "a1", "q2", "a2", "q3", "a3")
	ok(t, v.DeleteMessages(ctx, talk, q1, a1))
	shows("q2", "a2", "q3", "a3")
	ok(t, v.RestoreMessages(ctx, talk, other))

	// Later they go for good, and the tree stays what it was.
	before := must(v.Messages(ctx, talk))(t)
	c.pass(TrashTime)
	ok(t, v.DeleteMessages(ctx, talk, a3))
	if n := must(v.Sweep(ctx))(t); n != 2 {
		t.Errorf("%d were deleted for good", n)
	}
	shows("q2", "a2", "q3")
	wantIs(t, v.RestoreMessages(ctx, talk, q1), ErrNotFound)
	ok(t, v.RestoreMessages(ctx, talk, a3))
	shows("q2", "a2", "q3", "a3")
	same(t, must(v.Messages(ctx, talk))(t), before)
	ok(t, v.DeleteMessages(ctx, talk, a3))
	ok(t, v.EmptyTrash(ctx))
	wantIs(t, v.RestoreMessages(ctx, talk, a3), ErrNotFound)
	shows("q2", "a2", "q3")
	wantRows(t, v, 5) // with other, and the conversation
}

func TestFork(t *testing.T) {
	c := newClock()
	v := contents(t, t.TempDir(), c.now)
	ctx := t.Context()
	talk := must(v.NewConversation(ctx, Conversation{Title: "Tides", Folder: "Sea", Pinned: true, Lifetime: time.Hour, Extra: json.RawMessage("[1]")}))(t)
	var ids []int64
	for i, text := range []string{"q1", "a1", "q2", "a2", "q3"} {
		m := Message{Text: text, Model: "tiny", State: 2, Tokens: []int32{int32(i)}, Extra: json.RawMessage("1"), Pinned: true}
		if i > 0 {
			m.Parent = ids[i-1]
		}
		ids = append(ids, must(v.AddMessage(ctx, talk.ID, m))(t).ID)
	}
	ok(t, v.DeleteMessages(ctx, talk.ID, ids[0], ids[1]))
	before := must(v.Thread(ctx, talk.ID))(t)
	c.pass(2 * time.Hour)
	fork := must(v.Fork(ctx, talk.ID, ids[3]))(t)
	same(t, must(v.Conversation(ctx, fork.ID))(t), Conversation{ID: fork.ID, UID: fork.UID, Title: "Tides", Folder: "Sea", Lifetime: time.Hour,
		Extra: talk.Extra, Created: c.at, Changed: c.at, Leaf: fork.Leaf})
	got, want := must(v.Path(ctx, fork.ID))(t), before.Messages[:2]
	for i := range got {
		if got[i].UID == want[i].UID || got[i].ID == want[i].ID {
			t.Error("it is the same message")
		}
		got[i].UID, got[i].ID, got[i].Parent = want[i].UID, want[i].ID, want[i].Parent
	}
	same(t, got, want)
	same(t, must(v.Thread(ctx, talk.ID))(t), before)
	_, err := v.Fork(ctx, fork.ID, ids[3])
	wantIs(t, err, ErrNotFound)
	_, err = v.Fork(ctx, talk.ID, ids[1]) // deleted
	wantIs(t, err, ErrNotFound)
	sound(t, v)
}

func TestExtraIsJSON(t *testing.T) {
	v := contents(t, t.TempDir(), newClock().now)
	ctx := t.Context()
	c := must(v.NewConversation(ctx, Conversation{}))(t)
	m := must(v.AddMessage(ctx, c.ID, Message{}))(t)
	for _, bad := range []string{"{", "x", "\"\xff\"", "1 2"} {
		e := json.RawMessage(bad)
		m.Extra, c.Extra = e, slices.Clone(e)
		_, err := v.NewConversation(ctx, c)
		wantIs(t, err, ErrContent)
		_, err = v.AddMessage(ctx, c.ID, m)
		wantIs(t, err, ErrContent)
		wantIs(t, v.SetMessage(ctx, m), ErrContent)
		wantIs(t, v.UpdateConversation(ctx, c), ErrContent)
	}
}
