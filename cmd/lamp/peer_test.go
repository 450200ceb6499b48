package main

import (
	"bytes"
	"encoding/json"
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

// peer asks the packaged llama.cpp what it makes of a model, see scripts/logits.mjs.
func peer(t *testing.T, model string, ids []int, texts []string) (answer struct {
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
	c.Stdin = bytes.NewReader(jsonLine(t, map[string]any{"ids": ids, "texts": texts}))
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
