package library

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
)

// converted makes a GGUF file of a folder.
func converted(t *testing.T, folder string) *gguf.File {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.gguf")
	mustQuantize(t, folder, out, Original)
	return openGGUF(t, out)
}

// The fixture is the same model in both containers: a folder that was converted says what the GGUF file says.
func TestConvert(t *testing.T) {
	folder := fixture.Folder(t, fixture.Options{})
	got, want := converted(t, folder), openGGUF(t, fixture.GGUF(t, fixture.Options{}))
	for _, key := range want.Keys() {
		if key == "general.name" || key == "general.license" { // a folder's are those of its path and its README
			continue
		}
		g, _ := got.Get(key)
		if w, _ := want.Get(key); !g.Equal(w) {
			t.Errorf("%s is %v, want %v", key, g, w)
		}
	}
	for key, value := range map[string]gguf.Value{
		"general.name":                    gguf.Scalar("tiny"),
		"general.type":                    gguf.Scalar("model"),
		"general.file_type":               gguf.Scalar(uint32(32)),
		"general.sampling.temp":           gguf.Scalar(float32(1)),
		"general.sampling.top_k":          gguf.Scalar(int32(64)),
		"general.sampling.top_p":          gguf.Scalar(float32(0.95)),
		"tokenizer.ggml.add_eos_token":    gguf.Scalar(false),
		"tokenizer.ggml.add_space_prefix": gguf.Scalar(false),
	} {
		if g, _ := got.Get(key); !g.Equal(value) {
			t.Errorf("%s is %v, want %v", key, g, value)
		}
	}
	if len(got.Tensors()) != len(want.Tensors()) {
		t.Errorf("%d tensors, want %d", len(got.Tensors()), len(want.Tensors()))
	}
	for _, w := range want.Tensors() {
		g, ok := got.Tensor(w.Name)
		if !ok || !slices.Equal(g.Shape, w.Shape) {
			t.Errorf("%s has shape %v, want %v", w.Name, g.Shape, w.Shape)
			continue
		}
		if d := distance(g, w); d != 0 { // the fixture's weights are the same in BF16 and F32
			t.Errorf("%s is off by %g", w.Name, d)
		}
	}
	src, err := source.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	again, err := source.Open(got.Paths()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if !slices.Equal(src.StopTokens(), again.StopTokens()) || len(src.StopTokens()) != 2 {
		t.Errorf("stop tokens %v became %v", src.StopTokens(), again.StopTokens())
	}
	a, b := src.Config(), again.Config()
	if !slices.Equal(a.Global, b.Global) || a.QueryScale != b.QueryScale || a.RopeBaseLocal != b.RopeBaseLocal || a.RopeScale != b.RopeScale {
		t.Errorf("the architecture %+v became %+v", a, b)
	}
}

// edit changes config.json of a folder.
func edit(t *testing.T, folder string, fields map[string]any) {
	t.Helper()
	path := filepath.Join(folder, "config.json")
	var config map[string]any
	if err := json.Unmarshal(read(t, path), &config); err != nil {
		t.Fatal(err)
	}
	for name, v := range fields {
		config[name] = v
	}
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, data)
}

// What a config says beside the usual arrives in the GGUF file, or is refused.
func TestConvertConfig(t *testing.T) {
	folder := fixture.Folder(t, fixture.Options{})
	edit(t, folder, map[string]any{
		"rope_scaling":            map[string]any{"rope_type": "linear", "factor": 8.0},
		"rope_local_base_freq":    20000.0,
		"final_logit_softcapping": 30.0,
	})
	f := converted(t, folder)
	for key, want := range map[string]float64{
		"gemma3.rope.scaling.factor": 8, "gemma3.rope.freq_base_swa": 20000, "gemma3.final_logit_softcapping": 30,
	} {
		if got, err := f.Float(key); err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, %v; want %v", key, got, err, want)
		}
	}
	if kind, err := f.String("gemma3.rope.scaling.type"); kind != "linear" || err != nil {
		t.Errorf("scaling is %q, %v", kind, err)
	}

	for name, fields := range map[string]map[string]any{
		"queries":       {"query_pre_attn_scalar": 100},
		"global layers": {"sliding_window_pattern": 3, "layer_types": nil},
	} {
		t.Run(name, func(t *testing.T) {
			folder := fixture.Folder(t, fixture.Options{})
			edit(t, folder, fields)
			out := filepath.Join(t.TempDir(), "out.gguf")
			wantIs(t, quantize(t.Context(), folder, out, recipe(t, Original)), source.ErrUnsupported)
			wantTree(t, filepath.Dir(out))
		})
	}
}

// A folder with its weights in several files, a tokenizer.json, or something wrong.
func TestConvertFolders(t *testing.T) {
	plain := converted(t, fixture.Folder(t, fixture.Options{}))
	model := fixture.New(fixture.Options{})
	shards := filepath.Join(t.TempDir(), "tiny")
	if err := model.WriteShards(shards); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(shards, "tokenizer.model")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(shards, "tokenizer.json"), model.TokenizerJSON())
	f := converted(t, shards)
	for _, want := range plain.Tensors() {
		if got, ok := f.Tensor(want.Name); !ok || !slices.Equal(got.Data, want.Data) {
			t.Errorf("%s differs", want.Name)
		}
	}
	for _, key := range []string{"tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.bos_token_id"} {
		got, _ := f.Get(key)
		if want, _ := plain.Get(key); !got.Equal(want) {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}

	for name, remove := range map[string]string{"no vocabulary": "tokenizer.json", "no weights": "model-00002-of-00002.safetensors", "no config": "config.json"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "tiny")
			if err := os.CopyFS(dir, os.DirFS(shards)); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(dir, remove)); err != nil {
				t.Fatal(err)
			}
			before := tree(t, dir)
			if err := quantize(t.Context(), dir, filepath.Join(dir, "out.gguf"), recipe(t, "q8_0")); err == nil {
				t.Error("it was converted")
			}
			wantTree(t, dir, before...)
		})
	}
}
