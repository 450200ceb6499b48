package ui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

const horse = "a horse of another colour"

// backUp makes a backup as a user does.
func (u *session) backUp(path string) {
	u.t.Helper()
	u.show(privacyPage)
	u.tap("Make a backup…")
	e := u.entries()
	if len(e) != 3 || e[0].Password || !e[1].Password || !e[2].Password {
		u.t.Fatalf("the dialog has %d entries", len(e))
	}
	if u.win.Canvas().Focused() != e[1] {
		u.t.Errorf("the keyboard is on %v", u.win.Canvas().Focused())
	}
	e[0].SetText(path)
	e[1].SetText(horse)
	e[2].SetText(horse)
	u.press(fyne.KeyReturn, e[2])
}

// unlock types a passphrase into the dialog that restores.
func (u *session) unlock(passphrase string) {
	u.t.Helper()
	e := u.entries()
	if len(e) != 1 || !e[0].Password {
		u.t.Fatalf("the dialog has %d entries", len(e))
	}
	e[0].SetText(passphrase)
	u.press(fyne.KeyReturn, e[0])
	u.settle()
}

// conversations counts what is in the vault.
func (u *session) conversations() int {
	u.t.Helper()
	list, err := u.Vault.Conversations(u.t.Context(), vault.Filter{})
	if err != nil {
		u.t.Fatal(err)
	}
	return len(list)
}

// holdVault keeps the vault busy until release is called.
func (u *session) holdVault() (release func()) {
	u.t.Helper()
	held, let, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		_, err := u.Vault.Merge(u.t.Context(), iter.Seq2[vault.Thread, error](func(func(vault.Thread, error) bool) {
			close(held)
			<-let
		}))
		ended <- err
	}()
	<-held
	return func() {
		close(let)
		if err := <-ended; err != nil {
			u.t.Error(err)
		}
	}
}

// quickBackup writes an empty backup whose passphrase takes no time.
func quickBackup(t *testing.T, path string) {
	t.Helper()
	to, err := age.NewScryptRecipient(horse)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(4)
	var b bytes.Buffer
	w, err := age.Encrypt(&b, to)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(w, `{"lamplight backup":{"version":1,"schema":1}}`+"\n"+`{"end":{"lines":1}}`+"\n")
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	overwrite(t, path, b.String())
}

