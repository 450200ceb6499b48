package engine_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lamplight/engine"
	"lamplight/engine/measure"
	"lamplight/engine/safetensors"
	"lamplight/internal/golden"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// sequence is a text of the golden model and what Google's reference implementation answered.
type sequence struct {
	ids    []tokenizer.ID
	logits [][]float32 // [position][V]
}

func readExpected(t *testing.T, path string) map[string]sequence {
	t.Helper()
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string]sequence{}
	for _, tensor := range f.Tensors() {
		name, field, _ := strings.Cut(tensor.Name, ".")
		s := out[name]
		switch field {
		case "tokens":
			for at := 0; at < len(tensor.Data); at += 8 {
				s.ids = append(s.ids, tokenizer.ID(binary.LittleEndian.Uint64(tensor.Data[at:])))
			}
		case "logits":
			width := tensor.Shape[1]
			for row := range tensor.Shape[0] {
				values := make([]float32, width)
				for i := range values {
					values[i] = math.Float32frombits(binary.LittleEndian.Uint32(tensor.Data[4*(row*width+i):]))
				}
				s.logits = append(s.logits, values)
			}
		}
		out[name] = s
	}
	return out
}

func load(t testing.TB, path string, threads int) *engine.Model {
	t.Helper()
	m, err := engine.Load(context.Background(), path, engine.LoadOptions{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func session(t testing.TB, m *engine.Model, context int) *engine.Session {
	t.Helper()
	return sessionOf(t, m, engine.SessionOptions{ContextLength: context})
}

func sessionOf(t testing.TB, m *engine.Model, o engine.SessionOptions) *engine.Session {
	t.Helper()
	s, err := m.NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func divergence(t *testing.T, s *engine.Session, want sequence) measure.Divergence {
	t.Helper()
	var d measure.Divergence
	for row, err := range s.Logits(context.Background(), want.ids) {
		if err != nil {
			t.Fatal(err)
		}
		d.Add(want.logits[d.Positions], row)
	}
	if d.Positions != len(want.ids) {
		t.Fatalf("%d positions for %d tokens", d.Positions, len(want.ids))
	}
	return d
}

// TestGoldenExact holds the forward pass against Google's reference implementation in float32, with the same
// weights as a half-precision GGUF file and as a Hugging Face folder in bfloat16.
func TestGoldenExact(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	expected := readExpected(t, filepath.Join(dir, "expected.safetensors"))
	for _, path := range []string{filepath.Join(dir, "model-f16.gguf"), dir} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			s := session(t, load(t, path, 2), 0)
			for name, want := range expected {
				d := divergence(t, s, want)
				t.Logf("%s: mean KL %.2e, maximum %.2e, top token the same at %.4f", name, d.Mean(), d.Max, d.Agreement())
				if d.Mean() > 1e-5 || d.Agreement() != 1 {
					t.Errorf("%s: mean KL %.2e, top token the same at %.4f; want at most 1e-5 and 1", name, d.Mean(), d.Agreement())
				}
			}
		})
	}
}

// TestGoldenQuantized holds every quantized file against the reference in full precision: it may lose at most
// 1.10 times what llama.cpp loses with the same file.
func TestGoldenQuantized(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	expected := readExpected(t, filepath.Join(dir, "expected.safetensors"))
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
	if len(peer) < 11 {
		t.Fatalf("only %d files to compare", len(peer))
	}
	for quantization, sequences := range peer {
		t.Run(quantization, func(t *testing.T) {
			s := session(t, load(t, filepath.Join(dir, "model-"+quantization+".gguf"), 2), 0)
			for name, theirs := range sequences {
				d := divergence(t, s, expected[name])
				ratio := d.Mean() / theirs.MeanKL
				t.Logf("%s: mean KL %.3e, %.3f of llama.cpp's", name, d.Mean(), ratio)
				if ratio > 1.10 {
					t.Errorf("%s: mean KL %.3e is %.3f times that of llama.cpp, want at most 1.10", name, d.Mean(), ratio)
				}
			}
		})
	}
}

// TestGoldenCache holds a KV cache in Q8_0 against one in F16: it loses less than rounding the weights to Q8_0, 7e-4 to 9e-4
// with this model. Where activations are rounded too they magnify the difference.
func TestGoldenCache(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	for file, bound := range map[string]float64{"model-f16.gguf": 2e-4, "model-Q8_0.gguf": 1.5e-3, "model-Q4_0.gguf": 1.5e-3} {
		m := load(t, filepath.Join(dir, file), 2)
		for name, text := range readExpected(t, filepath.Join(dir, "expected.safetensors")) {
			text.logits = rows(t, session(t, m, 0), text.ids)
			d := divergence(t, sessionOf(t, m, engine.SessionOptions{CacheType: kernels.Q8_0}), text)
			t.Logf("%s, %s: mean KL %.2e, maximum %.2e, top token the same at %.4f", file, name, d.Mean(), d.Max, d.Agreement())
			if d.Mean() > bound {
				t.Errorf("%s, %s: mean KL %.2e, want at most %.1e", file, name, d.Mean(), bound)
			}
			if d.Max == 0 {
				t.Errorf("%s, %s: no difference at all", file, name)
			}
		}
	}
}
