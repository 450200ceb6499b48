package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"lamplight/privacy/vault"
	"lamplight/ui/buffer"
)

// writes types into the document that is shown.
func (u *session) writes(text string) {
	u.t.Helper()
	if u.current != writePage {
		u.show(writePage)
		u.settle()
	}
	u.win.Canvas().Focus(u.write.editor)
	for _, r := range text {
		if r == '\n' {
			u.write.editor.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		} else {
			u.write.editor.TypedRune(r)
		}
	}
	u.q.drain()
}

// ticked does at once what is done a moment after the last key.
func (u *session) ticked() {
	u.t.Helper()
	for range 2 {
		u.write.tick()
		u.settle()
	}
}

// saved waits until the vault has the document that is shown.
func (u *session) storedNow() {
	u.t.Helper()
	u.until("the document to be stored", func() bool { return !u.write.shown.dirty() && u.write.shown.storing == 0 && u.write.shown.id != 0 })
}

// documents are the titles of the list.
func (u *session) documents() (names []string) {
	for _, d := range u.write.all {
		names = append(names, d.label())
	}
	return names
}

// picks does what an entry of a menu does.
func (u *session) picks(items []*fyne.MenuItem, label string) {
	u.t.Helper()
	i := slices.IndexFunc(items, func(m *fyne.MenuItem) bool { return m.Label == label && !m.Disabled })
	if i < 0 {
		u.t.Fatalf("the menu has no %q", label)
	}
	items[i].Action()
	u.settle()
}

func (u *session) mustHaveDocuments(when string, want ...string) {
	u.t.Helper()
	if got := u.documents(); !slices.Equal(got, want) {
		u.t.Errorf("%s: the documents are %q, want %q", when, got, want)
	}
}

// written is the text of the document that is shown.
func (u *session) written() string { return u.write.editor.Buffer().Text() }

func (u *session) mustRead(when, want string) {
	u.t.Helper()
	if got := u.written(); got != want {
		u.t.Errorf("%s: the text is %q, want %q", when, got, want)
	}
}

// inVault are titles and texts of the documents of the vault.
func (u *session) inVault() map[string]string {
	u.t.Helper()
	all := map[string]string{}
	list, err := u.Vault.Documents(u.t.Context())
	if err != nil {
		u.t.Fatal(err)
	}
	for _, d := range list {
		full, err := u.Vault.Document(u.t.Context(), d.ID)
		if err != nil {
			u.t.Fatal(err)
		}
		all[d.Title] = full.Text
	}
	return all
}

// What is written is stored a moment later, under a title from the text or of the user's.
func TestDocumentIsKept(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.show(writePage)
	u.settle()
	u.mustSee("Documents are kept on this computer.", "New document")
	if u.win.Canvas().Focused() != fyne.Focusable(u.write.editor) {
		t.Error("the keyboard is not on the text")
	}
	u.writes("# A letter\nDear Ana")
	u.storedNow()
	if got := u.inVault(); len(got) != 1 || got["A letter"] != "# A letter\nDear Ana" {
		t.Errorf("the vault has %q", got)
	}
	u.ticked()
	u.mustSee("Saved", "4 words", "18 characters", "less than a minute to read")
	u.mustHaveDocuments("a title from the text", "A letter")

	u.write.title.SetText("For Ana")
	u.write.store(u.write.shown)
	u.settle()
	if got := u.inVault(); len(got) != 1 || got["For Ana"] == "" {
		t.Errorf("the vault has %q", got)
	}
	u.write.title.SetText("")
	u.mustHaveDocuments("without a title of its own", "A letter")

	u.shortcut(fyne.KeyN)
	u.mustRead("a new document", "")
	u.mustHaveDocuments("a new one", "New document", "A letter")
	u.writes("Second")
	u.ticked()
	u.mustHaveDocuments("the second", "Second", "A letter")
	u.write.list.Select(1)
	u.settle()
	u.mustRead("the first again", "# A letter\nDear Ana")
	u.press(fyne.KeyEnd, u.write.editor)
	u.writes("!")
	u.ticked()
	u.mustRead("written on", "# A letter\nDear Ana!")
	u.mustHaveDocuments("what is written comes first", "A letter", "Second")
	if log := u.log.String(); strings.Contains(log, "Ana") || strings.Contains(log, "letter") {
		t.Error("the log has words of the user's")
	}
}

