package ui

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/zalando/go-keyring"

	"lamplight/assistant"
	"lamplight/privacy/vault"
)

// entries are those of the dialog that is open.
func (u *session) entries() []*field {
	var list []*field
	each(u.win.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if f, ok := o.(*field); ok {
			list = append(list, f)
		}
	})
	return list
}

// protected says how the vault on the disk is protected.
func (h home) protected(t *testing.T) vault.Protection {
	t.Helper()
	s, err := vault.Inspect(h.path("data"))
	if err != nil {
		t.Fatal(err)
	}
	return s.Protection
}

func TestProtectionIsCalledWhatItIs(t *testing.T) {
	for p, want := range map[vault.Protection]string{
		vault.File:       "Anyone who can read your files can read your conversations.",
		vault.Keyring:    "Your desktop's keyring has the key.",
		vault.Passphrase: "Your passphrase opens them, and nothing else does.",
	} {
		t.Run(string(p), func(t *testing.T) {
			u, _ := atHome(t, p)
			u.mustSee(want, "The key file says so", "does not begin as one does that anybody can read")
			if u.sees("Trying one passphrase takes") != (p == vault.Passphrase) {
				t.Error("the memory of a try is told of the wrong protection")
			}
		})
	}
}

func TestProtectionUnknown(t *testing.T) {
	u, h := atHome(t, vault.File)
	overwrite(t, h.path("data/vault.key"), "{")
	u.show(privacyPage)
	u.settle()
	u.mustSee("The files of your conversations are damaged.")
	u.mustNotSee("Anyone who can read", "The key file says so", "Set a passphrase…")
}

// A passphrase is set, opens the vault afterwards, and is removed again.
func TestPassphrase(t *testing.T) {
	u, h := atHome(t, vault.File)
	u.tap("Set a passphrase…")
	e := u.entries()
	if len(e) != 2 || !e[0].Password || !e[1].Password {
		t.Fatalf("the dialog has %d entries", len(e))
	}
	set := u.control("Set it")
	for _, c := range []struct{ first, second, says string }{
		{"", "", "There is no way back"}, // nothing was typed yet; replaced below
		{"short", "short", "At least 8 characters."},
		{"        ", "        ", "At least 8 characters."},
		{"seven words", "seven word", "The two are not the same yet."},
	}[1:] {
		e[0].SetText(c.first)
		e[1].SetText(c.second)
		u.mustSee(c.says)
		test.Tap(set)
		if u.dialog == nil {
			t.Fatalf("%q and %q were taken", c.first, c.second)
		}
	}
	e[0].SetText("schöne neue Worte")
	e[1].SetText("schöne neue Worte")
	u.mustSee("no way back to your words without it")
	u.press(fyne.KeyReturn, e[1])
	u.settle()
	u.mustSee("Done. The protection was changed.", "Your passphrase opens them", "Trying one passphrase takes")
	u.mustNotSee("Making a key")
	if h.protected(t) != vault.Passphrase {
		t.Error("the key file has the old protection")
	}
	if strings.Contains(u.log.String(), "schöne") {
		t.Error("the passphrase is in the log")
	}

	u.tap("Change the passphrase…")
	u.present("schöne Worte")
	u.mustSee("This is not the present passphrase.")
	u.present("schöne neue Worte")
	u.mustSee("Change the passphrase", "Set it")
	u.tap("Cancel")
	if h.protected(t) != vault.Passphrase {
		t.Error("the passphrase is gone")
	}
	u.tap("Remove the passphrase…")
	u.mustNotSee("Use a file")
	u.present("schöne neue Worte")
	u.mustSee("anyone who can read your files can read your conversations")
	u.tap("Use a file")
	u.settle()
	u.mustSee("The key lies beside them in a file.")
	if h.protected(t) != vault.File {
		t.Error("the key file has the passphrase still")
	}

	if err := h.vault.Protect(vault.Passphrase, []byte("schöne neue Worte")); err != nil {
		t.Fatal(err)
	}
	if err := h.vault.Close(); err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(h.path("data"), []byte("schöne neue Worte"))
	if err != nil {
		t.Fatal(err)
	}
	v.Close()
}

// present types the passphrase that is in force into the dialog that asks for it.
func (u *session) present(passphrase string) {
	u.t.Helper()
	u.entries()[0].SetText(passphrase)
	u.tap("Go on")
	u.settle()
}

