package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lamplight/engine/measure"
	"lamplight/engine/safetensors"
	"lamplight/internal/golden"
	"lamplight/internal/race"
)

// lampOutput runs a command that must succeed and returns what it prints.
func lampOutput(t *testing.T, in []byte, args ...string) []byte {
	t.Helper()
	var out, errs bytes.Buffer
	if status := lamp(args, bytes.NewReader(in), &out, &errs); status != 0 {
		t.Fatalf("lamp %s: status %d: %s", strings.Join(args, " "), status, &errs)
	}
	return out.Bytes()
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func jsonLine(t *testing.T, v any) []byte {
	t.Helper()
	line, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return append(line, '\n')
}

func TestTokenizeGolden(t *testing.T) {
	dir := golden.Dir(t, "tokenizer")
	var cases []struct {
		Text string `json:"text"`
		IDs  []int  `json:"ids"`
	}
	readJSON(t, filepath.Join(dir, "gemma3.json"), &cases)
	var in []byte
	for _, c := range cases {
		in = append(in, jsonLine(t, c.Text)...)
	}
	got := bytes.Split(lampOutput(t, in, "tokenize", "-m", filepath.Join(dir, "vocab-gemma3.gguf")), []byte("\n"))
	if len(got) != len(cases)+1 {
		t.Fatalf("%d lines for %d texts", len(got)-1, len(cases))
	}
	for i, c := range cases {
		if want := fmt.Sprint(c.IDs); strings.ReplaceAll(string(got[i]), ",", " ") != want {
			t.Errorf("%q is %s, want %s", c.Text, got[i], want)
		}
	}
}

func TestPromptGolden(t *testing.T) {
	dir := golden.Dir(t, "tokenizer")
	var cases map[string][]struct {
		Messages json.RawMessage `json:"messages"`
		Generate bool            `json:"add_generation_prompt"`
		Text     string          `json:"text"`
	}
	readJSON(t, filepath.Join(dir, "chat.json"), &cases)
	vocab := filepath.Join(dir, "vocab-gemma3.gguf")
	for _, c := range cases["gemma3"] {
		var got struct {
			Text string
			IDs  []int
		}
		out := lampOutput(t, c.Messages, "prompt", "-m", vocab, fmt.Sprint("-generate=", c.Generate))
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if got.Text != c.Text {
			t.Errorf("%s becomes %q, want %q", c.Messages, got.Text, c.Text)
		}
		if want := strings.Count(c.Text, "<start_of_turn>"); got.IDs[0] != 2 || count(got.IDs, 105) != want {
			t.Errorf("%s: ids %v begin with BOS and have %d turns?", c.Messages, got.IDs, want)
		}
	}
}

func count(ids []int, id int) (n int) {
	for _, i := range ids {
		if i == id {
			n++
		}
	}
	return n
}

// The logits of Google's reference implementation, for both containers.
func TestLogitsGolden(t *testing.T) {
	dir := golden.Dir(t, "tiny-gemma3")
	f, err := safetensors.Open(filepath.Join(dir, "expected.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for sequence, want := range sequences(f) {
		for _, model := range []string{"model-f16.gguf", "."} {
			out := lampOutput(t, nil, "logits", "-m", filepath.Join(dir, model), "-ids", commas(want.ids), "-o", "-")
			p, q := want.logits, floats(out)
			if len(q) != len(p) {
				t.Fatalf("%s: %d logits, want %d", model, len(q), len(p))
			}
			var d measure.Divergence
			for at := 0; at < len(p); at += want.width {
				d.Add(p[at:at+want.width], q[at:at+want.width])
			}
			if !(d.Mean() < 1e-5) || d.Agreement() != 1 {
				t.Errorf("%s, %s: mean KL %g, top token the same at %g of the positions", sequence, model, d.Mean(), d.Agreement())
			}
		}
	}
}

// What is quantized here loses no more than what llama.cpp quantized and ran. Where nothing is searched for, the files
// are the same, and the kernels round in different places.
func TestQuantizedGolden(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	var peer map[string]map[string]struct {
		MeanKL float64 `json:"mean_kl"`
	}
	readJSON(t, filepath.Join(dir, "peer-kl.json"), &peer)
	f, err := safetensors.Open(filepath.Join(dir, "expected.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, quantization := range []string{"Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_0"} {
		model := filepath.Join(t.TempDir(), "model.gguf")
		lampOutput(t, nil, "quantize", dir, model, "-type", quantization)
		for name, want := range sequences(f) {
			q := floats(lampOutput(t, nil, "logits", "-m", model, "-ids", commas(want.ids), "-o", "-"))
			var d measure.Divergence
			for at := 0; at < len(q); at += want.width {
				d.Add(want.logits[at:at+want.width], q[at:at+want.width])
			}
			theirs := peer[quantization][name].MeanKL
			t.Logf("%s, %s: mean KL %.5f, %.3f of llama.cpp's", quantization, name, d.Mean(), d.Mean()/theirs)
			if bound := map[string]float64{"Q8_0": 1.1, "Q4_0": 1.1}[quantization]; !(d.Mean() <= max(1, bound)*theirs) {
				t.Errorf("%s, %s: mean KL %.5f, llama.cpp has %.5f", quantization, name, d.Mean(), theirs)
			}
		}
	}
}

// commas writes ids as the flag -ids takes them.
func commas(ids []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")
}

// sequence is a text of the golden data with the logits of Google's reference implementation.
type sequence struct {
	ids    []int
	logits []float32 // width for each position
	width  int
}

// sequences reads expected.safetensors.
func sequences(f *safetensors.File) map[string]sequence {
	all := map[string]sequence{}
	for _, tensor := range f.Tensors() {
		name, field, _ := strings.Cut(tensor.Name, ".")
		s := all[name]
		switch field {
		case "tokens":
			for b := range slices.Chunk(tensor.Data, 8) {
				s.ids = append(s.ids, int(binary.LittleEndian.Uint64(b)))
			}
		case "logits":
			s.logits, s.width = floats(tensor.Data), tensor.Shape[1]
		}
		all[name] = s
	}
	return all
}

func floats(b []byte) []float32 {
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}