// A key only sets timers: nothing is laid out, counted or stored because of it.
func TestKeysAreCheap(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.writes("a")
	u.storedNow()
	u.ticked()
	u.write.begun.tick, u.write.begun.store, u.write.begun.remember = true, true, true // as when timers are running
	before, moves := u.texts(), u.write.counter.done
	work := u.changes
	u.writes("bcd")
	if got := u.texts(); !slices.Equal(got, before) || u.write.counter.done != moves || u.changes != work {
		t.Errorf("a key has changed more than the text: %q", got)
	}
}

func TestSelectionIsCounted(t *testing.T) {
	u := begin(t, setup{})
	u.writes("one two three")
	u.ticked()
	u.mustSee("3 words · 13 characters", "In memory only", "Documents are kept until you close the window.")
	u.write.editor.Edit(func(b *buffer.Buffer) { b.Select(0, 7) })
	u.ticked()
	u.mustSee("Selected: 2 words · 7 characters")
	u.press(fyne.KeyLeft, u.write.editor)
	u.ticked()
	u.mustNotSee("Selected: ")
}

// A deleted document is in the trash, and comes back by Undo, by Ctrl+Z or from there.
func TestDocumentIsDeleted(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.writes("First")
	u.shortcut(fyne.KeyN)
	u.writes("Second")
	u.ticked()
	u.tap("Delete this document")
	u.settle()
	u.mustHaveDocuments("deleted", "First")
	u.mustSee("“Second” was deleted.")
	if u.inTrash() != 1 {
		t.Error("it is not in the trash")
	}
	u.tap("Undo")
	u.settle()
	u.mustRead("brought back", "Second")
	u.mustHaveDocuments("brought back", "Second", "First")

	u.press(fyne.KeyDelete, u.write.list)
	u.settle()
	if u.win.Canvas().Focused() != fyne.Focusable(u.write.list) {
		t.Fatal("the keyboard is not on the list")
	}
	u.parent.keys.TypedShortcut(&fyne.ShortcutUndo{})
	u.settle()
	u.mustRead("by the keyboard", "Second")

	u.press(fyne.KeyDelete, u.write.list)
	u.settle()
	u.tap("Trash")
	u.settle()
	u.mustSee("Second", "Document · deleted for good on ")
	u.tap("Restore")
	u.settle()
	u.mustHaveDocuments("from the trash", "Second", "First")
	u.press(fyne.KeyEscape, u.write.trash.list)
	u.mustRead("the other one", "First")
}

func TestDocumentMenu(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.writes("First")
	u.ticked()
	u.picks(u.write.documentActions(u.write.shown), "Rename…")
	u.name("First").SetText("Another")
	u.tap("Rename")
	u.settle()
	u.mustHaveDocuments("renamed", "Another")
	u.storedNow()
	if got := u.inVault(); got["Another"] != "First" {
		t.Errorf("the vault has %q", got)
	}
	u.write.editor.SelectAll()
	u.picks(u.write.textActions(), "Cut")
	u.mustRead("cut", "")
	u.picks(u.write.textActions(), "Paste")
	u.mustRead("pasted", "First")
	u.press(desktop.KeyMenu, u.write.editor)
	if u.win.Canvas().Overlays().Top() == nil {
		t.Error("the menu key opens no menu")
	}
}

