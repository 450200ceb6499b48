package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/assistant/attach"
)

// readAs is a file that was read.
func readAs(name, text string) attach.File { return attach.File{Name: name, Text: text} }

func textFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// saves answers the dialog that asks for a file.
func (u *session) saves(path string) {
	u.t.Helper()
	u.shortcut(fyne.KeyS)
	if path != "" {
		u.win.Canvas().Focused().(*field).SetText(path)
	}
	u.tap("Save")
	u.settle()
}

// A file that is dropped on the page becomes a document, and is saved with the ends of lines that it had.
func TestFileIsOpenedAndSaved(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, t.TempDir())
	u.show(writePage)
	u.settle()
	for name, ends := range map[string]string{"windows.txt": "\r\n", "unix.md": "\n"} {
		lines := func(words ...string) string { return strings.Join(words, ends) }
		path := textFile(t, dir, name, lines("one", "two", "three", ""))
		u.drop(path)
		u.settle()
		u.mustRead(name, "one\ntwo\nthree\n")
		u.writes("zero ")
		u.saves("")
		data, err := os.ReadFile(path)
		if err != nil || string(data) != lines("zero one", "two", "three", "") {
			t.Errorf("%s: saved is %q, %v", name, data, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: its permissions are %v, %v", name, info.Mode(), err)
		}
		u.drop(path) // it leads to the document that there is
		u.settle()
	}
	if n := len(u.write.all); n != 2 {
		t.Errorf("there are %d documents: %q", n, u.documents())
	}
	list, err := u.Vault.Revisions(t.Context(), u.write.shown.id)
	if err != nil || list[len(list)-1].Note != "As it was opened" {
		t.Errorf("%v, %v", list, err)
	}
	if strings.Contains(u.log.String(), "windows") || strings.Contains(u.log.String(), "unix") {
		t.Error("the log has the names of files")
	}
}

// Another program's changes are not written over without asking, and a new file is its user's alone.
func TestSaveAsks(t *testing.T) {
	dir := t.TempDir()
	u := begin(t, setup{})
	u.show(writePage)
	path := textFile(t, dir, "a.txt", "old")
	u.drop(path)
	u.settle()
	u.writes("very ")
	later := textFile(t, dir, "b.txt", "")
	if info, err := os.Stat(path); err != nil || os.Chtimes(path, info.ModTime().Add(1e9), info.ModTime().Add(1e9)) != nil {
		t.Fatal(err)
	}
	u.saves("")
	u.mustSee("There is a file of this name already.")
	if data, _ := os.ReadFile(path); string(data) != "old" {
		t.Errorf("it is %q", data)
	}
	u.tap("Save")
	u.settle()
	if data, _ := os.ReadFile(path); string(data) != "very old" {
		t.Errorf("it is %q", data)
	}
	fresh := filepath.Join(dir, "fresh.txt")
	u.saves(fresh)
	if info, err := os.Stat(fresh); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if err := os.Remove(later); err != nil || os.Symlink(fresh, later) != nil {
		t.Fatal(err)
	}
	if _, err := writeText(later, "through a link", false); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(fresh); string(data) != "through a link" {
		t.Errorf("what the link leads to is %q", data)
	}
	u.saves(filepath.Join(dir, "no such folder", "x.txt"))
	u.mustSee("There is no such folder.")
}

// What cannot be read is told, and the rest is opened.
func TestFileIsNotOpened(t *testing.T) {
	dir := t.TempDir()
	u := begin(t, setup{})
	u.show(writePage)
	empty := textFile(t, dir, "empty.txt", "")
	u.drop(textFile(t, dir, "x.docx", "no archive"), textFile(t, dir, "x.pdf", "%PDF-1.4"), empty)
	u.settle()
	u.mustSee("x.pdf was not opened. Lamplight cannot read this kind of document yet.")
	if u.write.shown.label() != "empty" || u.written() != "" {
		t.Errorf("%q is shown", u.write.shown.label())
	}
	u.write.openFiles(dir)
	u.settle()
	u.mustSee("It is a folder. Open the files in it that matter.")
}

// The program opens documents that it is started with; other text goes with a message, and so does all that is dropped elsewhere.
func TestStartedWithDocuments(t *testing.T) {
	dir := t.TempDir()
	letter, code := textFile(t, dir, "letter.txt", "Dear Ana"), textFile(t, dir, "main.go", "package main")
	u := begin(t, setup{options: func(o *Options) { o.Files = []string{letter} }})
	u.settle()
	if u.current != writePage || u.written() != "Dear Ana" {
		t.Errorf("page %d has %q", u.current, u.written())
	}
	u.takes(func() { u.take(given{paths: []string{code}, started: true}) })
	u.settle()
	if u.current != chatPage || len(u.chat.shown.draft.Files) != 1 {
		t.Errorf("page %d, %d files attached", u.current, len(u.chat.shown.draft.Files))
	}
	u.drop(letter)
	u.settle()
	if u.current != chatPage || len(u.chat.shown.draft.Files) != 2 {
		t.Errorf("page %d, %d files attached", u.current, len(u.chat.shown.draft.Files))
	}
}

func TestLineEnds(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]bool{"": false, "a": false, "a\nb\n": false, "a\r\nb\r\n": true, "a\r\nb\nc\n": false, "PK\x03\x04\r\n\r\n": false,
		"\xff\xfea\x00\r\x00\n\x00": true} {
		if got := endsLikeWindows(textFile(t, dir, "x", text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
