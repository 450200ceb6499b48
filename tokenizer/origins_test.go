package tokenizer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"lamplight/engine/source"
	"lamplight/internal/golden"
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

// sentencePiece writes v as a tokenizer.model. Field numbers are those of sentencepiece_model.proto.
func sentencePiece(v tokenizer.Vocab) []byte {
	message := func(b []byte, field protowire.Number, m []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), m)
	}
	number := func(b []byte, field protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
	}
	var model []byte
	for id, text := range v.Tokens {
		if v.Kinds[id] == tokenizer.UserDefined {
			text = strings.ReplaceAll(text, " ", "▁")
		}
		piece := message(nil, 1, []byte(text))
		piece = protowire.AppendFixed32(protowire.AppendTag(piece, 2, protowire.Fixed32Type), math.Float32bits(v.Scores[id]))
		model = message(model, 1, number(piece, 3, uint64(v.Kinds[id])))
	}
	trainer := number(nil, 3, 2) // model_type: BPE
	for i, id := range []tokenizer.ID{v.Unknown, v.BOS, v.EOS, v.Padding} {
		trainer = number(trainer, 40+protowire.Number(i), uint64(id))
	}
	model = message(model, 2, trainer)
	return message(model, 3, number(nil, 3, 0)) // normalizer: no dummy prefix
}

// huggingFace writes v as a tokenizer.json: every way to cut a piece into two pieces is a merge, and they are in
// order of the piece's score.
func huggingFace(t testing.TB, v tokenizer.Vocab) []byte {
	t.Helper()
	type added struct {
		ID      int    `json:"id"`
		Content string `json:"content"`
		Special bool   `json:"special"`
	}
	var (
		ids    = map[string]int{}
		extra  []added
		normal []int
		merges [][2]string
	)
	for id, text := range v.Tokens {
		switch v.Kinds[id] {
		case tokenizer.Normal:
			normal = append(normal, id)
		case tokenizer.Byte:
		default:
			text = strings.ReplaceAll(text, " ", "▁")
			extra = append(extra, added{id, text, v.Kinds[id] == tokenizer.Control})
		}
		ids[text] = id
	}
	slices.SortStableFunc(normal, func(a, b int) int { return int(v.Scores[b] - v.Scores[a]) })
	mergeable := func(text string) bool {
		id, ok := ids[text]
		return ok && v.Kinds[id] == tokenizer.Normal
	}
	for _, id := range normal {
		text := v.Tokens[id]
		for cut := range text {
			if cut > 0 && mergeable(text[:cut]) && mergeable(text[cut:]) {
				merges = append(merges, [2]string{text[:cut], text[cut:]})
			}
		}
	}
	encode := func(v any) []byte {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			t.Fatal(err)
		}
		return bytes.TrimSpace(b.Bytes())
	}
	var pieces bytes.Buffer // in order of id, as the real file has them
	for id, text := range v.Tokens {
		if v.Kinds[id] != tokenizer.Byte && v.Kinds[id] != tokenizer.Normal {
			text = strings.ReplaceAll(text, " ", "▁")
		}
		if id > 0 {
			pieces.WriteString(",\n      ")
		}
		fmt.Fprintf(&pieces, "%s: %d", encode(text), id)
	}
	data := fmt.Appendf(nil, `{"added_tokens": %s, "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
  "model": {"type": "BPE", "unk_token": "<unk>", "byte_fallback": true, "vocab": {%s}, "merges": %s}}`, encode(extra), pieces.Bytes(), encode(merges))
	t.Logf("tokenizer.json: %d tokens, %d merges, %d bytes", len(ids), len(merges), len(data))
	return data
}

// origin is one way to come to a vocabulary.
type origin struct {
	name string
	read func(t testing.TB) tokenizer.Vocab
}

// origins are the three ways to the vocabulary of the GGUF file at path.
func origins(t testing.TB, path string) []origin {
	v := readGGUF(t, path)
	model, file := sentencePiece(v), huggingFace(t, v)
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
