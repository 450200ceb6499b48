package ui

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/assistant/attach"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// file writes a file and returns its path.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// attached lists the names of the files of the draft.
func (u *session) attached() []string {
	var names []string
	for _, f := range u.chat.shown.draft.Files {
		names = append(names, f.Name)
	}
	return names
}

// give drops files and waits until they were read.
func (u *session) give(paths ...string) {
	u.t.Helper()
	u.drop(paths...)
	u.settle()
}

func (u *session) mustHave(what string, names ...string) {
	u.t.Helper()
	if got := u.attached(); !slices.Equal(got, names) {
		u.t.Errorf("%s: attached are %q, want %q", what, got, names)
	}
	if len(u.chat.chips) != len(names) {
		u.t.Errorf("%s: there are %d chips", what, len(u.chat.chips))
	}
}

func TestDroppedText(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}})
	u.show(modelsPage)
	u.give(file(t, "letter.txt", "Dear Ana"), file(t, "table.csv", "a,b"))
	u.mustHave("dropped on another page", "letter.txt", "table.csv")
	if u.current != chatPage {
		t.Error("the chat is not shown")
	}
	u.mustSee("letter.txt", "table.csv")
	u.give(file(t, "letter.txt", "Dear Ana"))
	u.mustHave("the same once more", "letter.txt", "table.csv")
	u.give(file(t, "letter.txt", "Dear Ben"))
	u.mustHave("another of this name", "letter.txt", "table.csv", "letter.txt")

	u.press(fyne.KeyDelete, u.chat.chips[1].Focus())
	u.mustHave("removed by a key", "letter.txt", "letter.txt")
	u.press(fyne.KeyReturn, u.chat.chips[1].Focus())
	u.mustSee("As the model reads it: 8 bytes of text.")
	u.escape()
	u.press(fyne.KeyBackspace, u.chat.chips[0].Focus())
	u.press(fyne.KeyBackspace, u.chat.chips[0].Focus())
	u.mustHave("all are removed")
	if strings.Contains(u.log.String(), "letter") {
		t.Error("the log has the name of a file")
	}
}

func TestFilesThatCannotBeAttached(t *testing.T) {
	u := begin(t, setup{})
	for _, c := range []struct{ path, says string }{
		{file(t, "empty.txt", " \n"), "empty.txt was not attached. There is no text in it."},
		{file(t, "photo.png", "\x89PNG\r\n\x1a\n\x00\x00"), "photo.png was not attached. This file has no text in it."},
		{file(t, "paper.pdf", "%PDF-1.7"), "paper.pdf was not attached. Lamplight cannot read this kind of document yet."},
		{filepath.Join(t.TempDir(), "gone.txt"), "gone.txt was not attached. It is no longer there."},
	} {
		u.give(c.path)
		u.mustSee(c.says)
		u.mustHave(c.path)
	}
	var paths []string
	for i := range maxFiles + 1 {
		paths = append(paths, file(t, string(rune('a'+i))+".md", string(rune('a'+i))))
	}
	u.give(paths...)
	if n := len(u.attached()); n != maxFiles {
		t.Errorf("%d files are attached", n)
	}
	u.mustSee("A message takes 20 files at most.")
}

// paste pastes into the prompt.
func (u *session) paste(text string) {
	u.t.Helper()
	fyne.CurrentApp().Clipboard().SetContent(text)
	u.chat.prompt.TypedShortcut(&fyne.ShortcutPaste{Clipboard: fyne.CurrentApp().Clipboard()})
	u.settle()
}

func TestPastedText(t *testing.T) {
	u := begin(t, setup{})
	u.paste(strings.Repeat("s", longPaste-1))
	u.mustHave("what is not long")
	u.chat.prompt.SetText("Look: ")
	u.press(fyne.KeyEnd, u.chat.prompt)
	long := strings.Repeat("word ", longPaste)
	u.paste(long)
	u.mustHave("what is long", "Pasted text.txt")
	u.paste("another " + long)
	u.mustHave("more that is long", "Pasted text.txt", "Pasted text 2.txt")
	u.mustSee("Pasted as a file.")
	u.tap("Put it into the message instead")
	u.mustHave("it is in the message", "Pasted text.txt")
	if u.chat.prompt.Text != "Look: another "+long || u.chat.shown.draft.Text != u.chat.prompt.Text {
		t.Errorf("the prompt has %d bytes", len(u.chat.prompt.Text))
	}
}

