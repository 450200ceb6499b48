package source_test

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/source"
	"lamplight/internal/golden"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

func open(t testing.TB, path string) *source.Source {
	t.Helper()
	s, err := source.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// tinyConfig is what golden/tiny-gemma3 says of itself.
var tinyConfig = source.Config{
	Architecture: "gemma3",
	Layers:       8, Hidden: 256, Heads: 4, KVHeads: 1, HeadDim: 64, FeedForward: 512, Vocab: 768, ContextLength: 512,
	Window: 16, Global: []bool{false, false, false, false, false, true, false, false},
	RMSEpsilon: 1e-6, RopeBase: 1e6, RopeBaseLocal: 1e4, RopeScale: 1,
	QueryScale: 0.125, EmbeddingScale: 16,
}

func TestGoldenConfig(t *testing.T) {
	dir := golden.Dir(t, "tiny-gemma3")
	for _, path := range []string{dir, filepath.Join(dir, "model-f16.gguf"), filepath.Join(dir, "model-Q4_K_M.gguf")} {
		s := open(t, path)
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(tinyConfig, s.Config()); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		if got := s.StopTokens(); !slices.Equal(got, []tokenizer.ID{1, 5}) {
			t.Errorf("%s: stop tokens %v", path, got)
		}
	}
}

var (
	vectorNames = []string{"attn_norm", "attn_q_norm", "attn_k_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"}
	matrixNames = []string{"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"}
)

// Both containers hold the same weights: F16 in one, BF16 in the other, all of them exact in either.
func TestGoldenWeightsAreTheSame(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	file, folder := open(t, filepath.Join(dir, "model-f16.gguf")), open(t, dir)
	matrices, vectors := 0, 0
	sameMatrix := func(name string) {
		matrices++
		a, b := matrix(t, file, name), matrix(t, folder, name)
		if a.Rows != b.Rows || a.Cols != b.Cols || a.Type != kernels.F16 || b.Type != kernels.BF16 {
			t.Fatalf("%s: %v %d×%d and %v %d×%d", name, a.Type, a.Rows, a.Cols, b.Type, b.Rows, b.Cols)
		}
		want := make([]float32, a.Cols)
		converted := make([]byte, a.Type.RowBytes(a.Cols))
		for i := range a.Rows {
			kernels.Decode(b.Type, want, b.Row(i))
			if err := kernels.Encode(a.Type, converted, want); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(converted, a.Row(i)) {
				t.Fatalf("%s differs in row %d", name, i)
			}
		}
	}
	sameVector := func(name string) {
		vectors++
		a, b := vector(t, file, name), vector(t, folder, name)
		if !slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }) {
			t.Errorf("%s differs", name)
		}
	}
	sameMatrix("token_embd.weight")
	sameVector("output_norm.weight")
	for i := range tinyConfig.Layers {
		for _, name := range matrixNames {
			sameMatrix(layer(i, name))
		}
		for _, name := range vectorNames {
			sameVector(layer(i, name))
		}
	}
	if matrices+vectors != 106 {
		t.Errorf("%d tensors were compared, the file has 106", matrices+vectors)
	}
}

func TestGoldenVocabularyIsTheSame(t *testing.T) {
	dir := golden.Dir(t, "tiny-gemma3")
	a, err := open(t, filepath.Join(dir, "model-f16.gguf")).Vocab()
	if err != nil {
		t.Fatal(err)
	}
	b, err := open(t, dir).Vocab()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.Tokens, b.Tokens); diff != "" {
		t.Errorf("tokens: %s", diff)
	}
	if diff := cmp.Diff(a.Kinds, b.Kinds); diff != "" {
		t.Errorf("kinds: %s", diff)
	}
	// Scores only order. The file has the token that ends a turn as EOS, tokenizer.model the end of a text.
	a.Tokens, b.Tokens, a.Kinds, b.Kinds, a.Scores, b.Scores = nil, nil, nil, nil, nil, nil
	if a.EOS != 5 || b.EOS != 1 {
		t.Errorf("EOS is %d and %d", a.EOS, b.EOS)
	}
	a.EOS, b.EOS = 0, 0
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
}

func TestGoldenFacts(t *testing.T) {
	dir := golden.Dir(t, "tiny-gemma3")
	const embedding, attention, feedForward, norms = 768 * 256, 2*256*256 + 2*64*256, 3 * 256 * 512, 4*256 + 2*64
	const parameters = embedding + 8*(attention+feedForward+norms) + 256
	for file, label := range map[string]string{
		"": "BF16", "model-f16.gguf": "F16", "model-Q8_0.gguf": "Q8_0", "model-Q4_0.gguf": "Q4_0", "model-Q4_1.gguf": "Q4_1",
		"model-Q5_0.gguf": "Q5_0", "model-Q5_1.gguf": "Q5_1", "model-Q2_K.gguf": "Q2_K", "model-Q3_K_M.gguf": "Q3_K_M",
		"model-Q4_K_M.gguf": "Q4_K_M", "model-Q5_K_M.gguf": "Q5_K_M", "model-Q6_K.gguf": "Q6_K",
	} {
		path := filepath.Join(dir, file)
		f := open(t, path).Facts()
		if f.Quantization != label || f.Name != "tiny-gemma3" || f.Architecture != "gemma3" {
			t.Errorf("%s: %+v", path, f)
		}
		if f.Parameters != parameters {
			t.Errorf("%s: %d parameters", path, f.Parameters)
		}
	}
}

func TestRealVocabulary(t *testing.T) {
	s := open(t, filepath.Join(golden.Dir(t, "tokenizer"), "vocab-gemma3.gguf"))
	v, err := s.Vocab()
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Tokens) != 262_144 || s.Config().Vocab != 262_144 || s.Config().ContextLength != 32_768 {
		t.Errorf("%d tokens, %+v", len(v.Tokens), s.Config())
	}
	if v.BOS != 2 || v.EOS != 1 || v.Unknown != 3 || v.Padding != 0 || !v.AddBOS || v.AddSpacePrefix {
		t.Errorf("bos %d, eos %d, unk %d, pad %d, add bos %t, space %t", v.BOS, v.EOS, v.Unknown, v.Padding, v.AddBOS, v.AddSpacePrefix)
	}
	if got := s.StopTokens(); !slices.Equal(got, []tokenizer.ID{1, 106}) {
		t.Errorf("stop tokens %v", got)
	}
	for _, id := range []tokenizer.ID{0, 1, 2, 105, 106, 255_999, 256_000} {
		if v.Kinds[id] != tokenizer.Control {
			t.Errorf("token %d %q is of kind %d", id, v.Tokens[id], v.Kinds[id])
		}
	}
}
