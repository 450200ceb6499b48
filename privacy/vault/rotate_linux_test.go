package vault

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lamplight/internal/fixture"
)

// On a full disk keys cannot be changed, the vault stays as it is, and works again when there is space.
func TestKeysOnFullDisk(t *testing.T) {
	dir := fixture.SmallDisk(t, "4m")
	filler := filepath.Join(dir, "filler")
	fillUp(t, filler)
	for range 2 {
		wantIs(t, failure(Create(dir, Options{Protection: File})), ErrFull)
	}
	ok(t, os.Remove(filler))
	if _, err := Inspect(dir); !errors.Is(err, ErrNone) {
		t.Fatal("it left a vault: ", err)
	}

	v := created(t, dir, File)
	intact := func() {
		t.Helper()
		if got := conversationTitles(t, v); len(got) != 1 || got[0] != marker {
			t.Fatalf("the vault has %q", got)
		}
		if found := must(v.Verify(t.Context()))(t); len(found) > 0 {
			t.Fatal(found)
		}
	}
	before := string(must(os.ReadFile(v.path(keyName)))(t))
	fillUp(t, filler)
	wantIs(t, disk(v.protect(Passphrase, secret, cheap())), ErrFull)
	wantIs(t, v.Rotate(t.Context()), ErrFull)
	intact()
	if now := string(must(os.ReadFile(v.path(keyName)))(t)); now != before {
		t.Error("the key file is another one")
	}
	ok(t, os.Remove(filler))

	// The disk becomes full later on, and another rotation follows, or a start.
	for _, when := range []string{"copied", "both keys", "renamed", "settled"} {
		v.atPoint = func(point string) {
			if point == when {
				fillUp(t, filler)
			}
		}
		err := v.Rotate(t.Context())
		if err != nil { // else what went away, the log or the old database, made room enough
			wantIs(t, err, ErrFull)
		} else if when == "renamed" || when == "settled" {
			t.Errorf("%s: there was room where there was none", when)
		}
		ok(t, v.Close())
		if v, err = Open(dir, nil); err != nil { // a log needs room
			wantIs(t, err, ErrFull)
			ok(t, os.Remove(filler))
			v = must(Open(dir, nil))(t)
		} else {
			ok(t, os.Remove(filler))
		}
		intact()
		ok(t, v.Rotate(t.Context()))
		intact()
	}
	ok(t, v.Rotate(t.Context()))
	ok(t, v.protect(Passphrase, secret, cheap()))
	sound(t, v)
	ok(t, v.Close())
	reopened(t, dir)
}
