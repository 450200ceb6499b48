package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/zalando/go-keyring"
)

// marker is what must never lie on the disk as it is.
const marker = "the heron stands in the shallows"

// created makes a vault with a conversation in it.
func created(t *testing.T, dir string, p Protection) *Vault {
	t.Helper()
	v, err := Create(dir, Options{Protection: p, Passphrase: secret, kdf: cheap()})
	ok(t, err)
	t.Cleanup(func() { _ = v.Close() })
	c := must(v.NewConversation(t.Context(), Conversation{Title: marker}))(t)
	must(v.AddMessage(t.Context(), c.ID, Message{Role: "user", Text: marker}))(t)
	return v
}

// conversationTitles are those of all conversations, in the order of Conversations.
func conversationTitles(t *testing.T, v *Vault) (list []string) {
	t.Helper()
	for _, c := range must(v.Conversations(t.Context(), Filter{}))(t) {
		list = append(list, c.Title)
	}
	return list
}

// reopened opens the vault, looks whether the conversation is there, and closes it.
func reopened(t *testing.T, dir string) {
	t.Helper()
	v := must(Open(dir, secret))(t)
	if got := conversationTitles(t, v); !slices.Equal(got, []string{marker}) {
		t.Errorf("the vault has %q", got)
	}
	sound(t, v)
	ok(t, v.Close())
	for name := range snapshot(t, dir) {
		if name != dbName && name != keyName && name != lockName {
			t.Errorf("%s was left behind", name)
		}
	}
}

func TestCreateAndOpen(t *testing.T) {
	keyring.MockInit()
	for _, p := range []Protection{Keyring, Passphrase, File} {
		t.Run(string(p), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a new folder", "100% # ?")
			if _, err := Inspect(dir); !errors.Is(err, ErrNone) {
				t.Error("before: ", err)
			}
			if _, err := Open(dir, nil); !errors.Is(err, ErrNone) {
				t.Error("before: ", err)
			}
			v := created(t, dir, p)
			s := must(Inspect(dir))(t)
			if s.Protection != p || s.Swapping || (p == Passphrase) != (s.Memory == minMemory<<10 && s.Passes == 1 && s.Threads == 2) {
				t.Errorf("%+v", s)
			}
			if _, err := Open(dir, secret); !errors.Is(err, ErrBusy) {
				t.Error("opened twice: ", err)
			}
			if _, err := Create(dir, Options{Protection: p, Passphrase: secret, kdf: cheap()}); !errors.Is(err, ErrBusy) {
				t.Error("made while it is open: ", err)
			}
			key := v.key
			ok(t, v.Close())
			ok(t, v.Close())
			if !bytes.Equal(key, make([]byte, keySize)) {
				t.Error("the key was not wiped")
			}
			if _, err := v.Conversations(t.Context(), Filter{}); !errors.Is(err, ErrLocked) {
				t.Error("after Close: ", err)
			}
			for name, err := range map[string]error{"Protect": v.Protect(File, nil), "Rotate": v.Rotate(t.Context())} {
				if !errors.Is(err, ErrLocked) {
					t.Errorf("%s after Close: %v", name, err)
				}
			}
			if _, err := Create(dir, Options{Protection: p, Passphrase: secret, kdf: cheap()}); !errors.Is(err, ErrExists) {
				t.Error("made twice: ", err)
			}
			reopened(t, dir)
			for name, data := range snapshot(t, dir) {
				if bytes.Contains(data, []byte(marker)) {
					t.Errorf("%s has the text as it is", name)
				}
				if info, err := os.Stat(filepath.Join(dir, name)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
					t.Errorf("%s: %v %v", name, info.Mode(), err)
				}
			}
			if info, err := os.Stat(dir); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
				t.Errorf("the folder: %v %v", info.Mode(), err)
			}
		})
	}
}

