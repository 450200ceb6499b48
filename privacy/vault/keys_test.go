package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

// cheap is the least that a key file may ask for, so that tests need not wait.
func cheap() *kdf {
	return &kdf{Name: argon2id, Memory: minMemory, Passes: 1, Threads: 2, Salt: random(saltSize)}
}

var secret = []byte("a lamp in the window")

// keyFor returns a key file with the protection, and the data key in it.
func keyFor(t *testing.T, p Protection) (k keyFile, data []byte) {
	t.Helper()
	k, kek, err := newKeyFile(p, secret, cheap())
	if err != nil {
		t.Fatal(err)
	}
	data = random(keySize)
	if k.Key, err = k.seal(kek, data); err != nil {
		t.Fatal(err)
	}
	return k, data
}

func TestKeyFile(t *testing.T) {
	keyring.MockInit()
	for _, p := range []Protection{Keyring, Passphrase, File} {
		t.Run(string(p), func(t *testing.T) {
			k, data := keyFor(t, p)
			path := filepath.Join(t.TempDir(), keyName)
			if err := k.write(path); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			encoded, _ := json.Marshal(data)
			if plain := bytes.Contains(text, bytes.Trim(encoded, `"`)); plain != (p == File) {
				t.Errorf("the data key lies in the file as it is: %v", plain)
			}
			back, err := readKeyFile(path)
			if err != nil {
				t.Fatal(err)
			}
			kek, err := back.kek(secret)
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := back.unseal(kek, back.Key); !ok || !bytes.Equal(got, data) {
				t.Error("the data key did not come back")
			}
			if p == File {
				return
			}
			if _, ok := back.unseal(random(keySize), back.Key); ok {
				t.Error("any key unseals it")
			}
			// What says how the key is encrypted is part of what is authenticated.
			other := back
			other.Account, other.Protection = "0011223344556677", Keyring
			if _, ok := other.unseal(kek, back.Key); ok {
				t.Error("the header can be changed")
			}
		})
	}
}

func TestHeaderNamesEveryParameter(t *testing.T) {
	base := keyFile{Version: 1, Protection: Passphrase, KDF: cheap()}
	for name, change := range map[string]func(*keyFile){
		"version":    func(k *keyFile) { k.Version++ },
		"protection": func(k *keyFile) { k.Protection = Keyring },
		"account":    func(k *keyFile) { k.Account = "00" },
		"memory":     func(k *keyFile) { k.KDF.Memory++ },
		"passes":     func(k *keyFile) { k.KDF.Passes++ },
		"threads":    func(k *keyFile) { k.KDF.Threads++ },
		"salt":       func(k *keyFile) { k.KDF.Salt = random(saltSize) },
	} {
		k, f := base, *base.KDF
		k.KDF = &f
		change(&k)
		if bytes.Equal(k.header(), base.header()) {
			t.Errorf("the header does not depend on %s", name)
		}
	}
}

// fields is a key file that can be spoilt field by field. Its sum is made right again, so that it is not the
// sum that finds the mistake.
func fields(t *testing.T, k keyFile, change func(map[string]any)) []byte {
	t.Helper()
	k.Sum = k.sum()
	text, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	text, err = json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var changed keyFile
	if json.Unmarshal(text, &changed) == nil {
		m["sum"] = changed.sum()
	}
	text, err = json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestHostileKeyFiles(t *testing.T) {
	k, _ := keyFor(t, Passphrase)
	kdfField := func(name string, value any) func(map[string]any) {
		return func(m map[string]any) { m["kdf"].(map[string]any)[name] = value }
	}
	for _, c := range []struct {
		name   string
		change func(map[string]any)
		says   string
	}{
		{"unchanged", func(map[string]any) {}, ""},
		{"little memory", kdfField("memory", minMemory-1), "kdf memory 65535 KiB, want 65536 to"},
		{"no memory", kdfField("memory", 0), "kdf memory 0"},
		{"much memory", kdfField("memory", maxMemory+1), "kdf memory 1048577"},
		{"memory that is no number of 32 bits", kdfField("memory", 1<<40), "cannot unmarshal"},
		{"negative memory", kdfField("memory", -1), "cannot unmarshal"},
		{"no passes", kdfField("passes", 0), "kdf passes 0"},
		{"the most passes", kdfField("passes", maxWork/minMemory), ""},
		{"too many passes", kdfField("passes", maxWork/minMemory+1), "kdf passes 1025"},
		{"passes that overflow", kdfField("passes", uint32(1<<32-1)), "kdf passes"},
		{"no threads", kdfField("threads", 0), "kdf threads 0"},
		{"too many threads", kdfField("threads", maxThreads+1), "kdf threads 65"},
		{"another function", kdfField("name", "md5"), `kdf name "md5"`},
		{"no salt", kdfField("salt", ""), "kdf salt of 0 bytes"},
		{"a long salt", kdfField("salt", random(1000)), "kdf salt of 1000 bytes"},
		{"a field too many", kdfField("pepper", 1), "unknown field"},
		{"no kdf", func(m map[string]any) { delete(m, "kdf") }, "fields that do not belong"},
		{"an account", func(m map[string]any) { m["account"] = "0011223344556677" }, "fields that do not belong"},
		{"no protection", func(m map[string]any) { delete(m, "protection") }, "fields that do not belong"},
		{"an unknown protection", func(m map[string]any) { m["protection"] = "tea"; delete(m, "kdf") }, `protection "tea" is unknown`},
		{"a short account", func(m map[string]any) { m["protection"], m["account"] = "keyring", "00"; delete(m, "kdf") }, "want 16 hex digits"},
		{"an account that is a path", func(m map[string]any) {
			m["protection"], m["account"] = "keyring", "../../../../../x"
			delete(m, "kdf")
		}, "want 16 hex digits"},
		{"no key", func(m map[string]any) { delete(m, "key") }, "a key of 0 bytes"},
		{"a short key", func(m map[string]any) { m["key"].(map[string]any)["text"] = random(keySize) }, "a key of 32 bytes"},
		{"a short nonce", func(m map[string]any) { m["key"].(map[string]any)["nonce"] = random(12) }, "a nonce of 12"},
		{"a short second key", func(m map[string]any) { m["next"] = map[string]any{"text": random(3)} }, "a key of 3 bytes"},
		{"version 0", func(m map[string]any) { m["version"] = 0 }, "version 0, want 1"},
		{"a later version", func(m map[string]any) { m["version"], m["more"] = 2, true }, "later version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseKeyFile(fields(t, k, c.change))
			switch {
			case c.says == "" && err != nil:
				t.Error(err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), keyName)):
				t.Errorf("%v, want one about %q and the file", err, c.says)
			case c.says == "later version" && !errors.Is(err, ErrNewer):
				t.Errorf("%v is not ErrNewer", err)
			case c.says != "" && c.says != "later version" && !errors.Is(err, ErrDamaged):
				t.Errorf("%v is not ErrDamaged", err)
			}
		})
	}
}

