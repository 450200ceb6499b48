package ui

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	diff "lamplight/assistant/review"
	"lamplight/assistant/writing"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
	"lamplight/ui/buffer"
)

// shortAction is one whose prompt fits a tiny model.
func shortAction(does writing.Deed) writing.Action {
	return writing.Action{ID: "x", Name: "Short", Does: does, Task: "Go:", Longer: 1, Keeps: []writing.Guarded{writing.Number}}
}

// compose puts a text into the document that is shown.
func (u *session) compose(text string) {
	u.show(writePage)
	u.write.editor.Edit(func(b *buffer.Buffer) { b.Insert(text) })
	u.inTurn()
}

// inTurn lets the vault have what was ordered until now, while a worker may wait for the model.
func (u *session) inTurn() {
	u.t.Helper()
	for range 2 { // what is told then may order more
		done := false
		u.inOrder(func() { u.do(func() { done = true }) })
		u.until("what was ordered", func() bool { return done })
	}
}

// help is that of the page Write.
func (u *session) help() *help { return u.write.help }

// text is that of the document that is shown.
func (u *session) text() string { return u.write.editor.Buffer().Text() }

// reviewing begins an action on all of the text. The model is held, so that the test says what it proposes.
func (u *session) reviewing(a writing.Action) *review {
	u.t.Helper()
	u.help().setExtent(wholeText)
	u.help().start(a, "")
	r := u.help().review()
	if r == nil || r.running == nil {
		u.t.Fatalf("no review has begun; the window says\n%s", strings.Join(u.texts(), "\n"))
	}
	return r
}

// proposes is the model proposing another text for a passage of the one that it has read.
func (u *session) proposes(r *review, passage, now string) {
	u.t.Helper()
	start := strings.Index(r.running.text, passage)
	if start < 0 {
		u.t.Fatalf("%q is not in %q", passage, r.running.text)
	}
	res := writing.Result{Part: writing.Part{Start: start, End: start + len(passage)}, Answer: now}
	for _, c := range diff.Diff(passage, now) {
		c.Start, c.End = c.Start+start, c.End+start
		res.Changes = append(res.Changes, c)
	}
	res.Touched = writing.Check(r.running.text, res.Changes, r.action.Keeps)
	r.took(r.running, res)
	u.q.drain()
}

// ends is the model having read all of it.
func (u *session) ends(r *review) {
	r.cancel()
	r.ended(r.running, nil)
	u.inTurn()
}

// keys types letters into the list of changes.
func (u *session) keys(letters string) {
	for _, l := range letters {
		u.help().changes.list.TypedRune(l)
		u.inTurn()
	}
}

func (u *session) items(kind vault.ItemKind) int {
	u.t.Helper()
	items, err := u.Vault.Items(context.Background(), kind)
	if err != nil {
		u.t.Fatal(err)
	}
	return len(items)
}

// pending is what the vault has of proposals.
func (u *session) pending() *writing.Pending {
	u.t.Helper()
	u.inTurn()
	items, err := u.Vault.Items(context.Background(), vault.Setting)
	if err != nil {
		u.t.Fatal(err)
	}
	for _, i := range items {
		if strings.HasPrefix(i.Name, "pending ") {
			var p writing.Pending
			if err := json.Unmarshal(i.Value, &p); err != nil {
				u.t.Fatal(err)
			}
			return &p
		}
	}
	return nil
}

const threeLines = "Ana has 3 cats.\nBen have a dog.\nAll of them is here."

func threeProposals(t *testing.T, dir string) (*session, *review) {
	u := withVault(t, brief, dir)
	u.compose(threeLines)
	t.Cleanup(u.hold())
	r := u.reviewing(shortAction(writing.Edits))
	u.proposes(r, "All of them is here.", "All of them are here.")
	u.proposes(r, "Ana has 3 cats.", "Ana has 4 cats.")
	u.proposes(r, "Ben have a dog.", "Ben has a dog.")
	return u, r
}

