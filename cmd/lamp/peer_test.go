package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"lamplight/engine/measure"
	"lamplight/engine/safetensors"
	"lamplight/internal/golden"
	"lamplight/internal/race"
)

// peerAdapter is an adapter for llama.cpp.
type peerAdapter struct {
	Path  string  `json:"filePath"`
	Scale float64 `json:"scale"`
}

// peer asks the packaged llama.cpp what it makes of a model, see scripts/logits.mjs.
func peer(t *testing.T, model string, ids []int, texts []string, adapters ...peerAdapter) (answer struct {
	Logits        [][]float32
	Tokens        [][]int
	BOS, EOS, EOT int
}) {
	t.Helper()
	folder := os.Getenv("LAMPLIGHT_PEER")
	if folder == "" {
		t.Skip("LAMPLIGHT_PEER does not name a folder where `npm install node-llama-cpp@3.22.1` was run")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not here")
	}
	script, err := filepath.Abs(filepath.Join("..", "..", "scripts", "logits.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(node, script, model)
	c.Dir = folder
	c.Stdin = bytes.NewReader(jsonLine(t, map[string]any{"ids": ids, "texts": append([]string{}, texts...), "adapters": append([]peerAdapter{}, adapters...)}))
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err == nil {
		err = json.Unmarshal(out, &answer)
	}
	if err != nil {
		t.Fatalf("llama.cpp: %v: %s", err, &errs)
	}
	return answer
}

// A Hugging Face folder that was converted here loads in llama.cpp, which finds the same tokens the likeliest at
// every position and reads texts as the same ids. Activations are rounded differently where weights are quantized,
// and where they are BF16, so there tokens that are about as likely as each other may change places.
func TestConvertedForPeer(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	f, err := safetensors.Open(filepath.Join(dir, "expected.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ids := sequences(f)["long"].ids
	var texts []string
	var cases []struct {
		Text string `json:"text"`
		IDs  []int  `json:"ids"`
	}
	readJSON(t, filepath.Join(dir, "tokens-expected.json"), &cases)
	for _, c := range cases[:min(len(cases), 200)] {
		texts = append(texts, c.Text)
	}
	for _, c := range []struct {
		recipe string
		kl     float64 // mean, from our prediction to llama.cpp's
		same   float64 // share of positions with the same top token, at least
	}{
		{"original", 1e-4, 0.98}, {"f16", 1e-5, 1}, {"q8_0", 2e-3, 0.95},
		{"q6_k", 1e-2, 0.9}, {"q5_k_m", 1e-2, 0.9}, {"q4_k_m", 1e-2, 0.9}, {"q4_0", 1e-2, 0.9},
	} {
		t.Run(c.recipe, func(t *testing.T) {
			model := filepath.Join(t.TempDir(), "model.gguf")
			lampOutput(t, nil, "quantize", dir, model, "-type", c.recipe)
			theirs := peer(t, model, ids, texts)
			ours := floats(lampOutput(t, nil, "logits", "-m", model, "-ids", commas(ids), "-o", "-"))
			width := len(ours) / len(ids)
			var d measure.Divergence
			for i, row := range theirs.Logits {
				d.Add(ours[i*width:][:width], row)
			}
			t.Logf("%d positions: mean KL %.2e, top token the same at %.4f", d.Positions, d.Mean(), d.Agreement())
			if d.Positions != len(ids) || !(d.Mean() <= c.kl) || d.Agreement() < c.same {
				t.Errorf("%d of %d positions: mean KL %.2e, top token the same at %.4f; want at most %.0e and at least %.2f",
					d.Positions, len(ids), d.Mean(), d.Agreement(), c.kl, c.same)
			}
			if theirs.BOS != 2 || theirs.EOS != 1 || theirs.EOT != 5 {
				t.Errorf("bos %d, eos %d, end of turn %d; want 2, 1 and 5", theirs.BOS, theirs.EOS, theirs.EOT)
			}
			for i, got := range theirs.Tokens {
				if !slices.Equal(got, cases[i].IDs) {
					t.Errorf("%q is read as %v, want %v", cases[i].Text, got, cases[i].IDs)
				}
			}
		})
	}
}

// An adapter that was trained here loads in llama.cpp, which finds the same tokens the likeliest with it as are found
// here, at any strength and beside another one. Tokens that are about as likely as each other may change places where
// two adapters nearly cancel, and where weights are quantized, as llama.cpp rounds other things.
func TestAdapterForPeer(t *testing.T) {
	race.Skip(t)
	dir := golden.Dir(t, "tiny-gemma3")
	f, err := safetensors.Open(filepath.Join(dir, "expected.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ids := sequences(f)["long"].ids
	base := filepath.Join(dir, "model-f16.gguf")
	plain := peer(t, base, ids, nil)
	examples := filepath.Join(t.TempDir(), "examples.csv")
	if err := os.WriteFile(examples, []byte("question,answer\none,two\ntwo,three\nthree,four\nfour,five\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	train := func(args ...string) string {
		out := filepath.Join(t.TempDir(), "adapter")
		lampOutput(t, nil, append([]string{"train", "-m", base, "-data", examples, "-o", out, "-rate", "1e-2", "-batch", "1", "-hold-back", "0", "-epochs", "12"}, args...)...)
		return filepath.Join(out, "adapter.gguf")
	}
	all, some := train("-rank", "8"), train("-rank", "4", "-targets", "attn_v,ffn_down", "-seed", "2", "-rslora")
	for name, c := range map[string]struct {
		model    string
		adapters []peerAdapter
		kl, same float64
	}{
		"one":      {base, []peerAdapter{{all, 1}}, 1e-5, 1},
		"stronger": {base, []peerAdapter{{all, 1.5}}, 1e-5, 1},
		"two":      {base, []peerAdapter{{all, 0.5}, {some, -0.5}}, 1e-5, 0.99},
		"Q4_0":     {filepath.Join(dir, "model-Q4_0.gguf"), []peerAdapter{{all, 1}}, 1e-2, 0.9},
	} {
		t.Run(name, func(t *testing.T) {
			theirs := peer(t, c.model, ids, nil, c.adapters...)
			args := []string{"logits", "-m", c.model, "-ids", commas(ids), "-o", "-"}
			for _, a := range c.adapters {
				args = append(args, "-adapter", fmt.Sprintf("%s:%g", a.Path, a.Scale))
			}
			ours := floats(lampOutput(t, nil, args...))
			width := len(ours) / len(ids)
			var d, away measure.Divergence
			for i, row := range theirs.Logits {
				d.Add(ours[i*width:][:width], row)
				away.Add(plain.Logits[i], row)
			}
			t.Logf("%d positions: mean KL %.2e, top token the same at %.4f; without adapters %.2e and %.4f", d.Positions, d.Mean(), d.Agreement(), away.Mean(), away.Agreement())
			if d.Positions != len(ids) || !(d.Mean() <= c.kl) || d.Agreement() < c.same {
				t.Errorf("mean KL %.2e, top token the same at %.4f; want at most %.0e and at least %.2f", d.Mean(), d.Agreement(), c.kl, c.same)
			}
			if away.Mean() < 10*c.kl {
				t.Errorf("the adapters do too little to show anything: mean KL %.2e", away.Mean())
			}
		})
	}
}
