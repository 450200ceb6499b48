package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/internal/golden"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

// childModel has the path of a model for the process that TestNeed measures.
const childModel = "LAMPLIGHT_TEST_MODEL"

// measuredContext is long enough for rings to be full and turns to be kept.
const measuredContext = 2048

// TestNeed holds that what Need says of a model of the shape of Gemma 3 270M is what another process has in use, within
// 15 %, once it has filled the context in several turns.
func TestNeed(t *testing.T) {
	if path := os.Getenv(childModel); path != "" {
		fmt.Println("measured", measureMemory(t, path))
		return
	}
	race.Skip(t)
	if testing.Short() {
		t.Skip("it writes 240 MB and fills a context")
	}
	path := filepath.Join(t.TempDir(), "model.gguf")
	writeShape(t, path, kernels.Q4_0)
	need, err := Need(path, LoadOptions{Threads: 2}, SessionOptions{ContextLength: measuredContext})
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNeed$", "-test.v")
	c.Env = append(os.Environ(), childModel+"="+path)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, rest, _ := strings.Cut(string(out), "measured ")
	var used int64
	if _, err := fmt.Sscan(rest, &used); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("needed %+v, together %d MB; measured %d MB", need, need.Total()/1e6, used/1e6)
	if ratio := float64(need.Total()) / float64(used); ratio < 0.85 || ratio > 1.15 {
		t.Errorf("%.2f times what was measured", ratio)
	}
}

// measureMemory loads a model, fills its context and returns by how much the memory in use has grown.
func measureMemory(t *testing.T, path string) int64 {
	before := residentMemory(t)
	m, err := Load(context.Background(), path, LoadOptions{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := m.NewSession(SessionOptions{ContextLength: measuredContext})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(1, 2))
	prompt := []tokenizer.ID{2}
	for turn := 1; len(prompt) < measuredContext-200; turn++ {
		for range 180 {
			prompt = append(prompt, tokenizer.ID(1000+r.IntN(200_000)))
		}
		for token, err := range s.Generate(context.Background(), prompt, GenerateOptions{MaxTokens: 4, Sampling: m.Sampling()}) {
			if err != nil {
				t.Fatal(err)
			}
			prompt = append(prompt, token.ID)
		}
	}
	return residentMemory(t) - before
}

func residentMemory(t *testing.T) int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	t.Fatal("the system does not tell how much memory is in use")
	return 0
}

// writeShape writes a model of the shape of Gemma 3 270M: random bits in matrices of the type, the embedding of Q4_0 in
// Q8_0 as in the published files.
func writeShape(t *testing.T, path string, typ kernels.Type) {
	t.Helper()
	vocab, err := gguf.Open(filepath.Join(golden.Dir(t, "tokenizer"), "vocab-gemma3.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	defer vocab.Close()
	w := gguf.NewWriter()
	for _, key := range vocab.Keys() {
		if v, _ := vocab.Get(key); strings.HasPrefix(key, "tokenizer.") {
			w.Set(key, v)
		}
	}
	const layers, hidden, heads, headDim, feedForward, tokens = 18, 640, 4, 256, 2048, 262_144
	w.Set("general.architecture", gguf.Scalar("gemma3"))
	for key, n := range map[string]uint32{
		"context_length": 32768, "embedding_length": hidden, "block_count": layers, "feed_forward_length": feedForward,
		"attention.head_count": heads, "attention.head_count_kv": 1, "attention.key_length": headDim,
		"attention.value_length": headDim, "attention.sliding_window": 512,
	} {
		w.Set("gemma3."+key, gguf.Scalar(n))
	}
	w.Set("gemma3.attention.layer_norm_rms_epsilon", gguf.Scalar(float32(1e-6)))
	r := rand.NewChaCha8([32]byte{1})
	matrix := func(name string, typ kernels.Type, cols, rows int) {
		w.Add(name+".weight", []int{cols, rows}, typ, func(out io.Writer) error { return randomRows(out, r, typ, cols, rows) })
	}
	gain := func(name string, n int) {
		w.Add(name+".weight", []int{n}, kernels.F32, func(out io.Writer) error {
			for range n {
				if err := binary.Write(out, binary.LittleEndian, float32(1)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	embedding := typ
	if typ == kernels.Q4_0 {
		embedding = kernels.Q8_0
	}
	matrix("token_embd", embedding, hidden, tokens)
	for i := range layers {
		b := fmt.Sprintf("blk.%d.", i)
		for _, name := range []string{"attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"} {
			gain(b+name, hidden)
		}
		gain(b+"attn_q_norm", headDim)
		gain(b+"attn_k_norm", headDim)
		matrix(b+"attn_q", typ, hidden, heads*headDim)
		matrix(b+"attn_k", typ, hidden, headDim)
		matrix(b+"attn_v", typ, hidden, headDim)
		matrix(b+"attn_output", typ, heads*headDim, hidden)
		matrix(b+"ffn_gate", typ, hidden, feedForward)
		matrix(b+"ffn_up", typ, hidden, feedForward)
		matrix(b+"ffn_down", typ, feedForward, hidden)
	}
	gain("output_norm", hidden)
	if err := w.WriteFile(t.Context(), path); err != nil {
		t.Fatal(err)
	}
}

// randomRows writes rows of random bits, with scales and exponents that keep weights small.
func randomRows(out io.Writer, r *rand.ChaCha8, typ kernels.Type, cols, rows int) error {
	row := make([]byte, typ.RowBytes(cols))
	for range rows {
		r.Read(row)
		for i := 0; i < len(row); i += typ.BlockBytes() {
			if typ == kernels.F16 {
				row[i+1] = row[i+1]&0x83 | 0x24 // a sign, an exponent of 2⁻⁶
			} else {
				binary.LittleEndian.PutUint16(row[i:], kernels.F32ToF16(1.0/2000))
			}
		}
		if _, err := out.Write(row); err != nil {
			return err
		}
	}
	return nil
}

func TestAvailable(t *testing.T) {
	for text, want := range map[string]int64{
		"MemTotal: 24684040 kB\nMemFree:  1 kB\nMemAvailable:   22000 kB\nBuffers: 1 kB\n": 22000 << 10,
		"": 0, "MemAvailable: many kB": 0, "MemAvailable: -5 kB": 0, "MemTotal: 5 kB\n": 0,
	} {
		if got, ok := available(strings.NewReader(text)); got != want || ok != (want > 0) {
			t.Errorf("%q: %d, %v", text, got, ok)
		}
	}
	if n, ok := FreeMemory(); !ok || n < 1<<20 {
		t.Errorf("free: %d, %v", n, ok)
	}
}