func TestReviewByKeys(t *testing.T) {
	u, r := threeProposals(t, t.TempDir())
	u.until("the passages to be counted", func() bool { return u.sees("of 3 passages") })
	u.mustSee("have → has", "is → are", "3 → 4 · Changes a number", "3 changes")
	if list := u.help().changes.list; r.focus != r.list[2] || list.at != 2 {
		t.Errorf("the keyboard is at row %d, while the one that came first is looked at", list.at)
	}
	u.ends(r)
	if u.text() != threeLines {
		t.Errorf("the text is %q before anything was accepted", u.text())
	}
	u.keys("p") // the last one was proposed first, and is looked at
	u.keys("a")
	if list := u.help().changes.list; list.at != 2 || r.focus != r.list[2] {
		t.Errorf("the keyboard is at row %d", list.at)
	}
	u.mustSee("3 changes · 1 accepted")
	if want := strings.Replace(threeLines, "have", "has", 1); u.text() != want {
		t.Errorf("the text is %q, want %q", u.text(), want)
	}
	u.keys("r")
	u.keys("a")
	u.mustSee("3 changes · 2 accepted · 1 rejected")
	if len(r.waiting()) != 0 {
		t.Errorf("%d wait", len(r.waiting()))
	}
	if taken, left := u.items(vault.Accepted), u.items(vault.Rejected); taken != 2 || left != 1 {
		t.Errorf("%d examples of what was accepted and %d of what was not", taken, left)
	}
	before := u.text()
	for range 3 {
		u.write.editor.Undo()
	}
	u.inTurn()
	u.mustSee("3 changes")
	u.mustNotSee("accepted", "rejected")
	if u.text() != threeLines || len(r.waiting()) != 3 {
		t.Errorf("undo leads to %q with %d that wait", u.text(), len(r.waiting()))
	}
	if n := u.items(vault.Accepted) + u.items(vault.Rejected); n != 0 {
		t.Errorf("%d examples are kept of what was taken back", n)
	}
	for range 3 {
		u.write.editor.Redo()
	}
	u.inTurn()
	u.mustSee("3 changes · 2 accepted · 1 rejected")
	if taken, left := u.items(vault.Accepted), u.items(vault.Rejected); u.text() != before || taken != 2 || left != 1 {
		t.Errorf("redo leads to %q with %d and %d examples", u.text(), taken, left)
	}
	u.tap("Done")
	u.mustSee("Help with")
	if u.pending() != nil {
		t.Error("something is pending when all is done")
	}
}

func TestReviewAllAtOnce(t *testing.T) {
	u, r := threeProposals(t, t.TempDir())
	u.ends(r)
	u.keys("A")
	if want := "Ana has 4 cats.\nBen has a dog.\nAll of them are here."; u.text() != want {
		t.Errorf("the text is %q, want %q", u.text(), want)
	}
	u.write.editor.Undo()
	u.keys("R")
	u.mustSee("3 changes · 3 rejected")
	if u.text() != threeLines || u.items(vault.Accepted) != 0 || u.items(vault.Rejected) != 1 {
		t.Errorf("the text is %q, with %d examples", u.text(), u.items(vault.Rejected))
	}
}

// A change that was clicked is decided about by the buttons under the text.
func TestReviewByMouse(t *testing.T) {
	u, r := threeProposals(t, t.TempDir())
	u.ends(r)
	u.write.editor.OnMark(r.list[0].id)
	u.tap("Reject")
	u.inTurn()
	u.tap("Accept")
	u.inTurn()
	u.mustSee("3 changes · 1 accepted · 1 rejected")
	if want := strings.Replace(threeLines, "have", "has", 1); u.text() != want || r.focus != r.list[2] || u.win.Canvas().Focused() != u.help().changes.list {
		t.Errorf("the text is %q, want %q", u.text(), want)
	}
}

