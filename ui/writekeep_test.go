package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lamplight/privacy/vault"
	"lamplight/ui/buffer"
)

// Selection and place come back when the program is started again, and when another page or document was shown.
func TestDocumentComesBack(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, dir)
	text := strings.Repeat("Some line of words\n", 200)
	u.write.opened(readAs("long.txt", text), origin{Path: "/nowhere/long.txt", CRLF: true})
	u.show(writePage)
	u.settle()
	u.write.editor.Edit(func(b *buffer.Buffer) { b.Select(1900, 1910) })
	u.write.editor.ScrollTo(1000)
	at, place := u.write.editor.Offset(), u.write.editor.Place()
	u.show(chatPage)
	u.show(writePage)
	u.shortcut("N")
	u.write.open(u.write.all[1])
	u.settle()
	if s := u.write.editor.Buffer().Selection(); s != (buffer.Selection{Anchor: 1900, Cursor: 1910}) || u.write.editor.Offset() != at {
		t.Errorf("after another document: %v at %v, want %v", s, u.write.editor.Offset(), at)
	}
	u.close()

	again := withVault(t, brief, dir)
	again.show(writePage)
	again.settle()
	again.mustRead("the document that was open", text)
	if s := again.write.editor.Buffer().Selection(); s != (buffer.Selection{Anchor: 1900, Cursor: 1910}) {
		t.Errorf("selected is %v", s)
	}
	if got := again.write.editor.Place(); got.Paragraph != place.Paragraph || again.write.editor.Offset() != at {
		t.Errorf("at %v and %+v, it was %v and %+v", again.write.editor.Offset(), got, at, place)
	}
	if o := again.write.shown.place.File; o == nil || !o.CRLF {
		t.Errorf("it came from %+v", o)
	}
}

// A lock stores what is written and drops it from memory; it is there again when the window is open.
func TestDocumentsAreLocked(t *testing.T) {
	u := begin(t, opener(vault.File, t.TempDir(), nil, brief))
	u.writes("a secret")
	u.write.editor.Edit(func(b *buffer.Buffer) { b.Select(2, 5) })
	before := u.write.shown
	u.tap("Trash")
	u.settle()
	u.tap("Lock")
	u.settle()
	if u.written() != "" || len(u.write.all) != 1 || u.write.shown == before || u.write.title.Text != "" || u.sees("secret") {
		t.Error("a locked window has the document")
	}
	u.openAgain()
	u.mustNotSee("The trash is empty.")
	u.mustRead("unlocked", "a secret")
	if s := u.write.editor.Buffer().Selection(); s != (buffer.Selection{Anchor: 2, Cursor: 5}) {
		t.Errorf("selected is %v", s)
	}
	u.mustHaveDocuments("unlocked", "a secret")
}

// What was written before the vault was open goes there.
func TestDocumentsBeforeTheVault(t *testing.T) {
	u := begin(t, opener(vault.Passphrase, t.TempDir(), nil, brief))
	u.tap("Go on without them")
	u.writes("early words")
	u.ticked()
	u.mustSee("In memory only", "Documents are kept until you close the window.")
	u.lockByHand()
	u.openAgain()
	u.mustRead("with the vault", "early words")
	u.storedNow()
	if got := u.inVault(); got["early words"] != "early words" {
		t.Errorf("the vault has %q", got)
	}
}

// What the vault does not get before it is locked stays in memory, and goes there when it is open again.
func TestUnstoredSurvivesALock(t *testing.T) {
	u := begin(t, opener(vault.File, t.TempDir(), nil, brief))
	u.writes("first")
	u.storedNow()
	d, v := u.write.shown, u.Vault
	u.write.editor.Edit(func(b *buffer.Buffer) { b.Select(5, 5); b.Insert(" and second") })
	u.write.keepPlace()
	u.lockVault("test")
	d.storing++
	u.write.wasStored(d, v, errors.New("the disk is full"))
	u.settle()
	u.openAgain()
	u.storedNow()
	if got := u.inVault(); got["first and second"] != "first and second" {
		t.Errorf("the vault has %q", got)
	}
}

// A vault that takes nothing is said once, and tried again.
func TestNotStored(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.writes("words")
	d := u.write.shown
	for range 2 {
		d.storing++
		u.write.wasStored(d, u.Vault, vault.ErrFull)
		u.write.showState()
		u.mustSee("Not saved")
	}
	if !d.dirty() {
		t.Error("it is thought to be stored")
	}
	u.write.store(d)
	u.settle()
	u.ticked()
	u.mustSee("Saved")
}

// Every ten minutes of writing a revision is kept.
func TestRevisionWhileWriting(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.writes("words")
	u.write.shown.since = u.now().Add(-revisionEvery)
	u.until("the document to be stored", func() bool { return u.write.shown.since.IsZero() && u.write.shown.id != 0 })
	u.settle()
	list, err := u.Vault.Revisions(t.Context(), u.write.shown.id)
	if err != nil || len(list) != 1 || list[0].Note != "While you were writing" {
		t.Errorf("%v, %v", list, err)
	}
}

func TestBeginning(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "\n  \n": "", "## Title #1\ntext": "Title #1", "\n\n  a\tb  c": "a b c",
		strings.Repeat("word ", 30):            "word word word word word word word word word word word word…",
		strings.Repeat("日", 500):               strings.Repeat("日", maxBeginning) + "…",
		strings.Repeat("\n", 100) + "far away": "",
	} {
		if got := beginning(buffer.New(text)); got != want {
			t.Errorf("%.20q begins with %q, want %q", text, got, want)
		}
	}
	if got := readingText(90 * time.Second); got != "2 minutes to read" {
		t.Error(got)
	}
}
