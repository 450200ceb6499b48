//go:build unix

package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lamplight/engine"
	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// The owner of a model that is referred to cuts its file short and deletes it while an answer is being written. What
// the kernels have in memory goes on; what they read from the file ends with an error. The program goes on either way,
// and the card says that the file is gone until it is back.
func TestReferenceVanishesWhileLoaded(t *testing.T) {
	for _, k := range kernels.Available() {
		for _, typ := range []kernels.Type{kernels.F32, kernels.Q8_0} {
			t.Run(k.Name+" "+typ.String(), func(t *testing.T) {
				t.Setenv("LAMPLIGHT_KERNELS", k.Name)
				l, sources := openTemp(t)
				path := filepath.Join(sources, "a.gguf")
				if err := fixture.New(fixture.Options{Type: typ}).WriteGGUF(path); err != nil {
					t.Fatal(err)
				}
				good := read(t, path)
				m := mustRefer(t, l, path, ReferOptions{})

				ended := answerWhile(t, m, func() {
					if err := os.Truncate(path, 4096); err != nil {
						t.Fatal(err)
					}
					_, err := l.Get(m.ID)
					wantIs(t, err, ErrDamaged)
					if err := os.Remove(path); err != nil {
						t.Fatal(err)
					}
					_, err = l.Get(m.ID)
					wantIs(t, err, ErrGone)
				})
				mapped := k.Name == "go" || typ == kernels.F32 // whose output head stays in the file
				if mapped != errors.Is(ended, gguf.ErrTruncated) || !mapped && ended != nil {
					t.Errorf("the answer ended with %v", ended)
				}
				_, err := engine.Load(context.Background(), m.Path, engine.LoadOptions{})
				wantIs(t, err, os.ErrNotExist)

				write(t, path, good)
				if _, err := verify(t, l, m.ID); err != nil {
					t.Error(err)
				}
				if err := answerWhile(t, m, func() {}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// answerWhile loads a model, lets it write some words, calls happen in the middle and returns how the answer ended.
func answerWhile(t *testing.T, m *Model, happen func()) (ended error) {
	t.Helper()
	model, err := engine.Load(t.Context(), m.Path, engine.LoadOptions{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	s, err := model.NewSession(engine.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	words := 0
	for _, err := range s.Generate(t.Context(), []tokenizer.ID{2}, engine.GenerateOptions{MaxTokens: 12, Sampling: model.Sampling()}) {
		if err != nil {
			return err
		}
		if words++; words == 4 {
			happen()
		}
	}
	if words < 12 {
		t.Fatalf("%d words without an error", words)
	}
	return nil
}