// Whoever writes on while the model reads finds its proposals where they belong, and none for words that have changed.
func TestReviewWhileWriting(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.compose(threeLines)
	t.Cleanup(u.hold())
	r := u.reviewing(shortAction(writing.Edits))
	edit := func(at int, text string) {
		u.write.editor.Edit(func(b *buffer.Buffer) { b.Move(at, false); b.Insert(text) })
	}
	edit(0, "Look:\n")
	edit(strings.Index(u.text(), "Ben"), "My ")
	u.proposes(r, "All of them is here.", "All of them are here.")
	u.proposes(r, "Ben have a dog.", "Ben has a dog.")
	u.proposes(r, "Ana has 3 cats.", "Ana has three cats.")
	edit(0, "1. ")
	if n := len(r.waiting()); n != 2 || r.moved != 0 {
		// “My ” stands before the passage, whose words are as they were
		if n != 3 {
			t.Errorf("%d proposals, %d passages moved", n, r.moved)
		}
	}
	edit(strings.Index(u.text(), "here"), "not ")
	u.keys("A")
	if want := "1. Look:\nAna has three cats.\nMy Ben has a dog.\nAll of them are not here."; u.text() != want {
		t.Errorf("the text is %q, want %q", u.text(), want)
	}
	u.tap("Done")

	r = u.reviewing(shortAction(writing.Edits))
	edit(strings.Index(u.text(), "cats"), "black ")
	u.proposes(r, "Ana has three cats.", "Ana has two cats.")
	if r.moved != 1 || len(r.waiting()) != 0 {
		t.Errorf("%d proposals for words that have changed", len(r.waiting()))
	}
	u.proposes(r, "My Ben has a dog.", "My Ben had a dog.")
	u.ends(r)
	u.mustSee("You wrote on one passage meanwhile, so it waits.", "Go on with the rest")
	at := strings.Index(u.text(), "has a dog")
	u.write.editor.Edit(func(b *buffer.Buffer) { b.Delete(buffer.Range{Start: at, End: at + 5}) }) // over the proposal
	u.mustSee("0 changes")
}

// What waits for a decision, and what was not read yet, is there when the program starts again.
func TestReviewComesBack(t *testing.T) {
	dir := t.TempDir()
	u, r := threeProposals(t, dir)
	u.keys("r")
	u.write.editor.Edit(func(b *buffer.Buffer) { b.Move(0, false); b.Insert("So: ") })
	p := u.pending()
	if p == nil || p.Complete || len(p.Done) != 3 {
		t.Fatalf("pending is %+v", p)
	}
	r.cancel()
	u.until("the end of the work", func() bool { return r.running == nil })
	u.close()

	u = withVault(t, brief, dir)
	u.show(writePage)
	u.inTurn()
	u.mustSee("have → has", "Go on with the rest", "2 changes")
	if u.text() != "So: "+threeLines {
		t.Fatalf("the text is %q", u.text())
	}
	u.keys("A")
	if want := "So: Ana has 4 cats.\nBen has a dog.\nAll of them is here."; u.text() != want {
		t.Errorf("the text is %q, want %q", u.text(), want)
	}
	u.tap("Go on with the rest")
	r = u.help().review()
	u.until("the end of the work", func() bool { return u.help().review() == nil || r.running == nil })
	if r.err != nil || !r.complete {
		t.Errorf("the rest was not read: %v", r.err)
	}
	u.inTurn()
	if u.help().review() != nil {
		u.tap("Done")
	}
	if u.pending() != nil {
		t.Error("something is pending when all is done")
	}
}

// A program that ends from one moment to the next begins with the document on which an action was working, and offers the rest.
func TestReviewIsStoredAtOnce(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.show(writePage)
	u.settle()
	t.Cleanup(u.hold())
	u.write.opened(readAs("notes.txt", threeLines), origin{Path: "/nowhere/notes.txt"})
	u.write.begun.store, u.write.begun.remember = true, true // so that nothing is stored by a timer
	u.reviewing(shortAction(writing.Edits))
	p := u.pending() // waits for what was ordered, and for nothing else
	if p == nil || p.Complete || p.Part.End != len(threeLines) {
		t.Errorf("pending is %+v", p)
	}
	kept, err := readItem[keptDocuments](context.Background(), u.Vault, documentPlacesName)
	if err != nil || kept.Shown == 0 || kept.Shown != u.write.shown.id {
		t.Errorf("the vault has %+v, %v; shown is %d", kept, err, u.write.shown.id)
	}
	if d, err := u.Vault.Document(context.Background(), kept.Shown); err != nil || d.Text != threeLines {
		t.Errorf("the vault has %+v, %v", d, err)
	}
}