func TestBackupAndRestore(t *testing.T) {
	u, _ := atHome(t, vault.File)
	u.add("Why are there tides?", "The moon pulls.")
	path := filepath.Join(t.TempDir(), "words.age")
	u.backUp(path)
	u.settle()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	u.mustSee(path+" was written at", byteSize(info.Size()))
	u.mustNotSee("Writing ", "Cancel")
	if raw, err := os.ReadFile(path); err != nil || bytes.Contains(raw, []byte("moon")) || len(left(t, filepath.Dir(path))) != 1 {
		t.Errorf("the backup can be read, or is not alone: %v, %v", err, left(t, filepath.Dir(path)))
	}
	for _, secret := range []string{path, horse, "tides"} {
		if strings.Contains(u.log.String(), secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	u.close()

	u = withVault(t, setup{}, t.TempDir())
	u.chat.prompt.SetText("a draft")
	shown := u.chat.shown
	u.drop(path)
	u.mustSee("Restore from a backup", path, "What is here stays as it is.")
	u.unlock("a horse of no colour")
	u.mustSee("This passphrase does not open the backup.")
	if e := u.entries(); len(e) != 1 || e[0].Text != "" || u.win.Canvas().Focused() != e[0] || u.conversations() != 0 {
		t.Fatal("the passphrase cannot be typed again")
	}
	u.unlock(horse)
	u.mustSee("The backup was restored", "Added: 2 conversations, 2 messages.")
	u.mustNotSee("There already", "kept as here")
	u.mustList("New chat", "Why are there tides?", "Xylophones")
	if u.chat.shown != shown || u.chat.prompt.Text != "a draft" {
		t.Error("the open conversation, or its draft, is gone")
	}
	u.escape()
	if u.dialog != nil {
		t.Fatal("Escape does not close the result")
	}

	u.drop(path)
	u.unlock(horse)
	u.mustSee("Nothing was missing here.", "There already: 2 conversations, 2 messages.")
	u.tap("Show the chats")
	if u.current != chatPage || u.dialog != nil || u.conversations() != 2 {
		t.Error("the chats are not shown, or doubled")
	}
}

// What is here is not overwritten, and that is said.
func TestRestoreSaysWhatWasKept(t *testing.T) {
	u, h := atHome(t, vault.File)
	_, answer := u.add("Why are there tides?", "The moon pulls.")
	d, err := u.Vault.NewDocument(t.Context(), vault.Document{Title: "Letter", Text: "Dear Ann"})
	if err != nil {
		t.Fatal(err)
	}
	path := h.path("words.age")
	u.backUp(path)
	u.settle()
	if err := errors.Join(u.Vault.SetMessage(t.Context(), vault.Message{ID: answer, Text: "The moon and the sun."}), u.Vault.SetDocument(t.Context(), d.ID, "Letter", "Dear Bob")); err != nil {
		t.Fatal(err)
	}
	u.drop(path)
	u.unlock(horse)
	u.mustSee("Added: 1 revision.", "There already: 2 conversations, 1 message.", "Different here, and kept as here: 1 message, 1 document.",
		"What the backup has of these documents is among their revisions.")
}

func TestRestoreDamaged(t *testing.T) {
	u, h := atHome(t, vault.File)
	path := h.path("words.age")
	quickBackup(t, path)
	u.drop(path)
	u.unlock(horse)
	u.mustSee("Nothing was missing here.")
	u.escape()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	u.add("only here", "yes")
	for name, data := range map[string][]byte{
		"a byte": append(append([]byte{}, raw[:len(raw)-20]...), append([]byte{raw[len(raw)-20] ^ 1}, raw[len(raw)-19:]...)...),
		"cut":    raw[:len(raw)-1], "empty": nil, "another file": []byte("Dear Ann"),
	} {
		overwrite(t, path, string(data))
		u.show(chatPage)
		u.drop(path)
		u.unlock(horse)
		if u.dialog != nil {
			t.Errorf("%s: the dialog stays", name)
		}
		u.mustSee("The file is damaged, or no backup of Lamplight. Nothing was changed.", "Copy the details")
		if u.conversations() != 2 {
			t.Errorf("%s: there are %d conversations", name, u.conversations())
		}
		u.notice.OnClosed()
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	u.drop(path)
	u.unlock(horse)
	u.mustSee("The file is no longer there. Nothing was changed.")
	if strings.Contains(u.log.String(), path) {
		t.Error("the log has the path")
	}
}

func TestCancelBackup(t *testing.T) {
	u, _ := atHome(t, vault.File)
	dir := t.TempDir()
	release := u.holdVault()
	u.backUp(filepath.Join(dir, "words.age"))
	u.mustSee("Writing " + dir)
	for _, label := range []string{"Make a backup…", "Restore from a backup…"} {
		if !u.control(label).(*widgets.ChipButton).Disabled() {
			t.Errorf("%q can be pressed meanwhile", label)
		}
	}
	u.tap("Cancel")
	release()
	u.settle()
	u.mustSee("Stopped. No backup was written.")
	u.mustNotSee("Writing ")
	if files := left(t, dir); len(files) > 0 {
		t.Errorf("there is %q", files)
	}
	if u.control("Make a backup…").(*widgets.ChipButton).Disabled() {
		t.Error("no other backup can be made")
	}
}

func TestCancelRestoring(t *testing.T) {
	u, h := atHome(t, vault.File)
	quickBackup(t, h.path("words.age"))
	release := u.holdVault()
	u.drop(h.path("words.age"))
	e := u.entries()[0]
	e.SetText(horse)
	u.press(fyne.KeyReturn, e)
	u.mustSee("Reading the backup…")
	u.press(fyne.KeyEscape, e)
	release()
	u.settle()
	u.mustSee("Stopped. Nothing was changed.")
	if u.dialog != nil {
		t.Error("a dialog is open")
	}
}

// A file that is there is replaced only after its user has said so, and by a complete one.
func TestReplaceBackup(t *testing.T) {
	u, h := atHome(t, vault.File)
	path := h.path("words.age")
	overwrite(t, path, "precious")
	kept := func() bool {
		data, err := os.ReadFile(path)
		return err == nil && string(data) == "precious"
	}
	u.backUp(path)
	u.mustSee("There is a file of this name already.")
	if u.dialog == nil || !kept() {
		t.Fatal("it was replaced at once")
	}
	u.tap("Cancel")
	u.settle()
	release := u.holdVault()
	u.backUp(path)
	test.Tap(u.control("Make the backup"))
	u.mustSee("Writing ")
	if !kept() {
		t.Error("the old file is gone before there is a new one")
	}
	u.tap("Cancel")
	release()
	u.settle()
	if !kept() {
		t.Error("the old file is gone, and there is no new one")
	}
	u.backUp(path)
	test.Tap(u.control("Make the backup"))
	u.settle()
	if kept() || !vault.IsBackup(path) {
		t.Error("it was not replaced")
	}
}

func TestTarget(t *testing.T) {
	u := begin(t, setup{})
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	to := u.newTarget("words.age")
	if to.path.Text != filepath.Join("~", "words.age") || to.file() != filepath.Join(dir, "words.age") || to.problem() != "" {
		t.Errorf("%q is %q: %s", to.path.Text, to.file(), to.problem())
	}
	fyne.CurrentApp().Preferences().SetString(lastFolder, fileURI(t.TempDir()).String())
	for text, want := range map[string]string{
		" ": "Say where", "~/": "This is a folder.", dir: "This is a folder.", "~/none/words.age": "There is no such folder.",
		"words.age": "", filepath.Join(dir, "x"): "",
	} {
		to.path.SetText(text)
		if got := to.problem(); !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("%q: %q", text, got)
		}
	}
	to.path.SetText("words.age")
	if filepath.Dir(to.file()) == dir {
		t.Error("the last folder is not the usual one")
	}
	to.setExtension(".age", ".md")
	to.setExtension(".age", ".html")
	if to.path.Text != "words.md" {
		t.Errorf("the name is %q", to.path.Text)
	}
}

// The folder is chosen over the dialog, which stays.
func TestChooseFolderOverDialog(t *testing.T) {
	u, _ := atHome(t, vault.File)
	u.tap("Make a backup…")
	mine := u.dialog
	e := u.entries()
	e[1].SetText(horse)
	test.Tap(u.control("Folder…"))
	if u.dialog == mine || !u.dialog.asksFile {
		t.Fatal("there is no dialog for the folder")
	}
	u.escape()
	if u.dialog != mine || u.entries()[1].Text != horse {
		t.Error("Escape has closed both")
	}
	u.escape()
	if u.dialog != nil || u.win.Canvas().Overlays().Top() != nil {
		t.Error("the dialog stays")
	}
}

func TestBackupComplaints(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("%w: %w", vault.ErrReadOnly, fs.ErrPermission), "This folder cannot be written"},
		{vault.ErrFull, "What was there before stays."},
		{vault.ErrLocked, "were locked meanwhile, so no file was written"},
	} {
		if got := explainWrite(c.err).text; !strings.Contains(got, c.want) {
			t.Errorf("%v: %q", c.err, got)
		}
	}
	u, h := atHome(t, vault.File)
	u.backUp(h.path("gone/words.age"))
	u.mustSee("There is no such folder.")
	u.tap("Cancel")
	u.drop(h.path("settings.age"))
	u.escape()
	u.Vault = nil
	u.drop(h.path("settings.age"))
	u.mustSee("Your conversations are not open")
}
