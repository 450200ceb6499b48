package assistant

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/library"
)

// When the files of the model in memory vanish, a question is not answered by the model that stands in for it before that
// was said, once, or before the window has loaded that one itself.
func TestStandIn(t *testing.T) {
	r, lib := newRunner(t, short(0))
	data, err := fixture.New(fixture.Options{Name: "Own", Seed: 9}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if err := lib.Bring(string(data), hex.EncodeToString(sum[:])); err != nil {
		t.Fatal(err)
	}
	answered := func(want string) {
		t.Helper()
		if _, stats, _ := ask(t, NewConversation(r, nil), "Hello", 2); stats.Model != want {
			t.Errorf("%q has answered, want %q", stats.Model, want)
		}
	}
	for _, c := range []struct {
		name string
		seed uint64
		tell func()
	}{
		{"a question tells", 2, func() {
			c := NewConversation(r, nil)
			if _, stats, err := ask(t, c, "still there?", 2); !errors.Is(err, library.ErrGone) || stats.Model != "" {
				t.Errorf("answered by %q: %v", stats.Model, err)
			}
		}},
		{"it was loaded", 3, func() {
			if info, err := r.Load(t.Context()); err != nil || info.Name != "Own" {
				t.Errorf("loaded was %q: %v", info.Name, err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := use(t, lib, fixture.Options{Name: "Other", Seed: c.seed})
			answered(m.ID)
			if err := os.Remove(m.Path); err != nil {
				t.Fatal(err)
			}
			c.tell()
			answered(library.BuiltInID)
		})
	}
}