// The search leads to the place in a document.
func TestDocumentIsFound(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.writes(strings.Repeat("Some line\n", 100) + "the lighthouse keeper")
	u.shortcut(fyne.KeyN)
	u.writes("another lighthouse")
	u.storedNow()
	u.show(chatPage)
	u.settle()
	u.finding("keeper")
	u.mustSee("Document · ", "1 found. Enter opens it.")
	u.press(fyne.KeyReturn, u.searchEntry())
	u.settle()
	if u.current != writePage || !strings.HasPrefix(u.written(), "Some line") || u.write.editor.Offset() == 0 {
		t.Fatalf("page %d, at %v of %.20q", u.current, u.write.editor.Offset(), u.written())
	}
	marks := u.write.editor.Buffer().Marks()
	if len(marks) != 1 || u.write.editor.Buffer().Slice(marks[0].Range) != "keeper" {
		t.Errorf("marked are %v", marks)
	}
	u.press(fyne.KeyEscape, u.write.editor)
	if marks := u.write.editor.Buffer().Marks(); len(marks) != 0 {
		t.Errorf("after Escape %v", marks)
	}
}

// In a narrow window the list lies over the page.
func TestNarrowWrite(t *testing.T) {
	u := withVault(t, setup{size: fyne.NewSize(760, 520)}, t.TempDir())
	u.writes("First")
	u.storedNow()
	u.mustNotSee("Trash")
	u.tap("Documents")
	u.mustSee("Trash")
	u.press(fyne.KeyReturn, u.write.list)
	u.mustNotSee("Trash")
	if u.win.Canvas().Focused() != fyne.Focusable(u.write.editor) {
		t.Error("the keyboard is not on the text")
	}
}

// Old versions can be looked at, and one can be brought back, which undo takes back.
func TestRevisions(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.writes("old")
	u.tap("Earlier versions")
	u.settle()
	u.mustSee("When you looked at earlier versions")
	u.press(fyne.KeyEscape, u.write.history.list)
	u.write.editor.SelectAll()
	u.writes("new words")
	first := u.write.shown
	u.shortcut(fyne.KeyN) // which keeps another
	u.write.open(first)
	u.settle()
	u.tap("Earlier versions")
	u.settle()
	u.mustSee("When you left it", "When you looked at earlier versions")
	if got := u.write.history.preview.Buffer().Text(); got != "new words" {
		t.Errorf("the newest is %q", got)
	}
	u.press(fyne.KeyDown, u.write.history.list)
	u.settle()
	if got := u.write.history.preview.Buffer().Text(); got != "old" {
		t.Errorf("the one before is %q", got)
	}
	test.Type(u.write.history.preview, "x")
	if got := u.write.history.preview.Buffer().Text(); got != "old" {
		t.Error("it can be written on")
	}
	u.tap("Restore this version")
	u.settle()
	u.mustRead("restored", "old")
	if got := u.inVault(); got["old"] != "old" {
		t.Errorf("the vault has %q", got)
	}
	u.write.editor.Undo()
	u.mustRead("undone", "new words")
	list, err := u.Vault.Revisions(t.Context(), first.id)
	if err != nil || len(list) != 2 { // what was there when it was restored had a revision already
		t.Errorf("%d revisions, %v", len(list), err)
	}
}

// Documents that come to the vault from elsewhere, and those that are gone, come and go with the list.
func TestListFollowsTheVault(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	d, err := u.Vault.NewDocument(t.Context(), vault.Document{Title: "From elsewhere", Text: "text"})
	if err != nil {
		t.Fatal(err)
	}
	u.show(writePage)
	u.settle()
	u.mustHaveDocuments("come", "New document", "From elsewhere")
	u.write.list.Select(1) // which leaves nothing of what is empty
	u.settle()
	u.mustRead("open", "text")
	if err := u.Vault.Purge(t.Context(), vault.Ref{Kind: vault.KindDocument, ID: d.ID}); err != nil {
		t.Fatal(err)
	}
	u.write.refresh()
	u.settle()
	u.mustHaveDocuments("gone", "New document")
	u.mustRead("gone", "")
}

// Where there is no room, how long reading takes is not said, and the rest is.
func TestFootLine(t *testing.T) {
	u := begin(t, brief)
	u.writes("Some words.")
	u.ticked()
	p := u.write
	for width, want := range map[float32]string{900: "2 words · 11 characters · less than a minute to read", 300: "2 words · 11 characters"} {
		p.counted.Resize(fyne.NewSize(width, p.counted.MinSize().Height))
		if got := p.counts.segment.Text; got != want {
			t.Errorf("%v wide, it says %q, want %q", width, got, want)
		}
	}
}
