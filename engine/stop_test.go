package engine

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/tokenizer"
)

// looks is a context that ends after it has been looked at so many times.
type looks struct {
	context.Context
	left atomic.Int64
}

func ending(after int) *looks {
	c := &looks{Context: context.Background()}
	c.left.Store(int64(after))
	return c
}

func (c *looks) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestEndAnywhere ends the context after ever more looks, while a prompt is read and an answer begins: each time the
// error is the context's, and the session then answers as a new one does.
func TestEndAnywhere(t *testing.T) {
	race.Skip(t)
	m, err := Load(context.Background(), fixture.GGUF(t, fixture.Options{}), LoadOptions{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	prompt := []tokenizer.ID{2}
	for len(prompt) < maxBatch+20 {
		prompt = append(prompt, tokenizer.ID(300+len(prompt)*7%100))
	}
	s, err := m.NewSession(SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ask := func(ctx context.Context) (ids []tokenizer.ID, err error) {
		for token, err := range s.Generate(ctx, prompt, GenerateOptions{MaxTokens: 3}) {
			if err != nil {
				return ids, err
			}
			ids = append(ids, token.ID)
		}
		return ids, nil
	}
	want, err := ask(context.Background())
	if err != nil || len(want) != 3 {
		t.Fatal(want, err)
	}
	for after := 0; ; after += 1 + after/20 {
		s.Reset()
		got, err := ask(ending(after))
		if err == nil {
			if after < 30 || !slices.Equal(got, want) {
				t.Errorf("with %d looks: %v, want %v", after, got, want)
			}
			return
		}
		if !errors.Is(err, context.Canceled) || !slices.Equal(got, want[:len(got)]) {
			t.Fatalf("ended after %d looks: %v, %v", after, got, err)
		}
		if after%3 == 0 { // it takes a while
			if got, err := ask(context.Background()); err != nil || !slices.Equal(got, want) {
				t.Fatalf("ended after %d looks, then %v, %v, want %v", after, got, err, want)
			}
		}
	}
}
