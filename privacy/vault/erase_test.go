package vault

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/zalando/go-keyring"
)

func TestErase(t *testing.T) {
	keyring.MockInit()
	for _, p := range []Protection{Keyring, Passphrase, File} {
		t.Run(string(p), func(t *testing.T) {
			dir := t.TempDir()
			v := created(t, dir, p)
			if removed, err := Erase(dir); !errors.Is(err, ErrBusy) || len(removed) > 0 {
				t.Errorf("while it is open: %q, %v", removed, err)
			}
			account := must(readKeyFile(v.path(keyName)))(t).Account
			ok(t, v.Close())
			key := must(os.OpenFile(v.path(keyName), os.O_RDONLY, 0))(t)
			defer key.Close()
			text := snapshot(t, dir)[keyName]
			mine := filepath.Join(dir, "settings.json")
			for _, path := range []string{mine, v.path(dbName + ".before-v2"), v.path(newName), v.path(temporaryPrefix + "7")} {
				ok(t, os.WriteFile(path, []byte("{}"), 0o600))
			}

			removed := must(Erase(dir))(t)
			want := []string{v.path(keyName), v.path(dbName), v.path(dbName + ".before-v2"), v.path(newName), v.path(temporaryPrefix + "7"), v.path(lockName)}
			if p == Keyring {
				want = append([]string{"keyring: " + service + " " + account}, want...)
				if _, err := keyringGet(account); !errors.Is(err, ErrKeyGone) {
					t.Error("the keyring still has the key: ", err)
				}
			}
			if !slices.Equal(removed, want) {
				t.Errorf("removed %q, want %q", removed, want)
			}
			if left := snapshot(t, dir); len(left) != 1 || left["settings.json"] == nil {
				t.Errorf("there is still %d files, want settings.json", len(left))
			}
			now := make([]byte, len(text))
			if _, err := key.ReadAt(now, 0); err != nil || string(now) == string(text) {
				t.Error("the key file was not overwritten: ", err)
			}
			if _, err := Erase(dir); !errors.Is(err, ErrNone) {
				t.Error("erased twice: ", err)
			}
			ok(t, os.Remove(mine))
			ok(t, created(t, dir, p).Close())
			reopened(t, dir)
		})
	}
}

// What an interrupted Erase left can be erased, and is no vault meanwhile.
func TestEraseTheRest(t *testing.T) {
	dir := t.TempDir()
	ok(t, created(t, dir, File).Close())
	files := snapshot(t, dir)
	for name, files := range map[string]map[string][]byte{
		"no key":             {dbName: files[dbName]},
		"a damaged key file": {dbName: files[dbName], keyName: []byte("noise")},
	} {
		dir := restored(t, files)
		if _, err := Inspect(dir); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Create(dir, Options{Protection: File}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: a vault was made over it: %v", name, err)
		}
		if removed, err := Erase(dir); err != nil || len(removed) < 2 {
			t.Errorf("%s: %q, %v", name, removed, err)
		}
		if left := snapshot(t, dir); len(left) > 0 {
			t.Errorf("%s: there are still %d files", name, len(left))
		}
	}
}

// A keyring that does not answer is no reason to keep the rest.
func TestEraseWithoutKeyring(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	ok(t, created(t, dir, Keyring).Close())
	keyring.MockInitWithError(errors.New("no bus"))
	removed, err := Erase(dir)
	if !errors.Is(err, ErrKeyring) || !slices.Contains(removed, filepath.Join(dir, keyName)) {
		t.Errorf("%q, %v", removed, err)
	}
	if left := snapshot(t, dir); len(left) > 0 {
		t.Errorf("there are still %d files", len(left))
	}
}
