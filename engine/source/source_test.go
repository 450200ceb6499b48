package source_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/engine/sample"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

func layer(i int, name string) string { return fmt.Sprintf("blk.%d.%s.weight", i, name) }

func matrix(t testing.TB, s *source.Source, name string) kernels.Matrix {
	t.Helper()
	m, err := s.Matrix(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func vector(t testing.TB, s *source.Source, name string) []float32 {
	t.Helper()
	v, err := s.Vector(name)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The fixture is the same model as a file, as a split file, as a folder and as a folder with shards.
func TestFixtureInEveryContainer(t *testing.T) {
	race.Skip(t)
	m := fixture.New(fixture.Options{Type: kernels.BF16})
	dir := t.TempDir()
	parts, err := m.WriteSplit(dir, "tiny", 3)
	if err != nil {
		t.Fatal(err)
	}
	shards := filepath.Join(dir, "shards")
	if err := m.WriteShards(shards); err != nil {
		t.Fatal(err)
	}
	first := open(t, fixture.GGUF(t, fixture.Options{Type: kernels.BF16}))
	if err := first.Check(); err != nil {
		t.Fatal(err)
	}
	vocab, err := first.Vocab()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tokenizer.NewSPM(vocab); err != nil {
		t.Error(err)
	}
	for _, path := range []string{parts[1], fixture.Folder(t, fixture.Options{}), shards} {
		s := open(t, path)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.Config(), s.Config()); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		v, err := s.Vocab()
		if diff := cmp.Diff(vocab, v); err != nil || diff != "" {
			t.Errorf("%s: vocabulary: %v %s", path, err, diff)
		}
		if a, b := first.StopTokens(), s.StopTokens(); !slices.Equal(a, b) || !slices.Equal(b, []tokenizer.ID{1, 5}) {
			t.Errorf("%s: stop tokens %v and %v", path, a, b)
		}
		if a, b := first.Template(), s.Template(); a != b || !strings.Contains(b, "<start_of_turn>") {
			t.Errorf("%s: template %q", path, b)
		}
		for i := range fixture.Layers {
			for _, name := range matrixNames {
				if diff := cmp.Diff(matrix(t, first, layer(i, name)), matrix(t, s, layer(i, name))); diff != "" {
					t.Errorf("%s: %s differs", path, layer(i, name))
				}
			}
			for _, name := range vectorNames {
				if !slices.Equal(vector(t, first, layer(i, name)), vector(t, s, layer(i, name))) {
					t.Errorf("%s: %s differs", path, layer(i, name))
				}
			}
		}
		if a, b := first.Facts().Parameters, s.Facts().Parameters; a != b {
			t.Errorf("%s: %d and %d parameters", path, a, b)
		}
		if err := s.Intact(); err != nil {
			t.Error(err)
		}
	}
}

func TestFacts(t *testing.T) {
	dir := t.TempDir()
	m := fixture.New(fixture.Options{Type: kernels.Q8_0})
	m.Set("general.base_model.0.organization", gguf.Scalar("Example"))
	m.Set("general.name", gguf.Scalar(" a\xffb "))
	parts, err := m.WriteSplit(dir, "tiny", 2)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, parts[0]).Facts()
	size := int64(0)
	for _, p := range parts {
		info, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	elements, data := int64(0), int64(0)
	for _, tensor := range m.Tensors {
		elements += tensor.Elements()
		data += int64(len(tensor.Data))
	}
	want := source.Facts{Name: "a\uFFFDb", Architecture: "gemma3", Quantization: "Q8_0", License: "mit", Origin: "Example",
		Parameters: elements, WeightBytes: data, Bytes: size, Files: parts}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}

	cached := filepath.Join(dir, "models--google--gemma-3-270m-it", "snapshots", "ac82b4e820549b854eebf28ce6dedaf9fdfa17b3")
	if err := m.WriteFolder(cached); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cached, "README.md"), []byte("---\nlicense: gemma\n---\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f = open(t, cached).Facts()
	if f.Name != "gemma-3-270m-it" || f.Origin != "google/gemma-3-270m-it" || f.License != "gemma" || f.Quantization != "BF16" {
		t.Errorf("%+v", f)
	}
}

// A recipe of K types falls back to others where rows do not fit; where none is left the label is not the recipe's.
func TestQuantizationLabel(t *testing.T) {
	set := func(m *fixture.Model, types ...kernels.Type) {
		for i := range m.Tensors {
			if x := &m.Tensors[i]; len(x.Shape) == 2 {
				x.Type = types[i%len(types)]
				x.Data = make([]byte, x.Type.RowBytes(x.Shape[0])*x.Shape[1])
			}
		}
	}
	for name, tt := range map[string]struct {
		types []kernels.Type
		file  uint32
		want  string
	}{
		"one type":     {[]kernels.Type{kernels.Q4_0}, 2, "Q4_0"},
		"wrong recipe": {[]kernels.Type{kernels.Q5_0}, 15, "Q5_0"},
		"no majority":  {[]kernels.Type{kernels.Q5_0, kernels.Q8_0, kernels.Q4_0}, 0, "mixed"},
	} {
		m := fixture.New(fixture.Options{})
		set(m, tt.types...)
		m.Set("general.file_type", gguf.Scalar(tt.file))
		if got := open(t, save(t, m)).Facts().Quantization; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestSampling(t *testing.T) {
	family := sample.Defaults("gemma3")
	if got := open(t, fixture.GGUF(t, fixture.Options{})).Sampling(); !cmp.Equal(got, family) {
		t.Errorf("%+v, want the family's %+v", got, family)
	}
	m := fixture.New(fixture.Options{})
	m.Set("general.sampling.temp", gguf.Scalar(float32(0.5)))
	m.Set("general.sampling.top_k", gguf.Scalar(int32(20)))
	m.Set("general.sampling.top_p", gguf.Scalar(float32(math.NaN())))
	m.Set("general.sampling.min_p", gguf.Scalar(float32(7)))
	m.Set("general.sampling.penalty_repeat", gguf.Scalar(float32(1.25)))
	m.Set("general.sampling.penalty_last_n", gguf.Scalar(int32(32)))
	want := family
	want.Temperature, want.TopK, want.RepeatPenalty, want.RepeatLastN = 0.5, 20, 1.25, 32
	if got := open(t, save(t, m)).Sampling(); !cmp.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	m.Set("general.sampling.penalty_last_n", gguf.Scalar(int32(0)))
	want.RepeatPenalty, want.RepeatLastN = 0, 0
	if got := open(t, save(t, m)).Sampling(); !cmp.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}

	for content, change := range map[string]func(p *sample.Params){
		`{"temperature": 0.25, "top_k": 5, "top_p": 0.5, "min_p": 0.125, "repetition_penalty": 1.5}`: func(p *sample.Params) {
			p.Temperature, p.TopK, p.TopP, p.MinP, p.RepeatPenalty = 0.25, 5, 0.5, 0.125, 1.5
		},
		`{"do_sample": false}`:                                      func(p *sample.Params) { p.Temperature = 0 },
		`{"temperature": -1, "top_k": "many", "top_p": null}`:       func(p *sample.Params) {},
		`{"temperature": 1e300, "top_k": -1, "min_p": 2, "x": [1]}`: func(p *sample.Params) {},
	} {
		dir := fixture.Folder(t, fixture.Options{})
		put(t, dir, safetensors.GenerationConfigFile, content)
		want := family
		change(&want)
		s := open(t, dir)
		if got := s.Sampling(); !cmp.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", content, got, want)
		}
		if _, err := sample.New(s.Sampling()); err != nil {
			t.Error(err)
		}
	}
}

// An output head of its own is used where there is one, and ignored where the model says it is tied.
func TestOutputHead(t *testing.T) {
	tied := open(t, fixture.GGUF(t, fixture.Options{}))
	if tied.Has("output.weight") || !tied.Has("token_embd.weight") || tied.Has("blk.7.attn_q.weight") || tied.Has("nonsense") {
		t.Error("Has is wrong")
	}
	m := fixture.New(fixture.Options{})
	head := m.Tensors[0]
	head.Name = "output.weight"
	m.Tensors = append(m.Tensors, head)
	untied := open(t, save(t, m))
	if err := untied.Check(); err != nil || !untied.Has("output.weight") {
		t.Errorf("GGUF with a head: %v", err)
	}
	if a, b := tied.Facts().Parameters+head.Elements(), untied.Facts().Parameters; a != b {
		t.Errorf("%d parameters, want %d", b, a)
	}

	for _, tt := range []struct {
		tie  any
		head string
		has  bool
		want error
	}{
		{nil, "lm_head.weight", false, nil},
		{true, "lm_head.weight", false, nil},
		{false, "lm_head.weight", true, nil},
		{false, "", false, source.ErrMissingTensor},
	} {
		dir := t.TempDir()
		if err := m.WriteFolder(dir); err != nil {
			t.Fatal(err)
		}
		edit(t, dir, func(c map[string]any) {
			if tt.tie != nil {
				c["tie_word_embeddings"] = tt.tie
			}
		})
		if tt.head != "" {
			retensor(t, dir, func(list []safetensors.Tensor) []safetensors.Tensor {
				for _, x := range list {
					if x.Name == "model.embed_tokens.weight" {
						x.Name = tt.head
						return append(list, x)
					}
				}
				return nil
			})
		}
		s, err := source.Open(dir)
		if !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
		if err != nil {
			continue
		}
		if err := s.Check(); err != nil || s.Has("output.weight") != tt.has {
			t.Errorf("%+v: %v", tt, err)
		}
		s.Close()
	}
}

// save writes m into a folder of the test's own.
func save(t testing.TB, m *fixture.Model) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tiny.gguf")
	if err := m.WriteGGUF(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func put(t testing.TB, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// edit changes config.json.
func edit(t testing.TB, dir string, change func(c map[string]any)) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, safetensors.ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	c := map[string]any{}
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	change(c)
	if b, err = json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	put(t, dir, safetensors.ConfigFile, string(b))
}

// retensor changes the tensors of model.safetensors.
func retensor(t testing.TB, dir string, change func([]safetensors.Tensor) []safetensors.Tensor) {
	t.Helper()
	path := filepath.Join(dir, safetensors.ModelFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(path, data)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := safetensors.Write(out, change(f.Tensors())); err != nil {
		t.Fatal(err)
	}
}

// TestDropVocab holds that a vocabulary that was dropped is gone, what it was read into is not, and that nothing else is.
func TestDropVocab(t *testing.T) {
	for name, path := range map[string]string{"file": fixture.GGUF(t, fixture.Options{}), "folder": fixture.Folder(t, fixture.Options{})} {
		s, err := source.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		v, err := s.Vocab()
		if err != nil {
			t.Fatal(err)
		}
		facts, template := s.Facts(), s.Template()
		s.DropVocab()
		if _, err := s.Vocab(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the vocabulary after it was dropped: error %v", name, err)
		}
		if err := s.Check(); err != nil || len(v.Tokens) != s.Config().Vocab || s.Template() != template || !cmp.Equal(s.Facts(), facts) {
			t.Errorf("%s: something else was dropped: %v", name, err)
		}
	}
}
