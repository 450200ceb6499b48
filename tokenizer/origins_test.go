package tokenizer_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/internal/golden"
	"lamplight/internal/race"
	"lamplight/tokenizer"
)

// readGGUF reads the vocabulary of a GGUF file.
func readGGUF(t testing.TB, path string) tokenizer.Vocab {
	t.Helper()
	src, err := source.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	v, err := src.Vocab()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// origin is one way to come to a vocabulary.
type origin struct {
	name string
	read func(t testing.TB) tokenizer.Vocab
}

// origins are the three ways to the vocabulary of the GGUF file at path.
func origins(t testing.TB, path string) []origin {
	v := readGGUF(t, path)
	model, file := fixture.SentencePiece(v), fixture.TokenizerJSON(v)
	return []origin{
		{"GGUF", func(t testing.TB) tokenizer.Vocab { return readGGUF(t, path) }},
		{"tokenizer.model", func(t testing.TB) tokenizer.Vocab {
			v, err := tokenizer.ParseSentencePiece(model)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}},
		{"tokenizer.json", func(t testing.TB) tokenizer.Vocab {
			v, err := tokenizer.ParseHuggingFace(file)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}},
	}
}

func newSPM(t testing.TB, v tokenizer.Vocab) *tokenizer.SPM {
	t.Helper()
	tok, err := tokenizer.NewSPM(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestGoldenOrigins holds that a vocabulary gives the same ids whichever file it comes from, and that they are
// the golden ones.
func TestGoldenOrigins(t *testing.T) {
	race.Skip(t)
	for _, tt := range []struct{ vocab, cases string }{
		{"tiny-gemma3/model-f16.gguf", "tiny-gemma3/tokens-expected.json"},
		{"tokenizer/vocab-gemma3.gguf", "tokenizer/gemma3.json"},
	} {
		vocab, expected := filepath.Split(tt.vocab)
		dir := golden.Dir(t, filepath.Clean(vocab))
		data, err := os.ReadFile(filepath.Join(filepath.Dir(dir), tt.cases))
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct {
			Text string         `json:"text"`
			IDs  []tokenizer.ID `json:"ids"`
		}
		if err := json.Unmarshal(data, &cases); err != nil {
			t.Fatal(err)
		}
		if len(cases) < 400 {
			t.Fatalf("%s has only %d cases", tt.cases, len(cases))
		}
		for _, s := range origins(t, filepath.Join(dir, expected)) {
			tok := newSPM(t, s.read(t))
			for _, c := range cases {
				if got := tok.Encode(c.Text); !slices.Equal(got, c.IDs) {
					t.Errorf("%s from %s: %q: got %v, want %v", tt.vocab, s.name, c.Text, got, c.IDs)
				}
				if back := tok.Decode(c.IDs); back != strings.ReplaceAll(c.Text, "▁", " ") {
					t.Errorf("%s from %s: %q comes back as %q", tt.vocab, s.name, c.Text, back)
				}
			}
		}
	}
}

// TestMemory holds what the real vocabulary keeps in memory under 40 MB, whichever file it comes from.
func TestMemory(t *testing.T) {
	race.Skip(t)
	for _, s := range origins(t, filepath.Join(golden.Dir(t, "tokenizer"), "vocab-gemma3.gguf")) {
		before := heap()
		tok := newSPM(t, s.read(t))
		kept := heap() - before
		runtime.KeepAlive(tok)
		t.Logf("%s: %d pieces keep %.1f MB", s.name, tok.Size(), float64(kept)/1e6)
		if tok.Size() != 262_144 || kept > 40e6 {
			t.Errorf("%s: %d pieces keep %d bytes, want at most 40 MB", s.name, tok.Size(), kept)
		}
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools survive the first
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkReady is the time until the real vocabulary can encode, and what it then keeps in memory.
func BenchmarkReady(b *testing.B) {
	for _, s := range origins(b, filepath.Join(golden.Dir(b, "tokenizer"), "vocab-gemma3.gguf")) {
		b.Run(s.name, func(b *testing.B) {
			before := heap()
			var tok *tokenizer.SPM
			for b.Loop() {
				tok = newSPM(b, s.read(b))
			}
			b.ReportMetric(float64(heap()-before), "retained-B")
			runtime.KeepAlive(tok)
		})
	}
}
