package vault

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

func TestRotate(t *testing.T) {
	keyring.MockInit()
	for _, p := range []Protection{Keyring, Passphrase, File} {
		t.Run(string(p), func(t *testing.T) {
			dir := t.TempDir()
			v := created(t, dir, p)
			ok(t, os.WriteFile(v.path(newName), []byte("left by a crash"), 0o600))
			old, before := bytes.Clone(v.key), snapshot(t, dir)
			at := map[string]map[string][]byte{}
			v.atPoint = func(point string) { at[point] = snapshot(t, dir) }
			ok(t, v.Rotate(t.Context()))
			if bytes.Equal(v.key, old) {
				t.Error("the data key is the old one")
			}
			sound(t, v)
			must(v.NewConversation(t.Context(), Conversation{Title: "after"}))(t)
			if n := len(conversationTitles(t, v)); n != 2 {
				t.Errorf("the vault has %d conversations, want 2", n)
			}
			ok(t, v.Close())
			if opened, err := opens(v.path(dbName), old); opened || err != nil {
				t.Error("the old key still opens it: ", err)
			}
			if bytes.Contains(snapshot(t, dir)[keyName], must(readKeyFile(restored(t, before)+"/"+keyName))(t).Key.Text) {
				t.Error("the old key is still in the key file")
			}
			// A crash at any point leaves a vault that opens.
			for _, point := range []string{"copied", "both keys", "renamed", "settled"} {
				if at[point] == nil {
					t.Fatalf("%s was not reached", point)
				}
				t.Run(point, func(t *testing.T) {
					dir := restored(t, at[point])
					if s := must(Inspect(dir))(t); s.Swapping != (point != "copied") {
						t.Errorf("%+v", s)
					}
					if p == Passphrase {
						wantIs(t, failure(Open(dir, []byte("x"))), ErrPassphrase)
					}
					reopened(t, dir)
					reopened(t, dir)
				})
			}
			if runtime.GOOS != "windows" {
				for name := range snapshot(t, dir) {
					if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
						t.Errorf("%s: %v %v", name, info.Mode(), err)
					}
				}
			}
		})
	}
}

// A rotation that fails leaves the vault open and as it was.
func TestRotateFails(t *testing.T) {
	dir := t.TempDir()
	v := created(t, dir, File)
	ctx, cancel := context.WithCancel(t.Context())
	v.atPoint = func(string) { cancel() }
	wantIs(t, v.Rotate(ctx), context.Canceled)
	wantIs(t, v.Rotate(ctx), context.Canceled)
	v.atPoint = func(point string) {
		if point == "both keys" { // the rename fails: there is nothing to rename
			ok(t, os.Remove(v.path(newName)))
		}
	}
	if err := v.Rotate(t.Context()); err == nil {
		t.Error("it did not fail")
	}
	sound(t, v)
	must(v.NewConversation(t.Context(), Conversation{Title: "after"}))(t)
	v.atPoint = func(point string) {
		if point == "copied" {
			ok(t, os.WriteFile(v.path(keyName), nil, 0o600))
		}
	}
	wantIs(t, v.Rotate(t.Context()), ErrDamaged)
	sound(t, v)
	if n := len(conversationTitles(t, v)); n != 2 {
		t.Errorf("the vault has %d conversations, want 2", n)
	}
}

func TestErrorsKeepSecrets(t *testing.T) {
	dir := t.TempDir()
	v := created(t, dir, File)
	ok(t, os.Mkdir(v.path(newName), 0o700)) // SQLite says the name of what it cannot open
	hexkey := strings.Repeat("ab", keySize)
	_, err := v.db.Exec("VACUUM INTO ?", location(v.path(newName))+"&hexkey="+hexkey)
	if err == nil {
		t.Fatal("it wrote over a folder")
	}
	if got := without(hexkey, err); strings.Contains(got.Error(), hexkey) || got.Error() == "" {
		t.Errorf("%q", got)
	}
	leaky := errors.New("cannot open " + hexkey)
	if got := without(hexkey, leaky); strings.Contains(got.Error(), hexkey) || got.Error() == "" {
		t.Errorf("%q", got)
	}
}

// Whoever writes while the vault is rotated, protected anew or closed waits, or is told that it is locked.
func TestRotateWhileOthersWrite(t *testing.T) {
	v := created(t, t.TempDir(), File)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for {
				if _, err := v.NewConversation(context.Background(), Conversation{Title: "x"}); err != nil {
					if !errors.Is(err, ErrLocked) {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	for range 3 {
		ok(t, v.Rotate(t.Context()))
		ok(t, v.Protect(File, nil))
	}
	sound(t, v)
	ok(t, v.Close())
	wait.Wait()
}

// rotateChild names the folder in the environment of the copy of this test that is killed.
const rotateChild = "LAMPLIGHT_TEST_ROTATE"

func TestRotateUntilKilled(t *testing.T) {
	if dir := os.Getenv(rotateChild); dir != "" {
		v, err := Open(dir, nil)
		ok(t, err)
		os.Stdout.WriteString("open\n")
		for {
			ok(t, v.Rotate(t.Context()))
		}
	}
	kills := 10
	if n, err := strconv.Atoi(os.Getenv("LAMPLIGHT_KILLS")); err == nil {
		kills = n
	}
	dir := t.TempDir()
	v := created(t, dir, File)
	start := time.Now()
	ok(t, v.Rotate(t.Context()))
	takes := time.Since(start)
	ok(t, v.Close())
	keys := map[string]bool{string(snapshot(t, dir)[keyName]): true}
	for range kills {
		c := exec.Command(os.Args[0], "-test.run=^TestRotateUntilKilled$")
		c.Env = append(os.Environ(), rotateChild+"="+dir)
		out := must(c.StdoutPipe())(t)
		ok(t, c.Start())
		_, err := out.Read(make([]byte, 5))
		time.Sleep(rand.N(3 * takes))
		_ = c.Process.Kill()
		_ = c.Wait()
		ok(t, err)
		reopened(t, dir)
		keys[string(snapshot(t, dir)[keyName])] = true
	}
	t.Logf("%d kills, %d of them after a rotation", kills, len(keys)-1)
}