func TestRotation(t *testing.T) {
	u, h := atHome(t, vault.File)
	before, err := os.ReadFile(h.path("data/vault.key"))
	if err != nil {
		t.Fatal(err)
	}
	u.tap("Encrypt everything anew…")
	u.mustSee("with a new key", "as much room on the disk")
	u.tap("Encrypt anew")
	u.settle()
	u.mustSee("Done. Everything is encrypted with a new key.")
	after, err := os.ReadFile(h.path("data/vault.key"))
	if err != nil || bytes.Equal(before, after) {
		t.Errorf("the key is the old one: %v", err)
	}
	if list, err := h.vault.Conversations(t.Context(), vault.Filter{}); err != nil || len(list) != 1 {
		t.Errorf("%d conversations are left, %v", len(list), err)
	}

	k := u.privacy.kept
	k.start("")
	k.rotated(h.vault, vault.ErrFull, false)
	u.mustSee("The disk is full, so nothing was changed.")
	u.Open = func([]byte) (*vault.Vault, error) { return nil, vault.ErrDamaged }
	k.start("")
	k.rotated(h.vault, vault.ErrFull, true)
	u.settle()
	u.mustSee("Your conversations could not be opened", "The disk is full")
}

func TestRotationText(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, size int) {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := rotationText(dir); got != "" {
		t.Error(got)
	}
	put("vault.db", 1000)
	put("vault.db.new", 420)
	if got := rotationText(dir); !strings.Contains(got, "anew: 42 %") {
		t.Error(got)
	}
	put("vault.db.new", 1000)
	if got := rotationText(dir); !strings.Contains(got, "Checking the copy") {
		t.Error(got)
	}
}

func TestLockSettings(t *testing.T) {
	for p, want := range map[vault.Protection][2]string{
		vault.File: {"Never", "Stay open"}, vault.Passphrase: {"15 minutes", "Lock"},
	} {
		u, _ := atHome(t, p)
		u.Open = func([]byte) (*vault.Vault, error) { return nil, vault.ErrBusy }
		u.privacy.enter()
		u.settle()
		r := u.privacy.kept.locks
		if got := [2]string{r.after.Selected, r.sleep.Selected}; got != want {
			t.Errorf("with %s it shows %q", p, got)
		}
		if u.Settings.LockAfter != 0 || u.Settings.LockAtSleep != 0 {
			t.Errorf("showing it has changed the settings: %+v", u.Settings)
		}
		r.after.SetSelected("1 minute")
		r.sleep.SetSelected("Stay open")
		u.settle()
		if u.Settings.LockAfter != 1 || u.Settings.LockAtSleep != assistant.Never {
			t.Errorf("the choice has no effect: %+v", u.Settings)
		}
	}
}

func TestKeyring(t *testing.T) {
	u, h := atHome(t, vault.File)
	keyring.MockInitWithError(errors.New("no bus"))
	u.tap("Use the desktop's keyring")
	u.settle()
	u.mustSee("keyring did not answer, so nothing was changed", "The key lies beside them in a file.")
	if h.protected(t) != vault.File {
		t.Error("the protection changed all the same")
	}
	keyring.MockInit()
	u.tap("Use the desktop's keyring")
	u.settle()
	u.mustSee("Your desktop's keyring has the key.")
	if h.protected(t) != vault.Keyring {
		t.Error("the protection did not change")
	}
}

func TestCheckForTampering(t *testing.T) {
	u, h := atHome(t, vault.File)
	u.tap("Check for tampering")
	u.settle()
	u.mustSee("Everything is as Lamplight wrote it.", "put back to an older copy")
	u.mustNotSee("Copy what was found", "Reading all of it")

	u.privacy.kept.start("")
	u.privacy.kept.verified(2, "conversation 1: it was changed\n", nil)
	u.settle()
	u.mustSee("2 places are not as Lamplight wrote them.")
	u.mustNotSee("Everything is as")
	u.tap("Copy what was found")
	if got := fyne.CurrentApp().Clipboard().Content(); got != "conversation 1: it was changed\n" {
		t.Errorf("the clipboard has %q", got)
	}

	h.vault.Close()
	u.tap("Check for tampering")
	u.settle()
	u.mustSee("Your conversations are locked.")
	u.mustNotSee("Everything is as", "Copy what was found")
}