func TestPastedPaths(t *testing.T) {
	u := begin(t, setup{})
	one, two := file(t, "one.txt", "1"), file(t, "a name.md", "2")
	u.paste(one)
	u.mustHave("a path", "one.txt")
	u.mustSee("1 file is attached.")
	u.paste("file://" + strings.ReplaceAll(two, " ", "%20") + "\r\nfile://" + one + "\r\n")
	u.mustHave("addresses", "one.txt", "a name.md")
	u.tap("Put it into the message instead")
	if !strings.Contains(u.chat.prompt.Text, "a%20name.md") {
		t.Errorf("the prompt has %q", u.chat.prompt.Text)
	}
	u.chat.prompt.SetText("")
	for _, text := range []string{"/no/such/file", "/etc", "see " + one, one + "\nand more"} {
		u.paste(text)
		if u.chat.prompt.Text != text {
			t.Errorf("%q became %q", text, u.chat.prompt.Text)
		}
		u.chat.prompt.SetText("")
	}
}

func TestFilesGoWithTheQuestion(t *testing.T) {
	u := begin(t, opener(vault.File, t.TempDir(), nil, setup{models: []fixture.Options{{}}}))
	u.give(file(t, "letter.txt", "Dear Ana"))
	u.ask("")
	u.mustSee("Write what is to be done with the file.")
	u.ask("Shorten it")
	u.mustHave("sent")
	u.until("the answer", func() bool { return u.chat.running == nil })
	turns := u.chat.shown.Turns()
	if want := []attach.File{{Name: "letter.txt", Text: "Dear Ana"}}; !slices.Equal(turns[0].Files, want) {
		t.Errorf("asked with %v", turns[0].Files)
	}
	u.chat.stream.ScrollToTurn(0)
	u.mustSee("letter.txt · 8 bytes")
	u.chat.stream.OnFile(0, 0)
	u.mustSee("As the model reads it")
	u.escape()
}

func TestFilesOutliveTheLock(t *testing.T) {
	u := begin(t, opener(vault.Passphrase, t.TempDir(), nil, setup{}))
	u.openAgain()
	u.settle()
	u.give(file(t, "letter.txt", "Dear Ana"))
	u.chat.prompt.SetText("Shorten it")
	u.settle()
	u.lockByHand()
	u.settle()
	u.mustHave("locked")
	u.openAgain()
	u.settle()
	u.mustHave("opened again", "letter.txt")
	if u.chat.prompt.Text != "Shorten it" {
		t.Errorf("the prompt has %q", u.chat.prompt.Text)
	}
}

// A file that was being read when its conversation went does not go into another one.
func TestFilesOfAnotherConversation(t *testing.T) {
	u := begin(t, setup{})
	first := u.chat.shown
	u.chat.attach(file(t, "letter.txt", "Dear Ana"))
	u.chat.startPrivate()
	u.settle()
	u.mustHave("the private one")
	u.chat.open(first)
	u.mustHave("that of the file", "letter.txt")
}

func TestPromptComplaintsAreSentences(t *testing.T) {
	for _, c := range promptComplaints {
		if !strings.HasSuffix(c.text, ".") || !strings.Contains(c.text, ". ") {
			t.Errorf("no sentence with a way out: %q", c.text)
		}
	}
}

// The files of drafts are in the vault once, and only for as long as a draft has them.
func TestFilesOfDraftsInTheVault(t *testing.T) {
	u := begin(t, opener(vault.File, t.TempDir(), nil, setup{}))
	stored := func() int {
		u.settle()
		u.storeMemory()
		u.settle()
		items, err := u.Vault.Items(t.Context(), vault.Setting)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, i := range items {
			if strings.HasPrefix(i.Name, draftFilePrefix) {
				n++
			} else if strings.Contains(string(i.Value), "Dear") {
				t.Errorf("%s has the text of a file", i.Name)
			}
		}
		return n
	}
	u.give(file(t, "letter.txt", "Dear Ana"), file(t, "other.txt", "Dear Ben"))
	if n := stored(); n != 2 {
		t.Errorf("%d files are stored", n)
	}
	u.chat.prompt.SetText("words")
	if n := stored(); n != 2 {
		t.Errorf("with words %d files are stored", n)
	}
	u.chat.startPrivate()
	u.give(file(t, "private.txt", "Dear Eve"))
	if n := stored(); n != 2 {
		t.Errorf("with a private one %d files are stored", n)
	}
	u.chat.open(u.chat.all[1])
	u.chat.removeFile(1)
	if n := stored(); n != 1 {
		t.Errorf("after one was removed %d are stored", n)
	}
	u.chat.removeFile(0)
	u.chat.prompt.SetText("")
	if n := stored(); n != 0 {
		t.Errorf("after all were removed %d are stored", n)
	}
}
