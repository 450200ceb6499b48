package measure

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lamplight/engine"
	"lamplight/engine/safetensors"
	"lamplight/internal/fixture"
	"lamplight/internal/golden"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// By hand: the tokens that count, their chance according to the model, and what llama.cpp's formulas make of it.
func TestReadText(t *testing.T) {
	path, text := fixture.GGUF(t, fixture.Options{}), fixture.Text(100)
	steps, last := 0, 0
	got, err := ReadText(t.Context(), path, text, TextOptions{Threads: 2, Chunk: 20, Step: func(done, total int) error {
		if steps++; done <= last || done > total {
			t.Errorf("went from %d to %d of %d", last, done, total)
		}
		last = done
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := engine.Load(t.Context(), path, engine.LoadOptions{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := m.NewSession(engine.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	bos, _ := m.BOS()
	ids := append([]tokenizer.ID{bos}, m.Tokenizer().Encode(text)...)
	var all []float64
	chunks := len(ids) / 20
	for c := range chunks {
		chunk := slices.Clone(ids[20*c : 20*c+20])
		chunk[0] = bos
		i := 0
		for row, err := range s.Logits(t.Context(), chunk) {
			if err != nil {
				t.Fatal(err)
			}
			if i >= 10 && i < 19 {
				all = append(all, logSumExp(row)-float64(row[chunk[i+1]]))
			}
			i++
		}
	}
	var mean, variance float64
	for _, x := range all {
		mean += x / float64(len(all))
	}
	for _, x := range all {
		variance += (x - mean) * (x - mean) / float64(len(all))
	}
	want := math.Exp(mean)
	if got.Tokens != 9*chunks || got.Chunks != chunks || got.Chunk != 20 || steps != 20*chunks || last != 20*chunks {
		t.Errorf("%+v after %d steps, want %d chunks of 20", got, steps, chunks)
	}
	if math.Abs(got.Perplexity-want) > 1e-6*want {
		t.Errorf("perplexity %g, want %g", got.Perplexity, want)
	}
	if e := want * math.Sqrt(variance/float64(len(all)-1)); math.Abs(got.PerplexityError-e) > 1e-6*e {
		t.Errorf("standard error %g, want %g", got.PerplexityError, e)
	}
	if got.BitsPerWeight != 32 || got.Name != "Tiny" || got.Kernels == "" || got.Threads != 2 || got.Bytes == 0 {
		t.Errorf("%+v", got)
	}
}

func TestReadTextFails(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	stop := errors.New("stop")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		text string
		o    TextOptions
		want error
	}{
		{"no text", t.Context(), "", TextOptions{}, ErrShort},
		{"a word", t.Context(), fixture.Text(2), TextOptions{}, ErrShort},
		{"cancelled", cancelled, fixture.Text(50), TextOptions{}, context.Canceled},
		{"stopped", t.Context(), fixture.Text(50), TextOptions{Step: func(int, int) error { return stop }}, stop},
	} {
		if p, err := ReadText(c.ctx, path, c.text, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v", c.name, p, err)
		}
		if p, err := Compare(c.ctx, path, path, c.text, CompareOptions{TextOptions: c.o}); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v", c.name, p, err)
		}
	}
	if _, err := ReadText(t.Context(), path, fixture.Text(50), TextOptions{Chunk: 5}); err == nil {
		t.Error("chunks of 5 tokens were read")
	}
}

// A short text, and a model with a short context, have shorter chunks.
func TestChunks(t *testing.T) {
	for _, c := range []struct{ context, words, wish, want int }{
		{2048, 900, 0, 512}, {64, 300, 0, 64}, {64, 300, 32, 32}, {2048, 100, 0, 0},
	} {
		path := fixture.GGUF(t, fixture.Options{ContextLength: c.context})
		p, err := ReadText(t.Context(), path, fixture.Text(c.words), TextOptions{Chunk: c.wish})
		if err != nil {
			t.Fatal(err)
		}
		if c.want == 0 && p.Chunks != 1 || c.want > 0 && p.Chunk != c.want {
			t.Errorf("%+v: %d chunks of %d", c, p.Chunks, p.Chunk)
		}
	}
}

func TestCompare(t *testing.T) {
	base := fixture.GGUF(t, fixture.Options{})
	for typ, bits := range map[kernels.Type]float64{kernels.F16: 16, kernels.Q8_0: 8.5, kernels.Q4_0: 4.5} {
		model := fixture.GGUF(t, fixture.Options{Type: typ})
		c, err := Compare(t.Context(), model, base, fixture.Text(200), CompareOptions{TextOptions{Threads: 2, Chunk: 50}, typ == kernels.Q4_0})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %+v", typ, c)
		if c.Tokens != 24*c.Chunks || c.Chunks < 4 {
			t.Errorf("%v: %+v", typ, c)
		}
		if !(c.MeanKL >= 0 && c.MeanKL <= c.TailKL && c.TailKL <= c.MaxKL && c.SameTop >= 0 && c.SameTop <= 1) {
			t.Errorf("%v: %+v", typ, c)
		}
		if math.Abs(c.Model.BitsPerWeight-bits) > 0.2 || c.Base.BitsPerWeight != 32 { // norms are F32
			t.Errorf("%v: %g bits per weight, base %g", typ, c.Model.BitsPerWeight, c.Base.BitsPerWeight)
		}
		rates := []float64{c.Model.PrefillTokensPerSecond, c.Model.DecodeTokensPerSecond, c.Base.PrefillTokensPerSecond, c.Base.DecodeTokensPerSecond}
		for _, rate := range rates {
			if (rate > 0) != (typ == kernels.Q4_0) {
				t.Errorf("%v: rates %v", typ, rates)
			}
		}
		if p, err := ReadText(t.Context(), model, fixture.Text(200), TextOptions{Chunk: 50}); err != nil || p.Perplexity != c.Model.Perplexity {
			t.Errorf("%v: perplexity %g alone, %g beside another, %v", typ, p.Perplexity, c.Model.Perplexity, err)
		}
		if _, err := json.Marshal(c); err != nil {
			t.Error(err)
		}
	}
	c, err := Compare(t.Context(), base, base, fixture.Text(200), CompareOptions{})
	if err != nil || c.MeanKL != 0 || c.MaxKL != 0 || c.SameTop != 1 || c.Model.Perplexity != c.Base.Perplexity {
		t.Errorf("a model against itself: %+v, %v", c, err)
	}
}

// A model that reads another vocabulary cannot be compared.
func TestCompareVocabularies(t *testing.T) {
	dir := golden.Dir(t, "tiny-gemma3")
	_, err := Compare(t.Context(), filepath.Join(dir, "model-Q4_0.gguf"), fixture.GGUF(t, fixture.Options{}), fixture.Text(100), CompareOptions{})
	if !errors.Is(err, ErrVocabulary) {
		t.Error(err)
	}
}

// The sequences of the golden data, with the logits of Google's reference implementation: perplexity is what follows
// from them, and the divergences of quantized files are of the size that llama.cpp found.
func TestTextGolden(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	data, err := os.ReadFile(filepath.Join(dir, "peer-kl.json"))
	if err != nil {
		t.Fatal(err)
	}
	var peer map[string]map[string]struct {
		MeanKL float64 `json:"mean_kl"`
	}
	if err := json.Unmarshal(data, &peer); err != nil {
		t.Fatal(err)
	}
	for name, want := range expectedRows(t, filepath.Join(dir, "expected.safetensors")) {
		if len(want.ids) < minText {
			continue // too short to be a text
		}
		open := func(file string) *reader {
			m, err := engine.Load(t.Context(), filepath.Join(dir, file), engine.LoadOptions{Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			r := &reader{model: m, ids: want.ids}
			t.Cleanup(r.close)
			return r
		}
		var sum float64
		n := 0
		for i, row := range want.logits {
			if counts(i, len(want.ids)) {
				sum += logSumExp(row) - float64(row[want.ids[i+1]])
				n++
			}
		}
		p, err := open("model-f16.gguf").read(t.Context(), TextOptions{})
		if err != nil {
			t.Fatal(err)
		}
		exact := math.Exp(sum / float64(n))
		t.Logf("%s: perplexity %.4f ± %.4f, exactly %.4f", name, p.Perplexity, p.PerplexityError, exact)
		if p.Tokens != n || math.Abs(p.Perplexity-exact) > 1e-3*exact {
			t.Errorf("%s: perplexity %g of %d tokens, want %g of %d", name, p.Perplexity, p.Tokens, exact, n)
		}
		for quantization, theirs := range peer {
			if quantization == "f16" {
				continue
			}
			c, err := compareReaders(t.Context(), open("model-f16.gguf"), open("model-"+quantization+".gguf"), CompareOptions{})
			if err != nil {
				t.Fatal(err)
			}
			ratio := c.MeanKL / theirs[name].MeanKL
			t.Logf("%s %s: mean KL %.4f, %.2f of llama.cpp's; 99.9 %% %.4f, top %.3f, perplexity %.1f", name, quantization, c.MeanKL, ratio, c.TailKL, c.SameTop, c.Model.Perplexity)
			if !(ratio > 0.5 && ratio < 2) { // half of the positions, and without the rounding of the reference
				t.Errorf("%s %s: mean KL %g, llama.cpp has %g", name, quantization, c.MeanKL, theirs[name].MeanKL)
			}
		}
	}
	if _, err := ReadText(t.Context(), dir, strings.Repeat("The lamp is lit. ", 40), TextOptions{}); err != nil {
		t.Errorf("a folder: %v", err)
	}
}

// expectedRow is a sequence of the golden data.
type expectedRow struct {
	ids    []tokenizer.ID
	logits [][]float32
}

func expectedRows(t *testing.T, path string) map[string]expectedRow {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all := map[string]expectedRow{}
	for _, tensor := range f.Tensors() {
		name, field, _ := strings.Cut(tensor.Name, ".")
		s := all[name]
		switch field {
		case "tokens":
			for b := range slices.Chunk(tensor.Data, 8) {
				s.ids = append(s.ids, tokenizer.ID(binary.LittleEndian.Uint64(b)))
			}
		case "logits":
			for b := range slices.Chunk(tensor.Data, 4*tensor.Shape[1]) {
				row := make([]float32, tensor.Shape[1])
				kernels.Decode(kernels.F32, row, b)
				s.logits = append(s.logits, row)
			}
		}
		all[name] = s
	}
	return all
}
