package writing

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/privacy/vault"
)

func openVault(t *testing.T) *vault.Vault {
	t.Helper()
	v, err := vault.Create(t.TempDir(), vault.Options{Protection: vault.File})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func TestPending(t *testing.T) {
	v, ctx := openVault(t), t.Context()
	doc, other := vault.UIDOf("a"), vault.UIDOf("b")
	if p, err := LoadPending(ctx, v, doc); p != nil || err != nil {
		t.Fatal(p, err)
	}
	text := "One two three."
	want := Pending{Action: short(Edits), Asked: "French", Seed: 7, Part: Part{0, 14}, Done: []Part{{0, 7}},
		Proposals: []Proposal{{Part: Part{4, 7}, Old: "two", New: "2", Touched: []Guarded{Number}, Passage: "One two", At: 4}}}
	for range 2 {
		if err := SavePending(ctx, v, doc, &want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := LoadPending(ctx, v, doc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Fit(text)); diff != "" {
		t.Error(diff)
	}
	if p, _ := LoadPending(ctx, v, other); p != nil {
		t.Error("it belongs to another document too")
	}
	if p := got.Fit("One four three."); len(p.Proposals) != 0 {
		t.Errorf("words that have changed: %+v", p.Proposals)
	}
	if p := got.Fit("One"); len(p.Proposals) != 0 || p.Part.End != 3 || p.Done[0].End != 3 {
		t.Errorf("a text that is shorter: %+v", p)
	}
	for range 2 {
		if err := SavePending(ctx, v, doc, nil); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := LoadPending(ctx, v, doc); p != nil || err != nil {
		t.Error(p, err)
	}
}

func TestDecisions(t *testing.T) {
	v, ctx := openVault(t), t.Context()
	proposals := []Proposal{
		{Old: "two", New: "2", Passage: "One two", At: 4},
		{Old: "x", New: "y", Passage: "x", At: 0},
		{Old: "One", New: "1", Passage: "One two", At: 0},
	}
	a := Action{ID: "change", Asks: Change, Task: "Do: {{answer}}"}
	want := []Decision{
		{Action: "change", Task: "Do: this", Passage: "One two", Edits: []Edit{{4, 7, "2"}, {0, 3, "1"}}},
		{Action: "change", Task: "Do: this", Passage: "x", Edits: []Edit{{0, 1, "y"}}},
	}
	got := Decisions(a, " this ", proposals)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	for _, taken := range []bool{true, false, true} {
		if _, err := Keep(ctx, v, taken, got); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Keep(ctx, v, true, nil); err != nil {
		t.Fatal(err)
	}
	ref, err := Keep(ctx, v, true, got)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Purge(ctx, ref); err != nil { // they were taken back
		t.Fatal(err)
	}
	for kind, want := range map[vault.ItemKind]int{vault.Accepted: 2, vault.Rejected: 1} {
		if items, err := v.Items(ctx, kind); err != nil || len(items) != want {
			t.Errorf("%s: %d items, %v, want %d", kind, len(items), err, want)
		}
	}
}

func TestOwnActions(t *testing.T) {
	v, ctx := openVault(t), t.Context()
	a := short(Edits)
	for _, name := range []string{"First", "Second"} {
		a.Name = name
		if err := SaveOwn(ctx, v, a); err != nil {
			t.Fatal(err)
		}
	}
	if err := SaveOwn(ctx, v, Action{ID: "bad"}); err == nil {
		t.Error("an action without a task is kept")
	}
	if _, err := v.SetItem(ctx, vault.Action, "odd", "no action"); err != nil {
		t.Fatal(err)
	}
	own, err := Own(ctx, v)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Action{a}, own); diff != "" {
		t.Error(diff)
	}
	undo, err := RemoveOwn(ctx, v, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	if own, err := Own(ctx, v); err != nil || len(own) != 0 {
		t.Errorf("%+v is there still, %v", own, err)
	}
	if err := undo(ctx); err != nil {
		t.Fatal(err)
	}
	if own, err := Own(ctx, v); err != nil || len(own) != 1 {
		t.Errorf("undo leads to %+v, %v", own, err)
	}
	if _, err := RemoveOwn(ctx, v, "none"); err == nil {
		t.Error("an action that is not there was removed")
	}
}
