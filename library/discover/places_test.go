package discover

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestPlaces(t *testing.T) {
	home := t.TempDir()
	below := func(app string, names ...string) Place {
		return Place{App: app, Path: filepath.Join(append([]string{home}, names...)...)}
	}
	for _, c := range []struct {
		name, goos string
		env        map[string]string
		want       []Place
	}{
		{"Linux", "linux", nil, []Place{
			below(Ollama, ".ollama/models"), {App: Ollama, Path: "/usr/share/ollama/.ollama/models"}, {App: Ollama, Path: "/var/lib/ollama/.ollama/models"},
			below(LMStudio, ".lmstudio/models"), below(LMStudio, ".cache/lm-studio/models"),
			below(HuggingFace, ".cache/huggingface/hub"),
			below(GPT4All, ".local/share/nomic.ai/GPT4All"),
			below(Jan, ".local/share/Jan/data/llamacpp/models"),
			below(LlamaCpp, ".cache/llama.cpp"),
			below(Folder, "models"), below(Folder, "Models"), below(Folder, "Downloads"),
		}},
		{"macOS", "darwin", map[string]string{"XDG_DATA_HOME": "/elsewhere"}, []Place{
			below(Ollama, ".ollama/models"),
			below(LMStudio, ".lmstudio/models"), below(LMStudio, ".cache/lm-studio/models"),
			below(HuggingFace, ".cache/huggingface/hub"),
			below(GPT4All, "Library/Application Support/nomic.ai/GPT4All"),
			below(Jan, "Library/Application Support/Jan/data/llamacpp/models"),
			below(LlamaCpp, "Library/Caches/llama.cpp"),
			below(Folder, "models"), below(Folder, "Models"), below(Folder, "Downloads"),
		}},
		{"Windows", "windows", map[string]string{"APPDATA": filepath.Join(home, "Roaming")}, []Place{
			below(Ollama, ".ollama/models"),
			below(LMStudio, ".lmstudio/models"), below(LMStudio, ".cache/lm-studio/models"),
			below(HuggingFace, ".cache/huggingface/hub"),
			below(GPT4All, "AppData/Local/nomic.ai/GPT4All"),
			below(Jan, "Roaming/Jan/data/llamacpp/models"),
			below(LlamaCpp, "AppData/Local/llama.cpp"),
			below(Folder, "models"), below(Folder, "Models"), below(Folder, "Downloads"),
		}},
		{"moved", "linux", map[string]string{
			"OLLAMA_MODELS": "~/o", "HF_HUB_CACHE": filepath.Join(home, "h"), "HF_HOME": filepath.Join(home, "hf"), "LLAMA_CACHE": "not/absolute",
			"XDG_CACHE_HOME": filepath.Join(home, "c"), "XDG_DATA_HOME": filepath.Join(home, "d"),
		}, []Place{
			below(Ollama, "o"), below(Ollama, ".ollama/models"), {App: Ollama, Path: "/usr/share/ollama/.ollama/models"}, {App: Ollama, Path: "/var/lib/ollama/.ollama/models"},
			below(LMStudio, ".lmstudio/models"), below(LMStudio, ".cache/lm-studio/models"),
			below(HuggingFace, "h"), below(HuggingFace, "hf/hub"), below(HuggingFace, "c/huggingface/hub"), below(HuggingFace, ".cache/huggingface/hub"),
			below(GPT4All, "d/nomic.ai/GPT4All"),
			below(Jan, "d/Jan/data/llamacpp/models"),
			below(LlamaCpp, "c/llama.cpp"),
			below(Folder, "models"), below(Folder, "Models"), below(Folder, "Downloads"),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Places(home, env(c.env), c.goos)
			if d := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(Place{})); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestParseSetting(t *testing.T) {
	for _, c := range []struct{ json, want string }{
		{`{"downloadsFolder": "/m"}`, "/m"},
		{`{"other": {"downloadsFolder": "/x"}, "downloadsFolder": "/m"}`, "/m"},
		{`{"downloadsFolder": 5}`, ""},
		{`{"downloadsFolder": "a\u0000b"}`, ""},
		{`{"downloadsFolder": null}`, ""},
		{`["downloadsFolder"]`, ""},
		{`{`, ""},
		{"", ""},
	} {
		if got := parseSetting([]byte(c.json), "downloadsFolder"); got != c.want {
			t.Errorf("%s: %q, want %q", c.json, got, c.want)
		}
	}
}

func TestParseUserDirs(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`XDG_DOWNLOAD_DIR="$HOME/Téléchargements"`, "/home/ana/Téléchargements"},
		{"# a\nXDG_DESKTOP_DIR=\"$HOME/x\"\n XDG_DOWNLOAD_DIR=\"/data/\\\"my\\\" files\"  \n", `/data/"my" files`},
		{`XDG_DOWNLOAD_DIR="$HOME/"`, ""},
		{`XDG_DOWNLOAD_DIR="$HOME"`, ""},
		{`XDG_DOWNLOAD_DIR="relative"`, ""},
		{`# XDG_DOWNLOAD_DIR="/x"`, ""},
		{`XDG_DOWNLOAD_DIR=/x`, ""},
		{"", ""},
	} {
		if got := parseUserDirs([]byte(c.text), "/home/ana"); got != c.want {
			t.Errorf("%s: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestParseYAML(t *testing.T) {
	for _, c := range []struct{ text, want string }{ // want is the value of name; "!" for an error
		{"name: plain", "plain"},
		{"name: plain # comment", "plain"},
		{"name: a#b", "a#b"},
		{"---\r\nname:\t\"a \\\"b\\\" \\u00e9\" # c\r\n", `a "b" é`},
		{"name: 'it''s'", "it's"},
		{"name:", ""},
		{"name: null\nother: 1", ""},
		{"other: |\n  name: no\nname: yes", "yes"},
		{"  name: nested", ""},
		{"names: no\n- name: no\nnot a line", ""},
		{"name: C:\\models\\a.gguf", `C:\models\a.gguf`},
		{"name: a\nname: b", "!"},
		{"name: |\n  text", "!"},
		{"name: first\n  second", "!"},
		{"name:\n- a", "!"},
		{"name: \"open", "!"},
		{"name: 'open", "!"},
		{"name: 'it''s", "!"},
		{"name: \"a\" b", "!"},
		{"name: [a]", "!"},
		{"name: *alias", "!"},
		{"name: 'a\x00b'", "!"},
	} {
		values, err := parseYAML([]byte(c.text), "name")
		got := values["name"]
		if err != nil {
			got = "!"
		}
		if got != c.want {
			t.Errorf("%q: %q, want %q (%v)", c.text, got, c.want, err)
		}
	}
}
