package engine

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/kernels"
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

// TestMulStops ends the context in the middle of one product: what comes after maxWork is not computed.
func TestMulStops(t *testing.T) {
	const rows, cols, n = 1 << 16, 256, 2
	data := slices.Repeat([]byte{0, 0x3C}, rows*cols) // halves of 1
	m, err := kernels.NewMatrix(kernels.F16, rows, cols, data)
	if err != nil {
		t.Fatal(err)
	}
	w := kernels.Pack(m, kernels.Features{Name: "go"})
	pool := kernels.NewPool(2)
	defer pool.Close()
	s := &Session{m: &Model{pool: pool}}
	x := slices.Repeat([]float32{1}, n*cols)
	step := rowsAtOnce(cols, n)
	if step*cols*n > maxWork || step*4 > rows {
		t.Fatalf("%d of %d rows at once", step, rows)
	}
	for _, steps := range []int{0, 1, 3, rows} {
		dst := make([]float32, n*rows)
		s.mul(ending(steps), dst, &w, x, n)
		for i, v := range dst {
			want := float32(0)
			if i%rows < steps*step {
				want = cols
			}
			if v != want {
				t.Fatalf("after %d steps of %d rows element %d is %v, want %v", steps, step, i, v, want)
			}
		}
	}
	if one := rowsAtOnce(1<<20, maxBatch); one < 1 {
		t.Errorf("%d rows at once of a wide matrix", one)
	}
}

// TestAttendStops does the same with attention over a long context.
func TestAttendStops(t *testing.T) {
	race.Skip(t)
	cfg := source.Config{Layers: 1, Heads: 2, KVHeads: 1, HeadDim: 64, Window: 1 << 16, Global: []bool{true}}
	const position, n = 1<<16 - 4, 4
	pool := kernels.NewPool(2)
	defer pool.Close()
	cache := newCache(cfg, position+n)
	for p := range position + n {
		cache.layers[0].put(p, slices.Repeat([]float32{1}, 64), slices.Repeat([]float32{1}, 64))
	}
	s := &Session{m: &Model{cfg: cfg, pool: pool}}
	s.scratch = &scratch{q: slices.Repeat([]float32{1}, n*128), att: make([]float32, n*128)}
	s.scratch.scores.New = func() any { b := make([]float32, position+n); return &b }
	for steps := range n + 1 {
		clear(s.scratch.att)
		s.attend(ending(steps), &cache.layers[0], position, n)
		for i, v := range s.scratch.att {
			if (v != 0) != (i < steps*128) { // one position is maxWork
				t.Fatalf("after %d steps element %d of position %d is %v", steps, i%128, i/128, v)
			}
		}
	}
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