// What is pending for a document goes with it for good.
func TestPendingIsPurged(t *testing.T) {
	u, r := threeProposals(t, t.TempDir())
	u.ends(r)
	if p := u.pending(); p == nil || len(p.Proposals) != 3 {
		t.Fatalf("pending is %+v", p)
	}
	ref := vault.Ref{Kind: vault.KindDocument, ID: u.write.shown.id}
	u.write.remove(u.write.shown)
	u.inTurn()
	if p := u.pending(); p == nil {
		t.Error("a document in the trash has no proposals that could come back")
	}
	u.write.trash.change(func(v *vault.Vault) error { return v.Purge(context.Background(), ref) }, func() {})
	if p := u.pending(); p != nil {
		t.Errorf("the vault has %+v of a document that is gone", p)
	}
}

// After Done, undo brings back what nobody had decided about.
func TestReviewUndoDone(t *testing.T) {
	u, r := threeProposals(t, t.TempDir())
	u.keys("a")
	u.tap("Done")
	u.mustSee("Help with")
	if r.running != nil || u.pending() != nil {
		t.Error("the work goes on after Done")
	}
	u.write.editor.Undo()
	u.inTurn()
	u.mustSee("3 changes · 1 accepted")
	if p := u.pending(); p == nil || len(p.Proposals) != 2 {
		t.Errorf("pending is %+v", p)
	}
}

// A real model proposes something, or says that it came to no end, and the text stays what it is.
func TestReviewByModel(t *testing.T) {
	s := setup{models: []fixture.Options{{}}}
	u := withVault(t, s, t.TempDir())
	text := strings.TrimSpace(strings.Repeat("One line.\nTwo.\n\n", 5))
	u.compose(text)
	u.help().setExtent(wholeText)
	u.help().start(shortAction(writing.Edits), "")
	u.until("the end of the work", func() bool { r := u.help().review(); return r == nil || r.running == nil })
	u.inTurn()
	if u.text() != text {
		t.Errorf("the text is %q", u.text())
	}
	if r := u.help().review(); r != nil {
		if !r.complete || len(r.done) != 10 {
			t.Errorf("%d passages, complete: %v, %v", len(r.done), r.complete, r.err)
		}
		t.Logf("%d proposals, %d passages without an end", len(r.waiting()), r.cut)
		if len(r.waiting()) > 0 {
			u.keys("A")
			u.write.editor.Undo()
		}
		if u.text() != text {
			t.Errorf("undo leads to %q", u.text())
		}
	}
	if list, err := u.Vault.Revisions(context.Background(), u.write.shown.id); err != nil || !slices.ContainsFunc(list, func(r vault.Revision) bool { return r.Note == "Before “Short”" }) {
		t.Errorf("the revisions are %+v, %v", list, err)
	}
}

func TestReviewFocus(t *testing.T) {
	u, r := threeProposals(t, t.TempDir())
	u.ends(r)
	e, list := u.write.editor, u.help().changes.list
	u.win.Canvas().Focus(list)
	u.mustSee("Keys: n next")
	u.press(fyne.KeyEscape, list)
	if u.win.Canvas().Focused() != e {
		t.Error("Escape does not lead to the text")
	}
	u.mustSee("What you type goes into the text.")
	u.press(fyne.KeyEscape, e)
	if u.win.Canvas().Focused() != list {
		t.Error("Escape does not lead to the changes")
	}
	e.TypedRune('x') // what is typed into the text is text
	if !strings.Contains(u.text(), "x") {
		t.Errorf("the text is %q", u.text())
	}
	last := r.list[2]
	e.OnMark(last.id)
	u.q.drain()
	if r.focus != last || u.win.Canvas().Focused() != list {
		t.Error("a click on a change does not lead to it")
	}
	u.press(fyne.KeyUp, list)
	if r.focus != r.list[1] {
		t.Error("the arrow does not lead to the change before")
	}
}
