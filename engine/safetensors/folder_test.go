package safetensors_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lamplight/engine/safetensors"
	"lamplight/internal/fixture"
)

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func shards(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := fixture.New(fixture.Options{}).WriteShards(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func names(paths []string) string {
	var list []string
	for _, p := range paths {
		list = append(list, filepath.Base(p))
	}
	return strings.Join(list, " ")
}

func TestFolder(t *testing.T) {
	for name, tt := range map[string]struct{ dir, files string }{
		"one file": {fixture.Folder(t, fixture.Options{}),
			"config.json generation_config.json model.safetensors tokenizer.model tokenizer_config.json"},
		"shards": {shards(t), "config.json generation_config.json model-00001-of-00002.safetensors " +
			"model-00002-of-00002.safetensors model.safetensors.index.json tokenizer.model tokenizer_config.json"},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, tt.dir, "notes.txt", "not a part of the model")
			f, err := safetensors.OpenFolder(tt.dir)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got := names(f.Paths()); got != tt.files {
				t.Errorf("files are %s", got)
			}
			for _, tensor := range []string{"model.embed_tokens.weight", "model.layers.6.mlp.down_proj.weight", "model.norm.weight"} {
				if x, ok := f.Tensor(tensor); !ok || x.DType != "BF16" {
					t.Errorf("tensor %q is %v", tensor, x)
				}
			}
			if err := f.Intact(); err != nil {
				t.Error(err)
			}
			b, err := f.Read(safetensors.ConfigFile)
			if err != nil || !strings.Contains(string(b), "Gemma3ForCausalLM") {
				t.Errorf("config.json: %v", err)
			}
			if _, err := f.Read(safetensors.TokenizerFile); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("tokenizer.json: %v", err)
			}
		})
	}
}

func TestBadFolders(t *testing.T) {
	index := func(file string) string { return `{"weight_map":{"model.norm.weight":"` + file + `"}}` }
	tests := map[string]struct {
		change func(dir string) // of a folder with shards
		want   error
		says   string
	}{
		"empty folder": {func(dir string) {
			entries, _ := os.ReadDir(dir)
			for _, e := range entries {
				remove(t, dir, e.Name())
			}
		}, safetensors.ErrNoModel, "has no config.json"},
		"no weights": {func(dir string) { remove(t, dir, safetensors.IndexFile) },
			safetensors.ErrNoModel, "neither model.safetensors nor model.safetensors.index.json"},
		"shard missing": {func(dir string) { remove(t, dir, "model-00002-of-00002.safetensors") },
			safetensors.ErrMissingPart, "model-00002-of-00002.safetensors is not there"},
		"shard outside":  {func(dir string) { write(t, dir, safetensors.IndexFile, index("../model.safetensors")) }, safetensors.ErrCorrupt, `"../model.safetensors", which is not a plain name`},
		"shard absolute": {func(dir string) { write(t, dir, safetensors.IndexFile, index("/etc/x.safetensors")) }, safetensors.ErrCorrupt, "not a plain name"},
		"shard below":    {func(dir string) { write(t, dir, safetensors.IndexFile, index("a/x.safetensors")) }, safetensors.ErrCorrupt, "not a plain name"},
		"backslash":      {func(dir string) { write(t, dir, safetensors.IndexFile, index(`..\\x.safetensors`)) }, safetensors.ErrCorrupt, "not a plain name"},
		"drive":          {func(dir string) { write(t, dir, safetensors.IndexFile, index("c:x.safetensors")) }, safetensors.ErrCorrupt, "not a plain name"},
		"other file":     {func(dir string) { write(t, dir, safetensors.IndexFile, index("config.json")) }, safetensors.ErrCorrupt, "not a plain name"},
		"nameless":       {func(dir string) { write(t, dir, safetensors.IndexFile, index("")) }, safetensors.ErrCorrupt, "not a plain name"},
		"tensor not in its shard": {func(dir string) {
			write(t, dir, safetensors.IndexFile, `{"weight_map":{"model.norm.weight":"model-00001-of-00002.safetensors"}}`)
		}, safetensors.ErrMissingPart, `has no tensor "model.norm.weight"`},
		"index without files": {func(dir string) { write(t, dir, safetensors.IndexFile, `{}`) }, safetensors.ErrCorrupt, "names 0 files"},
		"index not JSON":      {func(dir string) { write(t, dir, safetensors.IndexFile, `{`) }, safetensors.ErrCorrupt, safetensors.IndexFile},
		"shard truncated": {func(dir string) {
			if err := os.Truncate(filepath.Join(dir, "model-00001-of-00002.safetensors"), 5000); err != nil {
				t.Fatal(err)
			}
		}, safetensors.ErrTruncated, "model-00001-of-00002.safetensors"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := shards(t)
			tt.change(dir)
			f, err := safetensors.OpenFolder(dir)
			if f != nil || !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want one that is %v", err, tt.want)
			}
			for _, part := range []string{dir, tt.says} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the message %q should have %q", err, part)
				}
			}
		})
	}
	if _, err := safetensors.OpenFolder(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("absent folder: %v", err)
	}
}

func TestTooLargeFilesAreNotRead(t *testing.T) {
	dir := fixture.Folder(t, fixture.Options{})
	f, err := safetensors.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(filepath.Join(dir, safetensors.ConfigFile), 5<<20); err != nil { // sparse
		t.Fatal(err)
	}
	if _, err := f.Read(safetensors.ConfigFile); !errors.Is(err, safetensors.ErrCorrupt) || !strings.Contains(err.Error(), "larger than 4 MiB") {
		t.Errorf("error %v", err)
	}
}

func TestTemplate(t *testing.T) {
	tests := map[string]struct{ config, jinja, want string }{
		"text":            {`{"chat_template": "one"}`, "", "one"},
		"several":         {`{"chat_template": [{"name":"tools","template":"a"},{"name":"default","template":"b"}]}`, "", "b"},
		"none is default": {`{"chat_template": [{"name":"tools","template":"a"}]}`, "", ""},
		"own file":        {`{"chat_template": "one"}`, "two", "two"},
		"absent":          {`{}`, "", ""},
		"a number":        {`{"chat_template": 1}`, "", ""},
		"not JSON":        {`{`, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := fixture.Folder(t, fixture.Options{})
			write(t, dir, safetensors.TokenizerConfigFile, tt.config)
			if tt.jinja != "" {
				write(t, dir, safetensors.TemplateFile, tt.jinja)
			}
			f, err := safetensors.OpenFolder(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if got := f.Template(); got != tt.want {
				t.Errorf("template %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLicense(t *testing.T) {
	for readme, want := range map[string]string{
		"---\nlanguage: en\nlicense: gemma\n---\n# Model\nlicense: other\n": "gemma",
		"---\r\nlicense: \"mit\"\r\n---\r\n":                                "mit",
		"---\nlanguage: en\n---\nlicense: other\n":                          "",
		"# Model\nlicense: other\n":                                         "",
		"":                                                                  "",
	} {
		dir := fixture.Folder(t, fixture.Options{})
		write(t, dir, "README.md", readme)
		f, err := safetensors.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got := f.License(); got != want {
			t.Errorf("licence %q in %q, want %q", got, readme, want)
		}
		if slices.ContainsFunc(f.Paths(), func(p string) bool { return filepath.Base(p) == "README.md" }) {
			t.Error("README.md is taken for a part of the model")
		}
	}
}
