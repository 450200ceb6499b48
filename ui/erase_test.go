package ui

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/privacy/vault"
)

func overwrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// left lists the files below a folder.
func left(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// typeErase opens the dialog and types into it.
func (u *session) typeErase(word string) {
	u.t.Helper()
	u.tap("Erase everything…")
	u.mustSee("This cannot be undone.", "Your models stay")
	u.entries()[0].SetText(word)
}

func TestEraseNeedsTheWord(t *testing.T) {
	u, h := atHome(t, vault.File)
	before := left(t, h.dir)
	for _, word := range []string{"", "eras", "erase all", "yes"} {
		u.typeErase(word)
		u.press(fyne.KeyReturn, u.entries()[0])
		test.Tap(u.control("Erase everything"))
		if u.dialog == nil {
			t.Fatalf("%q was taken", word)
		}
		u.tap("Cancel")
	}
	u.settle()
	if after := left(t, h.dir); len(after) != len(before) {
		t.Errorf("of %q there is %q", before, after)
	}
}

func TestErase(t *testing.T) {
	for _, p := range []vault.Protection{vault.File, vault.Keyring} {
		t.Run(string(p), func(t *testing.T) {
			u, h := atHome(t, p)
			before := left(t, h.dir)
			fyne.CurrentApp().Preferences().SetString(lastFolder, "file:///home/ana/letters")
			u.typeErase(" Erase ")
			u.tap("Erase everything")
			u.settle()
			u.mustSee("Everything was erased", "This was removed:")
			for _, path := range before {
				if filepath.Base(path) != "vault.db-wal" && filepath.Base(path) != "vault.db-shm" { // went when the vault was closed
					u.mustSee(path)
				}
			}
			if files := left(t, h.dir); len(files) > 0 {
				t.Errorf("there still is %q", files)
			}
			if fyne.CurrentApp().Preferences().String(lastFolder) != "" {
				t.Error("the folder of the file dialog is kept")
			}
			if _, err := os.Stat(filepath.Join(u.dir, ".stray")); err != nil {
				t.Error("the models went too:", err)
			}
			if _, err := h.vault.Conversations(t.Context(), vault.Filter{}); !errors.Is(err, vault.ErrLocked) {
				t.Errorf("the vault is open: %v", err)
			}
			if u.ctx.Err() != nil {
				t.Error("the window closed before it was read")
			}
			u.tap("Close Lamplight")
			if u.ctx.Err() == nil || !u.parent.closed {
				t.Error("the window stays")
			}
		})
	}
}

// A vault that was not opened, as its passphrase is lost perhaps, is erased too.
func TestEraseLocked(t *testing.T) {
	u, h := atHome(t, vault.Passphrase)
	h.vault.Close()
	u.Vault, u.VaultDir = nil, h.path("data")
	u.typeErase("erase")
	u.tap("Erase everything")
	u.settle()
	u.mustSee("Everything was erased", h.path("data/vault.key"))
	if files := left(t, h.dir); len(files) > 0 {
		t.Errorf("there still is %q", files)
	}
}

// The window closes with Escape too: there is nothing left to work with.
func TestEscapeAfterErase(t *testing.T) {
	u, _ := atHome(t, vault.File)
	u.typeErase("erase")
	u.press(fyne.KeyReturn, u.entries()[0])
	u.settle()
	u.mustSee("Everything was erased")
	u.escape()
	if u.ctx.Err() == nil || !u.parent.closed {
		t.Error("the window stays")
	}
}

// What cannot be removed is said, and the rest goes all the same.
func TestEraseInPart(t *testing.T) {
	u, h := atHome(t, vault.File)
	if os.Geteuid() == 0 {
		t.Skip("the superuser may remove everything")
	}
	if err := os.Chmod(h.path("state"), 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(h.path("state"), 0o700)
	u.typeErase("erase")
	u.tap("Erase everything")
	u.settle()
	u.mustSee("Not everything was erased", "Some files could not be removed:", "lamplight.log")
	for _, path := range left(t, h.dir) {
		if info, err := os.Stat(path); err != nil || info.Size() > 0 || filepath.Dir(path) != h.path("state") {
			t.Errorf("%s: %v", path, err)
		}
	}
}
