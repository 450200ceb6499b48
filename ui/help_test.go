package ui

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	diff "lamplight/assistant/review"
	"lamplight/assistant/writing"
	"lamplight/internal/fixture"
	"lamplight/ui/buffer"
)

// The names of the actions are data, and the window's language has them too.
func TestActionNames(t *testing.T) {
	u := begin(t, setup{})
	names := builtInNames()
	for _, a := range u.help().builtin {
		if got := names[a.ID]; got != [2]string{a.Name, a.Hint} {
			t.Errorf("%s is called %q here, and %q, %q in its file", a.ID, got, a.Name, a.Hint)
		}
		delete(names, a.ID)
	}
	for id := range names {
		t.Errorf("there is no action %q", id)
	}
	if got := touchedText([]writing.Guarded{writing.Code, writing.Link, writing.Quote, writing.Number}); strings.Count(got, " · ") != 3 {
		t.Errorf("what is touched is %q", got)
	}
}

func TestHelpScope(t *testing.T) {
	u := begin(t, setup{})
	u.show(writePage)
	h, e := u.help(), u.write.editor
	active := func(what string, want extent, part string) {
		t.Helper()
		for i, b := range h.panel.scope {
			if b.Active() != (extent(i) == want) {
				t.Errorf("%s: %q is %v", what, b.Label(), b.Active())
			}
		}
		if got := e.Buffer().Slice(h.part()); got != part {
			t.Errorf("%s: the part is %q, want %q", what, got, part)
		}
	}
	active("nothing is written", wholeText, "")
	e.Edit(func(b *buffer.Buffer) { b.Insert("One two.\nThree.\n\n"); b.Move(12, false) })
	active("within a paragraph", paragraphPart, "Three.")
	e.Edit(func(b *buffer.Buffer) { b.Select(4, 7) })
	active("something is selected", selectedPart, "two")
	u.tap("Paragraph")
	active("the user wants more", paragraphPart, "One two.")
	e.Edit(func(b *buffer.Buffer) { b.Select(0, 3) })
	active("something else is selected", selectedPart, "One")
	e.Edit(func(b *buffer.Buffer) { b.Move(17, false) })
	active("on an empty line", wholeText, "One two.\nThree.\n\n")
	e.Edit(func(b *buffer.Buffer) { b.Move(2, false) })
	u.tap("All of it")
	active("the user wants all", wholeText, "One two.\nThree.\n\n")
}

func TestHelpWithoutModelOrText(t *testing.T) {
	u := begin(t, setup{})
	u.show(writePage)
	u.tap("Proofread")
	u.mustSee("There is no text to work on yet.")
	u.compose("Some words.")
	u.tap("Proofread")
	u.until("the complaint", func() bool { return u.sees("There is no model to answer with.") })
	u.mustSee("Help with")
	if u.text() != "Some words." {
		t.Errorf("the text is %q", u.text())
	}
}

func TestAnswerAboutText(t *testing.T) {
	u := withVault(t, setup{models: []fixture.Options{{}}}, t.TempDir())
	u.compose("One line.\nTwo lines.")
	about := shortAction(writing.Answers)
	ask := func() *answer {
		t.Helper()
		u.help().setExtent(wholeText)
		u.help().start(about, "")
		a := u.help().answers[u.write.shown]
		u.until("the answer", func() bool { return a.stop == nil })
		u.inTurn()
		if a.text == "" {
			t.Skip("the model said nothing")
		}
		return a
	}
	a := ask()
	u.tap("Copy")
	if got := fyne.CurrentApp().Clipboard().Content(); got != a.text {
		t.Errorf("%q was copied", got)
	}
	u.tap("Insert below")
	if want := "One line.\nTwo lines.\n\n" + a.text; u.text() != want {
		t.Errorf("the text is %q, want %q", u.text(), want)
	}
	u.write.editor.Undo()
	u.mustSee("Help with")
	a = ask()
	u.tap("Propose as changes")
	if r := u.help().review(); r == nil || len(r.waiting()) == 0 {
		t.Fatal("nothing is proposed")
	}
	u.keys("A")
	if u.text() != a.text {
		t.Errorf("the text is %q, want %q", u.text(), a.text)
	}
	u.tap("Done")

	t.Cleanup(u.hold())
	u.help().start(about, "")
	a = u.help().answers[u.write.shown]
	u.tap("Stop")
	u.until("the end", func() bool { return a.stop == nil })
	u.mustSee("Help with") // it had said nothing
}

func TestAnswerAsTitle(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.compose("Some words.")
	h := u.help()
	h.answers[u.write.shown] = &answer{h: h, d: u.write.shown, of: u.write.shown.text, action: shortAction(writing.Answers), since: u.write.shown.text.Follow(), text: "“A Title”"}
	h.show()
	u.tap("Use as title")
	u.inTurn()
	if got := u.write.shown.title; got != "“A Title”" {
		t.Errorf("it is called %q", got)
	}
}

