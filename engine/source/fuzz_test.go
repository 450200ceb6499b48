package source_test

import (
	"os"
	"path/filepath"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/engine/sample"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
)

// ask asks a model everything. Nothing may panic, and what the model suggests must be usable.
func ask(t *testing.T, path string) {
	s, err := source.Open(path)
	if err != nil {
		return
	}
	defer s.Close()
	_ = s.Facts()
	_ = s.Template()
	if _, err := sample.New(s.Sampling()); err != nil {
		t.Error(err)
	}
	v, err := s.Vocab()
	for _, id := range s.StopTokens() {
		if err != nil || id < 0 || int(id) >= len(v.Tokens) {
			t.Errorf("stop token %d of %d, %v", id, len(v.Tokens), err)
		}
	}
	c := s.Config()
	if s.Check() != nil {
		return
	}
	if len(c.Global) != c.Layers || c.Heads%c.KVHeads != 0 || c.Window < 1 {
		t.Errorf("%+v", c)
	}
}

// FuzzGGUF varies a GGUF file with a vocabulary, every metadata key and one tensor.
func FuzzGGUF(f *testing.F) {
	m := fixture.New(fixture.Options{})
	m.Tensors = m.Tensors[len(m.Tensors)-1:]
	m.Set("gemma3.rope.scaling.factor", gguf.Scalar(float32(8)))
	m.Set("gemma3.attention.sliding_window_pattern", gguf.List([]bool{true, false}))
	m.Set("general.sampling.temp", gguf.Scalar(float32(0.5)))
	m.Set("tokenizer.ggml.eos_token_ids", gguf.List([]int32{1, 5}))
	for range 2 {
		data, err := m.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		m.Drop("tokenizer.ggml.tokens", "tokenizer.ggml.scores", "tokenizer.ggml.token_type") // a short one is varied faster
	}
	path := filepath.Join(f.TempDir(), "fuzz.gguf")
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		ask(t, path)
	})
}

// FuzzFolder varies the JSON files of a Hugging Face folder.
func FuzzFolder(f *testing.F) {
	dir := fixture.Folder(f, fixture.Options{})
	names := []string{safetensors.ConfigFile, safetensors.GenerationConfigFile, safetensors.TokenizerConfigFile}
	var seed [3][]byte
	for i, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			f.Fatal(err)
		}
		seed[i] = data
	}
	f.Add(seed[0], seed[1], seed[2])
	f.Add([]byte(`{"model_type": "gemma3", "text_config": {"hidden_size": 64, "num_hidden_layers": 7, "intermediate_size": 96,
		"layer_types": ["full_attention"], "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8}}}}`),
		[]byte(`{"eos_token_id": [1, 5], "do_sample": false}`), []byte(`{"added_tokens_decoder": {"479": {"content": "x", "special": true}}}`))
	f.Fuzz(func(t *testing.T, config, generation, tokenizer []byte) {
		for i, data := range [][]byte{config, generation, tokenizer} {
			if err := os.WriteFile(filepath.Join(dir, names[i]), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		ask(t, dir)
	})
}