// A byte that fell over on the disk is no wrong passphrase.
func TestEveryDamagedByteIsFound(t *testing.T) {
	k, _ := keyFor(t, Passphrase)
	k.Sum = k.sum()
	text, err := json.MarshalIndent(k, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		for _, bit := range []byte{1, 4, 64} {
			bad := bytes.Clone(text)
			bad[i] ^= bit
			got, err := parseKeyFile(bad)
			if err == nil && !bytes.Equal(append(got.header(), got.Key.Text...), append(k.header(), k.Key.Text...)) {
				t.Errorf("byte %d (%q) may be damaged", i, text[i])
			}
		}
	}
	for n := range text {
		if _, err := parseKeyFile(text[:n]); !errors.Is(err, ErrDamaged) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}

func TestGrown(t *testing.T) {
	const second = time.Second
	for _, c := range []struct {
		taken, allowed time.Duration
		memory, passes uint32
	}{
		{2 * second, second, minMemory, 3},            // never below the least
		{second, second, minMemory, 3},                //
		{second / 2, second, 2 * minMemory, 3},        //
		{second / 4, second, tuneMemory, 3},           //
		{second / 8, second, tuneMemory, 6},           // memory first
		{0, second, tuneMemory, maxWork / tuneMemory}, // a clock that stands still
	} {
		k := kdf{Name: argon2id, Memory: minMemory, Passes: 3, Threads: 1, Salt: random(saltSize)}.grown(c.taken, c.allowed)
		if k.Memory != c.memory || k.Passes != c.passes {
			t.Errorf("%v of %v: %d KiB and %d passes, want %d and %d", c.taken, c.allowed, k.Memory, k.Passes, c.memory, c.passes)
		}
		if err := k.check(); err != nil {
			t.Error(err)
		}
	}
	if err := tuned().check(); err != nil {
		t.Error(err)
	}
}

func TestKeyringThatFails(t *testing.T) {
	cause := errors.New("no bus")
	keyring.MockInitWithError(cause)
	if err := KeyringAnswers(); !errors.Is(err, ErrKeyring) || !errors.Is(err, cause) {
		t.Error(err)
	}
	if _, err := Create(t.TempDir(), Options{Protection: Keyring}); !errors.Is(err, ErrKeyring) {
		t.Error(err)
	}
	keyring.MockInit()
	if err := KeyringAnswers(); err != nil {
		t.Error(err)
	}
	if err := keyring.Set(service, "0011223344556677", "no key"); err != nil {
		t.Fatal(err)
	}
	if _, err := keyringGet("0011223344556677"); !errors.Is(err, ErrKeyGone) {
		t.Error("an entry that is no key: ", err)
	}
}

func FuzzKeyFile(f *testing.F) {
	keyring.MockInit()
	for _, p := range []Protection{Keyring, Passphrase, File} {
		k, _, err := newKeyFile(p, secret, cheap())
		if err != nil {
			f.Fatal(err)
		}
		if k.Key, err = k.seal(make([]byte, keySize), make([]byte, keySize)); err != nil {
			f.Fatal(err)
		}
		next := k.Key
		for _, k.Next = range []*sealed{nil, &next} {
			k.Sum = k.sum()
			text, err := json.Marshal(k)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := parseKeyFile(text)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Errorf("%v is nothing that a caller can decide on", err)
			}
			return
		}
		if k.KDF != nil {
			if work := uint64(k.KDF.Memory) * uint64(k.KDF.Passes); work > maxWork || k.KDF.Memory > maxMemory {
				t.Errorf("accepted %+v", k.KDF)
			}
		}
		again, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseKeyFile(again)
		if err != nil {
			t.Fatalf("%v, when it was written again: %s", err, again)
		}
		if !bytes.Equal(back.header(), k.header()) || back.sum() != k.sum() {
			t.Errorf("%s became %s", text, again)
		}
	})
}

// snapshot returns the files of a folder.
func snapshot(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = data
	}
	return all
}

// restored puts a snapshot into a new folder, with the changes.
func restored(t *testing.T, files map[string][]byte, changed ...map[string][]byte) string {
	t.Helper()
	all := maps.Clone(files)
	for _, c := range changed {
		maps.Copy(all, c)
	}
	dir := t.TempDir()
	for name, data := range all {
		if data == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