func TestAnswerOfNothing(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.compose("Some words.")
	t.Cleanup(u.hold())
	u.help().start(shortAction(writing.Answers), "")
	a := u.help().answers[u.write.shown]
	a.ended("", nil)
	u.inTurn()
	u.mustSee("The model wrote nothing.", "Help with")
	u.help().start(shortAction(writing.Answers), "")
	u.mustNotSee("The model wrote nothing.") // that was about another one
	a.cancel()
}

func TestContinuationIsProposed(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.compose("It began.\n\nThen it rained.")
	t.Cleanup(u.hold())
	r := u.reviewing(shortAction(writing.Continues))
	end := len(r.running.text)
	r.took(r.running, writing.Result{Part: writing.Part{Start: end, End: end}, Answer: "The sun came out."})
	u.ends(r)
	u.keys("a")
	if want := "It began.\n\nThen it rained.\n\nThe sun came out."; u.text() != want {
		t.Errorf("the text is %q, want %q", u.text(), want)
	}
	for before, want := range map[string]string{"": "", "One": " ", "One ": "", "One.": "\n", "a\n\nb.": "\n\n", "One.\n": "", "それ。": "\n"} {
		if got := joint(before); got != want {
			t.Errorf("%q goes on with %q, want %q", before, got, want)
		}
	}
}

