package ui

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/library/discover"
)

// elsewhere is a session on a computer that has other applications in a home folder of the test's.
func elsewhere(t *testing.T, home string, models ...fixture.Options) *session {
	u := begin(t, setup{models: models, options: func(o *Options) {
		o.elsewhere = func() []discover.Place {
			return discover.Places(home, func(string) string { return "" }, "linux")[:1]
		}
	}})
	u.lookedElsewhere(1)
	u.show(modelsPage)
	u.settle()
	return u
}

// lookedElsewhere waits until models were looked for so often.
func (u *session) lookedElsewhere(n int) {
	u.t.Helper()
	u.until("a look for other models", func() bool { return strings.Count(u.log.String(), "other models looked for") >= n })
	u.settle()
}

// looks is how often models were looked for.
func (u *session) lookCount() int { return strings.Count(u.log.String(), "other models looked for") }

// ollama puts a model into Ollama's store below home, under a name, with what Ollama keeps beside it.
func ollama(t *testing.T, home, name string, model []byte) (blob string) {
	t.Helper()
	store := filepath.Join(home, ".ollama", "models")
	type layer struct {
		MediaType string `json:"mediaType"`
		Digest    string `json:"digest"`
		Size      int    `json:"size"`
	}
	put := func(kind string, data []byte) layer {
		sum := fmt.Sprintf("%x", sha256.Sum256(data))
		write(t, filepath.Join(store, "blobs", "sha256-"+sum), data)
		return layer{"application/vnd.ollama.image." + kind, "sha256:" + sum, len(data)}
	}
	layers := []layer{
		put("model", model), put("template", []byte("{{ .Prompt }}")), put("system", []byte("You are a lamp.")),
		put("params", []byte(`{"temperature":0.5}`)), put("license", []byte("You may read by its light.")),
	}
	config := put("config", []byte(`{"model_format":"gguf"}`))
	config.MediaType = "application/vnd.docker.container.image.v1+json"
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "config": config, "layers": layers,
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(store, "manifests", "registry.ollama.ai", "library", name, "latest"), manifest)
	return filepath.Join(store, "blobs", "sha256-"+strings.TrimPrefix(layers[0].Digest, "sha256:"))
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func modelBytes(t *testing.T, o fixture.Options) []byte {
	t.Helper()
	data, err := fixture.New(o).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFoundAndUsed(t *testing.T) {
	home := t.TempDir()
	data := modelBytes(t, fixture.Options{Name: "Tiny it"})
	blob := ollama(t, home, "tiny", data)
	u := elsewhere(t, home)
	u.mustSee("There is nothing in your library yet.", "Found on this computer", "tiny", "Ollama · F32 · "+byteSize(int64(len(data))))
	u.mustNotSee("This is Lamplight")

	u.tapOn("tiny:latest", "Use")
	u.mustSee("Stays where Ollama keeps it; nothing is copied.", "Chat with it")
	if len(u.finder.others) != 0 || len(u.shelf.models) != 1 {
		t.Fatalf("%d models, %d found", len(u.shelf.models), len(u.finder.others))
	}
	m := u.shelf.models[0]
	if m.Card.Name != "tiny:latest" || m.Card.App != discover.Ollama || !m.Card.Reference || m.Path != blob || m.ID != u.shelf.active {
		t.Errorf("the card is %+v", m)
	}
	if x := m.Card.Extras; x == nil || x.Template != "{{ .Prompt }}" || x.System != "You are a lamp." || !strings.Contains(string(x.Parameters), "0.5") {
		t.Errorf("what Ollama had beside the model has become %+v", x)
	}
	u.pick("tiny:latest", "Licence…")
	u.mustSee("You may read by its light.")
	u.tap("Close")
	if entries, _ := os.ReadDir(filepath.Join(u.dir, m.ID)); slices.ContainsFunc(entries, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), ".gguf") }) {
		t.Error("the file was copied")
	}

	u.pick("tiny:latest", "Copy into the library")
	u.mustSee("tiny:latest is in the library itself now.")
	u.mustNotSee("Stays where Ollama keeps it")
	if m := u.shelf.models[0]; m.Card.Reference || m.Card.Extras == nil || len(u.shelf.models) != 1 {
		t.Errorf("the card is %+v", m)
	}
	if got, err := os.ReadFile(blob); err != nil || string(got) != string(data) {
		t.Error("Ollama's file was changed:", err)
	}

	u.pick("tiny:latest", "Remove") // the content is offered again
	if len(u.finder.others) != 1 {
		t.Errorf("%d models are found after the card went", len(u.finder.others))
	}
}

