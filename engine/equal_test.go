package engine

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/internal/golden"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// TestEqualLogits holds that the logits of a position are the same to the last bit, whether the text before it was
// read in one go, token by token, in pieces, or partly for another text before. The text is longer than a batch
// and many times longer than the window.
func TestEqualLogits(t *testing.T) {
	race.Skip(t)
	for _, tt := range []struct {
		name   string
		length int
		cache  kernels.Type
		path   func(t *testing.T) string

		adapter bool
	}{
		{"F32", 2*maxBatch + 50, kernels.F16, func(t *testing.T) string { return fixture.GGUF(t, fixture.Options{}) }, false},
		{"Q8_0", 2*maxBatch + 50, kernels.F16, func(t *testing.T) string { return fixture.GGUF(t, fixture.Options{Type: kernels.Q8_0}) }, false},
		{"F32, cache Q8_0", maxBatch + 50, kernels.Q8_0, func(t *testing.T) string { return fixture.GGUF(t, fixture.Options{}) }, false},
		{"Q8_0, cache Q8_0", maxBatch + 50, kernels.Q8_0, func(t *testing.T) string { return fixture.GGUF(t, fixture.Options{Type: kernels.Q8_0}) }, false},
		{"golden", maxBatch + 12, kernels.F16, func(t *testing.T) string { return filepath.Join(golden.Dir(t, "tiny-gemma3"), "model-Q4_0.gguf") }, false},
		{"F32, adapters", maxBatch + 50, kernels.F16, func(t *testing.T) string { return fixture.GGUF(t, fixture.Options{}) }, true},
		{"Q8_0, adapters", maxBatch + 50, kernels.F16, func(t *testing.T) string { return fixture.GGUF(t, fixture.Options{Type: kernels.Q8_0}) }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Load(context.Background(), tt.path(t), LoadOptions{Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			r := rand.New(rand.NewPCG(1, 2))
			ids := randomText(r, m, tt.length)
			e := equality{t: t, m: m, cache: tt.cache, ids: ids}
			if tt.adapter {
				a, err := m.Adapt(fixture.Adapter(t, m.src.Facts().Files[0], fixture.AdapterOptions{Rank: 5, Size: 0.1}))
				if err != nil {
					t.Fatal(err)
				}
				e.applied = []Applied{{a, 1}, {a, -0.3}}
			}
			e.read()
			e.tokenByToken()
			e.inPieces(r)
			e.afterOthers(r)
		})
	}
}

func randomText(r *rand.Rand, m *Model, n int) []tokenizer.ID {
	ids := []tokenizer.ID{m.bos}
	for len(ids) < n {
		if id := tokenizer.ID(r.IntN(m.cfg.Vocab)); m.tok.Kind(id) == tokenizer.Normal {
			ids = append(ids, id)
		}
	}
	return ids
}

// equality compares ways to read a text with reading it in one go.
type equality struct {
	t     *testing.T
	m     *Model
	cache kernels.Type
	ids   []tokenizer.ID

	applied []Applied
	want    [][]float32 // logits of every position
}

func (e *equality) session() *Session {
	s, err := e.m.NewSession(SessionOptions{ContextLength: len(e.ids), CacheType: e.cache, Adapters: e.applied})
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { s.Close() })
	return s
}

// read reads the text in one go.
func (e *equality) read() {
	for row, err := range e.session().Logits(context.Background(), e.ids) {
		if err != nil {
			e.t.Fatal(err)
		}
		e.want = append(e.want, slices.Clone(row))
	}
}

// check has s read text and compares the logits after it.
func (e *equality) check(s *Session, text []tokenizer.ID, want []float32, how string) {
	e.t.Helper()
	got := make([]float32, len(want))
	if err := readTo(s, text, got); err != nil {
		e.t.Fatal(err)
	}
	for i, v := range got {
		if math.Float32bits(v) != math.Float32bits(want[i]) {
			e.t.Fatalf("%s: after %d tokens the logit of token %d is %v, in one go %v", how, len(text), i, v, want[i])
		}
	}
}

// readTo brings text into the cache of s, keeping what is there of it, and leaves the logits after it in dst.
func readTo(s *Session, text []tokenizer.ID, dst []float32) error {
	for ids := text[s.keepPrefix(text):]; len(ids) > 0; {
		n := min(len(ids), maxBatch)
		if err := s.m.forward(context.Background(), []span{{s: s, ids: ids[:n], position: len(s.ids)}}); err != nil {
			return err
		}
		if ids = ids[n:]; len(ids) == 0 {
			if err := s.m.pass.ask(0, n-1); err != nil {
				return err
			}
			s.m.pass.logits(dst, 0)
		}
	}
	return nil
}

func (e *equality) tokenByToken() {
	s := e.session()
	for n := 1; n <= len(e.ids); n++ {
		e.check(s, e.ids[:n], e.want[n-1], "token by token")
	}
}

func (e *equality) inPieces(r *rand.Rand) {
	for range 2 {
		s := e.session()
		for n := 0; n < len(e.ids); {
			n = min(n+1+r.IntN(90), len(e.ids))
			e.check(s, e.ids[:n], e.want[n-1], "in pieces")
		}
	}
}

// afterOthers reads, each time from where another text has left the common beginning, and more than a ring
// holds before it.
func (e *equality) afterOthers(r *rand.Rand) {
	s := e.session()
	var dst = make([]float32, e.m.cfg.Vocab)
	for range 8 {
		shared := r.IntN(len(e.ids))
		other := slices.Concat(e.ids[:shared], randomText(r, e.m, 1+r.IntN(len(e.ids)-shared)))
		if err := readTo(s, other, dst); err != nil {
			e.t.Fatal(err)
		}
		n := 1 + r.IntN(len(e.ids))
		e.check(s, e.ids[:n], e.want[n-1], "after others")
	}
}
