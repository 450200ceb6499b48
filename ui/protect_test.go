package ui

import (
	"errors"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/zalando/go-keyring"

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

	u.tap("Remove the passphrase…")
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