func TestFoundIsCopied(t *testing.T) {
	home := t.TempDir()
	ollama(t, home, "tiny", modelBytes(t, fixture.Options{}))
	u := elsewhere(t, home)
	u.pick("tiny:latest", "Copy into the library")
	u.mustSee("tiny:latest is in your library.")
	if m := u.shelf.models[0]; m.Card.Reference || m.Card.Extras == nil || m.Card.Extras.System != "You are a lamp." {
		t.Errorf("the card is %+v", m)
	}
}

// What the library has already is not offered: the same content, the same file, or what a copy was made from.
func TestFoundTwice(t *testing.T) {
	home := t.TempDir()
	ollama(t, home, "same", modelBytes(t, fixture.Options{}))
	ollama(t, home, "other", modelBytes(t, fixture.Options{Seed: 1}))
	u := elsewhere(t, home, fixture.Options{})
	if got := u.finder.others; len(got) != 1 || got[0].Name != "other:latest" {
		t.Errorf("found %+v", got)
	}

	file := fixture.GGUF(t, fixture.Options{Seed: 2})
	put(t, u.Library, file)
	models, err := u.Library.List()
	if err != nil {
		t.Fatal(err)
	}
	has := newOwned(models)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(filepath.Dir(file), "link.gguf")
	if err := os.Link(file, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link} {
		if !has.model(discover.Found{Path: path, Files: []string{path}, Bytes: info.Size()}) {
			t.Errorf("%s is offered though the library has it", path)
		}
	}
	other := fixture.GGUF(t, fixture.Options{Seed: 3})
	if has.model(discover.Found{Path: other, Files: []string{other}, Bytes: info.Size()}) {
		t.Error("what the library does not have is not offered")
	}
}

func TestFoundAppearsAndGoes(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".ollama", "models"), 0o700); err != nil {
		t.Fatal(err)
	}
	u := elsewhere(t, home, fixture.Options{Name: "One"})
	u.mustSee("Models of Ollama, LM Studio")
	ollama(t, home, "fresh", modelBytes(t, fixture.Options{Seed: 1}))
	u.until("what has appeared", func() bool { return u.sees("fresh") })
	if err := os.RemoveAll(filepath.Join(home, ".ollama")); err != nil {
		t.Fatal(err)
	}
	u.until("what has gone", func() bool { return !u.sees("fresh") })
}

func TestFoundUnusable(t *testing.T) {
	home, folder := t.TempDir(), t.TempDir()
	write(t, filepath.Join(folder, "cut.gguf"), modelBytes(t, fixture.Options{})[:9000])
	ollama(t, home, "whole", modelBytes(t, fixture.Options{}))
	u := elsewhere(t, home, fixture.Options{Name: "One", Seed: 1})
	u.finder.setFolders([]string{folder})
	u.until("the folder", func() bool { return u.sees("1 file that cannot chat") })
	u.mustSee(folder, "whole")
	u.mustNotSee("The file ends too early")
	u.tap("1 file that cannot chat")
	u.mustSee("cut", filepath.Join(folder, "cut.gguf"), "The file ends too early")
	u.tap("1 file that cannot chat")
	u.mustNotSee("The file ends too early")

	n := u.lookCount()
	u.tap("Stop looking in this folder")
	u.lookedElsewhere(n + 1)
	u.mustNotSee(folder, "cannot chat")
	if len(u.Settings.Folders) != 0 {
		t.Errorf("the settings have %q", u.Settings.Folders)
	}
}

func TestLookInAnotherFolder(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "deep", "mine.gguf"), modelBytes(t, fixture.Options{Name: "Mine"}))
	u := elsewhere(t, t.TempDir(), fixture.Options{Name: "One", Seed: 1})
	u.tap("Look in another folder…")
	if u.dialog == nil || !u.dialog.asksFile {
		t.Fatal("no folder is asked for")
	}
	u.closeDialog()
	u.finder.setFolders([]string{folder})
	u.until("the folder's model", func() bool { return u.sees("mine") })
	u.settle()
	u.tapOn("mine", "Use")
	u.mustSee("Stays in the folder where you keep it; nothing is copied.")

	s, err := os.ReadFile(u.SettingsPath)
	if err != nil || !strings.Contains(string(s), folder) {
		t.Errorf("the settings are %s, %v", s, err)
	}
}