func TestOwnActions(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, dir)
	u.show(writePage)
	u.inTurn()
	u.tap("Your actions")
	u.tap("New action")
	for _, root := range u.roots() {
		each(root, func(o fyne.CanvasObject) {
			f, _ := o.(*field)
			switch {
			case f == nil:
			case f.PlaceHolder == "As a poem":
				f.SetText("Shout")
			case strings.HasPrefix(f.PlaceHolder, "Rewrite the text as"):
				f.SetText("Write the text in capital letters.")
			}
		})
	}
	u.tap("Save")
	u.inTurn()
	u.mustSee("Edit Shout", "Duplicate Proofread")
	u.mustNotSee("Edit Proofread")
	u.tap("Duplicate Proofread")
	u.tap("Save")
	u.inTurn()
	u.mustSee("Edit Proofread, copy")
	u.tap("Delete Shout")
	u.inTurn()
	if _, there := u.help().action(u.help().own[0].ID); !there || len(u.help().own) != 1 || u.sees("Shout") && !u.sees("“Shout” was deleted.") {
		t.Errorf("the actions are %+v", u.help().own)
	}
	u.tap("Undo")
	u.inTurn()
	if len(u.help().own) != 2 {
		t.Fatalf("%d actions after undo", len(u.help().own))
	}
	shout := u.help().own[slices.IndexFunc(u.help().own, func(a writing.Action) bool { return a.Name == "Shout" })]
	shout.Shortcut = "G"
	u.help().saveActions(nil, shout)
	u.inTurn()
	u.compose("")
	u.help().byKey("G")
	u.mustSee("There is no text to work on yet.")
	if keys := u.actionKeys(); slices.Contains(keys, "V") || slices.Contains(keys, "N") || !slices.Contains(keys, "G") {
		t.Errorf("the keys that are free are %v", keys)
	}

	path := filepath.Join(t.TempDir(), "shared.json")
	other := shortAction(writing.Edits)
	other.ID, other.Name, other.Shortcut = shout.ID, "Whisper", "G"
	data, err := writing.Encode(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	u.drop(path)
	u.drop(path) // before it is added
	u.until("the action", func() bool { return len(u.help().own) == 3 })
	u.until("the notice", func() bool { return u.sees("You have these actions already.") })
	u.notices.clear()
	u.drop(path)
	u.until("the notice again", func() bool { return u.sees("You have these actions already.") })
	u.inTurn()
	if len(u.help().own) != 3 {
		t.Errorf("%d actions after a file was dropped three times", len(u.help().own))
	}
	got := u.help().own[2]
	if got.Name != "Whisper" || got.ID == shout.ID || got.Shortcut != "" {
		t.Errorf("%+v was added", got)
	}
	if err := os.WriteFile(path, []byte(`{"lamplight":"actions","actions":[{}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	u.drop(path)
	u.until("the complaint", func() bool { return u.sees("This file of actions cannot be used") })
}

// A completion comes after a pause, Tab and Ctrl with the arrow take it, and everything else drops it.
func TestCompletion(t *testing.T) {
	var pause func()
	s := setup{models: []fixture.Options{{}}}
	s.settings.Complete = true
	s.options = func(o *Options) {
		o.now = time.Now
		o.after = func(d time.Duration, f func()) func() bool {
			if d == ghostPause {
				pause = f
			}
			return func() bool { return true }
		}
	}
	u := begin(t, s)
	u.show(writePage)
	e, g := u.write.editor, u.help().ghost
	ghosts := func() int {
		return len(slices.DeleteFunc(slices.Clone(e.Buffer().Marks()), func(m buffer.Mark) bool { return m.Kind != buffer.Ghost }))
	}
	e.Edit(func(b *buffer.Buffer) { b.Insert("The tide comes") })
	if pause == nil {
		t.Fatal("nothing waits for a pause")
	}
	pause()
	u.settle()
	t.Logf("the model goes on with %q", g.text)

	e.Edit(func(b *buffer.Buffer) { b.Insert(" in") })
	g.drop()
	before := u.text()
	g.show(" and goes", len(before))
	if ghosts() != 1 || !e.TakesTab || u.text() != before {
		t.Errorf("%d completions are shown of %q", ghosts(), u.text())
	}
	e.OnWord()
	if u.text() != before+" and" || g.text != " goes" || ghosts() != 1 {
		t.Errorf("a word leads to %q with %q", u.text(), g.text)
	}
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyTab})
	if u.text() != before+" and goes" || ghosts() != 0 || e.TakesTab {
		t.Errorf("Tab leads to %q", u.text())
	}
	for name, do := range map[string]func(){
		"a letter": func() { e.TypedRune('x') },
		"an arrow": func() { e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyLeft}) },
		"Escape":   func() { e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape}) },
		"a page":   func() { u.write.startNew() },
	} {
		e.Edit(func(b *buffer.Buffer) { b.Insert("Words") })
		g.drop()
		text := u.text()
		g.show(" more", e.Buffer().Cursor())
		do()
		if ghosts() != 0 || g.text != "" || strings.Contains(u.text(), "more") {
			t.Errorf("%s: %q is shown still, of %q", name, g.text, text)
		}
	}

	u.compose("And so on")
	release := u.hold()
	defer release()
	g.drop()
	g.ask()
	if g.stop != nil {
		t.Error("it is asked while the model answers")
	}
	off := u.Settings
	off.Complete = false
	u.changeSettings(off)
	pause = nil
	e.TypedRune('x')
	if pause != nil {
		t.Error("it waits for a pause though nobody wants it")
	}
}

func TestClipboardThroughAction(t *testing.T) {
	u := withVault(t, setup{models: []fixture.Options{{}}}, t.TempDir())
	clip := fyne.CurrentApp().Clipboard()
	clip.SetContent(" \n")
	u.help().openClip()
	u.mustSee("There is no text on the clipboard.")
	clip.SetContent("One have.\r\nTwo.")
	u.help().own = []writing.Action{shortAction(writing.Edits)}
	s := u.help().openClip()
	u.mustSee("From the clipboard", "Do it", "Copy result", "It is not kept.")
	s.choice.SetSelectedIndex(len(s.actions) - 1)
	u.tap("Do it")
	u.until("the result", func() bool { return s.stop == nil })
	u.inTurn()
	if u.help().kept.Clip != "x" {
		t.Errorf("the action %q is remembered", u.help().kept.Clip)
	}
	if s.preview.Buffer().Text() != "One have.\nTwo." {
		t.Errorf("%q is shown", s.preview.Buffer().Text())
	}
	s.ended(s.actions[0], []writing.Result{
		{Part: writing.Part{Start: 10, End: 14}, Changes: []diff.Change{{Start: 10, End: 13, New: "Three"}}, Touched: [][]writing.Guarded{{writing.Number}}},
		{Part: writing.Part{Start: 0, End: 9}, Changes: []diff.Change{{Start: 4, End: 8, New: "has"}}, Touched: [][]writing.Guarded{nil}},
	}, nil)
	u.mustSee("2 changes · One touches a number")
	if n := len(s.preview.Buffer().Marks()); n != 2 || s.preview.Buffer().Text() != "One have.\nTwo." {
		t.Errorf("%d changes are shown in %q", n, s.preview.Buffer().Text())
	}
	u.tap("Copy result")
	if got := clip.Content(); got != "One has.\nThree." {
		t.Errorf("the clipboard has %q", got)
	}
	u.mustSee("The result is on the clipboard.")
	if s = u.help().openClip(); s.action().ID != "x" {
		t.Errorf("%q is chosen", s.action().ID)
	}
	u.press(fyne.KeyEscape, s.preview)
	if u.dialog != nil {
		t.Error("Escape leaves the dialog open")
	}
	if got, err := u.Vault.Documents(context.Background()); err != nil || len(got) != 0 {
		t.Errorf("%d documents, %v", len(got), err)
	}
}
