package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lamplight/engine"
	"lamplight/engine/sample"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

// TestPrefix holds that an answer after a prefix that was loaded from disk is the answer after one that was read, and
// that a damaged or foreign file is refused and leaves an empty session.
func TestPrefix(t *testing.T) {
	for _, kind := range []kernels.Type{kernels.F16, kernels.Q8_0} {
		t.Run(kind.String(), func(t *testing.T) { checkPrefix(t, kind) })
	}
}

func checkPrefix(t *testing.T, kind kernels.Type) {
	m := load(t, fixture.GGUF(t, fixture.Options{}), 2)
	o := engine.GenerateOptions{MaxTokens: 20, Sampling: sample.Params{Temperature: 1, Seed: 3}}
	of := engine.SessionOptions{CacheType: kind}
	for _, n := range []int{1, 15, 16, 100, 400} { // 400 is beyond the rings
		prefix := text(m, n, 2)
		prompt := append(slices.Clone(prefix), text(m, 12, 5)...)
		want := answer(t, sessionOf(t, m, of), prompt, o)

		path := filepath.Join(t.TempDir(), "prefix")
		s := sessionOf(t, m, of)
		answer(t, s, prefix, engine.GenerateOptions{MaxTokens: 1})
		if err := s.SavePrefix(path); err != nil {
			t.Fatal(err)
		}
		fresh := sessionOf(t, m, of)
		answer(t, fresh, text(m, 50, 9), o) // something else was in it
		if err := fresh.LoadPrefix(path); err != nil {
			t.Fatal(err)
		}
		found := -1
		o := o
		o.Prefill = func(done, total int) {
			if found < 0 {
				found = done
			}
		}
		if got := answer(t, fresh, prompt, o); !slices.Equal(got, want) || found != n {
			t.Errorf("%d tokens: %d were there; %v, want %v", n, found, got, want)
		}
		checkBadPrefixes(t, m, kind, path, n)
	}
}

func checkBadPrefixes(t *testing.T, m *engine.Model, kind kernels.Type, path string, n int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, m *engine.Model, kind kernels.Type, context int, want error) {
		t.Helper()
		s := sessionOf(t, m, engine.SessionOptions{ContextLength: context, CacheType: kind})
		if err := s.LoadPrefix(path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		if s.Len() != 0 {
			t.Errorf("%s: %d positions are left", what, s.Len())
		}
	}
	if n > 8 {
		refused("a short context", m, kind, 8, engine.ErrContextFull)
	}
	refused("another model", load(t, fixture.GGUF(t, fixture.Options{Seed: 4}), 1), kind, 0, engine.ErrPrefix)
	refused("another type of cache", m, kernels.F16+kernels.Q8_0-kind, 0, engine.ErrPrefix)
	for _, at := range []int{0, 9, 12, 15, 20, 49, len(data) / 2, len(data) - 1} {
		damaged := slices.Clone(data)
		damaged[at] ^= 1
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		refused("damaged", m, kind, 0, engine.ErrPrefix)
	}
	for _, n := range []int{0, 10, 50, len(data) - 1} {
		if err := os.WriteFile(path, data[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		refused("cut short", m, kind, 0, engine.ErrPrefix)
	}
}