// What Open refuses, and that it changes nothing then: a log that belongs to another key in particular must
// outlive the attempt.
func TestOpenRefuses(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	v := created(t, dir, Passphrase)
	files := snapshot(t, dir) // while it is open: with its log
	if len(files[dbName+walSuffix]) == 0 {
		t.Fatal("there is no log")
	}
	other := t.TempDir()
	ok(t, created(t, other, Passphrase).Close())
	foreign := snapshot(t, other)
	gone, fromKeyring := filepath.Join(t.TempDir(), "gone"), t.TempDir()
	ok(t, created(t, fromKeyring, Keyring).Close())
	keyring.MockInit() // forgets
	newer := fields(t, must(parseKeyFile(files[keyName]))(t), func(m map[string]any) { m["version"] = 2 })

	for _, c := range []struct {
		name       string
		dir        string
		passphrase string
		want       error
	}{
		{"no folder", gone, "x", ErrNone},
		{"a wrong passphrase", restored(t, files), "x", ErrPassphrase},
		{"no passphrase", restored(t, files), "", ErrPassphrase},
		{"the key of another vault", restored(t, files, map[string][]byte{keyName: foreign[keyName]}), string(secret), ErrDamaged},
		{"no key", restored(t, files, map[string][]byte{keyName: nil}), string(secret), ErrDamaged},
		{"an empty key file", restored(t, files, map[string][]byte{keyName: {}}), string(secret), ErrDamaged},
		{"a huge key file", restored(t, files, map[string][]byte{keyName: bytes.Repeat([]byte(" "), 1<<20)}), string(secret), ErrDamaged},
		{"a key file of a later version", restored(t, files, map[string][]byte{keyName: newer}), string(secret), ErrNewer},
		{"no database", restored(t, files, map[string][]byte{dbName: nil}), string(secret), ErrDamaged},
		{"an empty database", restored(t, files, map[string][]byte{dbName: {}}), string(secret), ErrDamaged},
		{"a short database", restored(t, files, map[string][]byte{dbName: files[dbName][:1000]}), string(secret), ErrDamaged},
		{"a damaged database", restored(t, files, map[string][]byte{dbName: append([]byte("!!!"), files[dbName][3:]...)}), string(secret), ErrDamaged},
		{"a keyring that forgot", fromKeyring, "", ErrKeyGone},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before map[string][]byte
			if c.dir != gone {
				before = snapshot(t, c.dir)
			}
			v, err := Open(c.dir, []byte(c.passphrase))
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if err == nil {
				v.Close()
				return
			}
			if c.dir == gone {
				if there, _ := exists(gone); there {
					t.Error("it made a folder")
				}
				return
			}
			after := snapshot(t, c.dir)
			delete(after, lockName)
			delete(before, lockName)
			if len(after) != len(before) {
				t.Errorf("there were %d files, now there are %d", len(before), len(after))
			}
			for name := range before {
				if !bytes.Equal(before[name], after[name]) {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
	ok(t, v.Close())
	reopened(t, restored(t, files)) // nothing above was wrong with the files themselves
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("this user may write everywhere")
	}
	dir := t.TempDir()
	ok(t, os.Chmod(dir, 0o500))
	defer os.Chmod(dir, 0o700)
	if _, err := Create(dir, Options{Protection: File}); !errors.Is(err, ErrReadOnly) {
		t.Error(err)
	}
}

func TestCreateRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"the passphrase is empty":     {Protection: Passphrase},
		`protection "tea" is unknown`: {Protection: "tea"},
		`protection "" is unknown`:    {},
	} {
		dir := t.TempDir()
		if _, err := Create(dir, o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %s", err, name)
		}
		if _, err := Inspect(dir); !errors.Is(err, ErrNone) {
			t.Error("it left something: ", err)
		}
		ok(t, created(t, dir, File).Close()) // and what it left is no hindrance
	}
}

func TestProtect(t *testing.T) {
	keyring.MockInit()
	dir := t.TempDir()
	v := created(t, dir, Keyring)
	account := must(readKeyFile(v.path(keyName)))(t).Account
	key := bytes.Clone(v.key)
	for _, p := range []Protection{Passphrase, File, Keyring, File, Passphrase, Passphrase} {
		ok(t, v.protect(p, secret, cheap()))
		if !bytes.Equal(v.key, key) {
			t.Error("the data key is another one")
		}
		if got := conversationTitles(t, v); !slices.Equal(got, []string{marker}) {
			t.Errorf("the vault has %q", got)
		}
		if s := must(Inspect(dir))(t); s.Protection != p {
			t.Errorf("%+v, want %s", s, p)
		}
	}
	if _, err := keyringGet(account); !errors.Is(err, ErrKeyGone) {
		t.Error("the first key is still in the keyring: ", err)
	}
	if err := v.Protect(Passphrase, nil); err == nil {
		t.Error("an empty passphrase was accepted")
	}
	ok(t, v.protect(Passphrase, []byte("new words"), cheap()))
	ok(t, v.Close())
	if _, err := Open(dir, secret); !errors.Is(err, ErrPassphrase) {
		t.Error("the old passphrase: ", err)
	}
	v = must(Open(dir, []byte("new words")))(t)
	// A key file that is damaged while the vault is open is made good by writing a new one.
	ok(t, os.WriteFile(v.path(keyName), []byte("{}"), 0o600))
	ok(t, v.protect(Passphrase, secret, cheap()))
	ok(t, v.Close())
	reopened(t, dir)
}

func TestCheckPassphrase(t *testing.T) {
	dir := t.TempDir()
	v := created(t, dir, Passphrase)
	ok(t, v.CheckPassphrase(secret))
	for _, wrong := range []string{"", "a lamp", string(secret) + " "} {
		if err := v.CheckPassphrase([]byte(wrong)); !errors.Is(err, ErrPassphrase) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	ours := must(os.ReadFile(v.path(keyName)))(t)
	k, _ := keyFor(t, Passphrase) // somebody puts a key file there that they know the passphrase of
	ok(t, k.write(v.path(keyName)))
	if err := v.CheckPassphrase(secret); !errors.Is(err, ErrPassphrase) {
		t.Error("the passphrase of another key file: ", err)
	}
	ok(t, os.WriteFile(v.path(keyName), ours, 0o600))
	ok(t, v.CheckPassphrase(secret))
	ok(t, v.protect(File, nil, nil))
	ok(t, v.CheckPassphrase(nil))
	ok(t, v.Close())
	if err := v.CheckPassphrase(secret); !errors.Is(err, ErrLocked) {
		t.Error("of a vault that is locked: ", err)
	}
}

// Create that crashed before its key file was written left no vault; after it, opening does the rest.
func TestCreateCrash(t *testing.T) {
	dir := t.TempDir()
	ok(t, created(t, dir, File).Close())
	files := snapshot(t, dir)
	before := restored(t, files, map[string][]byte{dbName: nil, keyName: nil, newName: files[dbName], temporaryPrefix + "1": []byte("{")})
	if _, err := Inspect(before); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	ok(t, created(t, before, File).Close())
	reopened(t, before)
	reopened(t, restored(t, files, map[string][]byte{dbName: nil, newName: files[dbName]}))
}
