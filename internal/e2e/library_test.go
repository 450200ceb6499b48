//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
	"lamplight/kernels"
	"lamplight/library"
)

// TestFound is the first hour of a person who has models already, in Ollama's store and in Hugging Face's cache. They
// are offered without anything being dropped, answer from where they are, and nothing there changes. One whose file is
// cut off or taken away while it answers costs a sentence and no more, and the starter stands in for it.
func TestFound(t *testing.T) {
	path, settings := endless(t)
	weights, err := os.ReadFile(path)
	must(t, err)
	var blob, store, cache string
	p := start(t, options{settings: settings, before: func(p *program) {
		store, cache = p.dir(".ollama"), p.dir(".cache")
		blob = ollama(t, store, "tides", weights)
		hub(t, cache, "ana", "lamps")
	}})
	before := tree(t, store, cache)
	p.await(`msg="other models looked for" found=2`)
	p.shot("welcome")
	p.tabTo("Show")
	p.key("Return")
	p.await(`msg="page shown" name=models`)
	p.until("the focus elsewhere", func() bool { return p.look().focus != "Show" })
	p.shot("found")

	p.use("tides:latest")
	p.shot("used")
	p.click("notice-action", p.gone("notice")) // Chat with it
	p.stopped("Why does the tide come twice?")
	p.openModels()
	p.use("ana/lamps")
	p.click("notice-action", p.gone("notice"))
	p.stopped("What is a lamp?")
	if after := tree(t, store, cache); !maps.Equal(before, after) {
		t.Errorf("what other applications have was\n%q, is\n%q", before, after)
	}
	if files, err := filepath.Glob(p.dir("data/lamplight/models/[^+]*/*.gguf")); err != nil || len(files) > 0 || len(p.models()) != 2 {
		t.Errorf("copied were %q, of %q: %v", files, p.models(), err)
	}

	p.openModels()
	p.tabTo("More about tides:latest")
	p.key("shift+Tab")
	p.until("the button before", func() bool { return p.look().focus == "Use" })
	p.key("Return")
	p.until("the chat", func() bool { return p.look().has("prompt") })
	p.ask("Are you still there?")
	p.until("some words", func() bool { return p.look().written > 200 })
	must(t, os.Truncate(blob, 0)) // which takes the pages away that are in use
	written := p.look().written
	p.until("more words, or the end", func() bool { return p.look().written > written || p.came(`msg="answer (ended|failed)"`) })
	p.key("Escape")
	p.until("the end", func() bool { return p.came(`msg="answer (ended|failed)"`) })
	takeAway(t, blob)
	p.key("ctrl+n")
	p.until("a new conversation", func() bool { return p.look().turns == 0 })
	p.await(`msg=notice text="tides:latest is no longer on the disk, so Lamplight starter answers\."`)
	p.shot("gone")
	p.ask("And now?")
	p.await(`msg="answer ended" tokens=[1-9]\d*`)
	p.shot("stood in for")
	p.quit()
}

// use chooses a model that was found.
func (p *program) use(name string) {
	p.t.Helper()
	p.tabTo("More about " + name)
	p.key("shift+Tab")
	p.until("the button before", func() bool { return p.look().focus == "Use" })
	p.key("Return")
	p.await(`msg="a model of another application was taken" id=\S+ existed=false`)
	p.await(`msg=notice text="` + regexp.QuoteMeta(name) + ` is ready\.`)
}

// stopped asks something, lets some words come, and stops them.
func (p *program) stopped(question string) {
	p.t.Helper()
	p.ask(question)
	p.until("some words", func() bool { return p.look().written > 20 })
	p.key("Escape")
	p.await(`msg="answer ended" tokens=[1-9]\d* stopped=true`)
}

// ollama puts a model into Ollama's store, as the tag latest of a name, and returns the file with the weights.
func ollama(t *testing.T, store, name string, weights []byte) (blob string) {
	t.Helper()
	blobs := filepath.Join(store, "models", "blobs")
	layer := func(mediaType string, data []byte) map[string]any {
		sum := fmt.Sprintf("%x", sha256.Sum256(data))
		blob = filepath.Join(blobs, "sha256-"+sum)
		keep(t, blob, data)
		return map[string]any{"mediaType": mediaType, "digest": "sha256:" + sum, "size": len(data)}
	}
	const meaning = "application/vnd.ollama.image."
	config := layer("application/vnd.docker.container.image.v1+json", []byte(`{"model_format":"gguf","model_family":"gemma3"}`))
	layers := []any{
		layer(meaning+"template", []byte("{{ .Prompt }}")), layer(meaning+"license", []byte("You may read by its light.")),
		layer(meaning+"params", []byte(`{"stop":["<end_of_turn>"]}`)), layer(meaning+"model", weights),
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "config": config, "layers": layers,
	})
	must(t, err)
	keep(t, filepath.Join(store, "models", "manifests", "registry.ollama.ai", "library", name, "latest"), manifest)
	return blob
}

// hub puts a model into Hugging Face's cache: a snapshot whose files are links to blobs.
func hub(t *testing.T, cache, owner, name string) {
	t.Helper()
	const revision = "0123456789abcdef0123456789abcdef01234567"
	repo := filepath.Join(cache, "huggingface", "hub", "models--"+owner+"--"+name)
	snapshot := filepath.Join(repo, "snapshots", revision)
	must(t, os.MkdirAll(snapshot, 0o755))
	keep(t, filepath.Join(repo, "refs", "main"), []byte(revision))
	files := fixture.Folder(t, fixture.Options{Name: "Lamps", Seed: 3})
	entries, err := os.ReadDir(files)
	must(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(files, e.Name()))
		must(t, err)
		sum := fmt.Sprintf("%x", sha256.Sum256(data))
		keep(t, filepath.Join(repo, "blobs", sum), data)
		must(t, os.Symlink(filepath.Join("..", "..", "blobs", sum), filepath.Join(snapshot, e.Name())))
	}
}

// keep writes a file, in folders that need not be there.
func keep(t *testing.T, path string, data []byte) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, data, 0o644))
}

// tree is what can be seen of folders without reading the files: names, modes, sizes, times, targets of links.
func tree(t *testing.T, roots ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, root := range roots {
		must(t, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			target, _ := os.Readlink(path) // "" for what is none
			all[path] = fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano(), target)
			return nil
		}))
	}
	return all
}

// TestFilesGiven starts the program with files: the first instance imports its own, and that of the second one.
func TestFilesGiven(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"first.gguf", "second.gguf"} {
		must(t, fixture.New(fixture.Options{Name: name, Seed: uint64(i)}).WriteGGUF(filepath.Join(dir, name)))
	}
	p := start(t, options{args: []string{filepath.Join(dir, "first.gguf")}})
	p.await(`msg="import done" id=first\S* existed=false`)
	p.await(`msg=notice text="first.gguf is in your library\."`)

	second, err := filepath.Rel(p.home, filepath.Join(dir, "second.gguf"))
	must(t, err)
	p.options.args = []string{second} // it is started in its home
	if out, err := p.traced().CombinedOutput(); err != nil {
		t.Errorf("the second instance ended with %v: %s", err, out)
	}
	p.await(`msg="import done" id=second\S* existed=false`)
	p.await(`msg=notice text="second.gguf is in your library\."`)
	p.shot("both")
	p.quit()
}

// TestSeveralDropped drops a model together with what cannot chat: it is imported, and each of the others is explained. A text
// goes with the message that is written.
func TestSeveralDropped(t *testing.T) {
	p := start(t, options{})
	for _, c := range []struct {
		name string
		make func(*testing.T, string)
	}{
		{"good.gguf", model(func(*fixture.Model) {})},
		{"style.gguf", model(func(m *fixture.Model) { m.Set("general.type", gguf.Scalar("adapter")) })},
		{"mmproj-eyes.gguf", model(func(m *fixture.Model) { m.Set("general.architecture", gguf.Scalar("clip")) })},
		{"notes.txt", file([]byte("Buy lamp oil.\n"))},
	} {
		c.make(t, p.dir(c.name))
	}
	p.drop(p.dir("good.gguf"), p.dir("style.gguf"), p.dir("mmproj-eyes.gguf"), p.dir("notes.txt"))
	p.await(`msg="files taken" backups=0 chats=0 texts=1 models=3`)
	p.until("the text to be attached", func() bool { return strings.Contains(p.log(), `msg="files attached" files=1 all=1`) })
	p.await(`msg="import done" id=\S+ existed=false`)
	p.until("both to be explained", func() bool { // in any order: an adapter is looked at beside the imports
		return p.came(`msg=notice text="style.gguf was not added. It is an adapter,`) && p.came(`msg=notice text="mmproj-eyes.gguf was not added. It lets a model see pictures`)
	})
	p.shot("explained")
	if got := p.models(); len(got) != 1 {
		t.Errorf("the library has %v", got)
	}
	p.quit()
}

// TestQuantize makes a smaller model from the menu of a card: it gets a card with a receipt, and answers.
func TestQuantize(t *testing.T) {
	p := start(t, options{})
	p.drop(fixture.GGUF(t, fixture.Options{Name: "Tides"}))
	p.await(`msg="import done"`)
	p.quantize("Tides", "Q8_0")
	p.await(`msg="job done" kind=quantize`)
	p.await(`msg="job done" kind=receipt`)
	p.tabTo("More about Tides Q8_0")
	p.shot("made")
	p.wantQuantized("Tides", "Tides Q8_0", true)
	p.quit()
}

// TestQuantizeKilled kills the program while it makes a smaller model. The next start makes it, and of what was half
// done nothing is left. A window that is closed in the middle of a job does not wait for its end.
func TestQuantizeKilled(t *testing.T) {
	large := filepath.Join(t.TempDir(), "large.gguf")
	vocab := fixture.GGUF(t, fixture.Options{})
	c := exec.Command("go", "run", "lamplight/cmd/lamp", "synth", "-shape", "gemma3-270m", "-vocab", vocab, "-type", "f16", "-o", large)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("synth: %v\n%s", err, out)
	}
	p := start(t, options{})
	p.drop(large)
	p.await(`msg="import done"`)
	made := p.models()
	const name = "gemma3-270m with random weights"
	p.quantize(name, "Q8_0")
	p.inSlices("a part of the new model", func() bool { return len(p.halfDone()) > 0 })
	p.kill()
	if got := p.models(); len(got) != 1 {
		t.Fatalf("the library has %q, had %q: it was over too soon", got, made)
	}

	p.launch()
	p.await(`msg="job done" kind=quantize`) // and its receipt, which takes minutes, begins
	p.quit()
	p.wantQuantized(name, name+" Q8_0", false)
}

// quantize chooses a recipe from the menu of a model and begins.
func (p *program) quantize(name, recipe string) {
	p.t.Helper()
	p.openModels()
	p.menu(name)
	p.keys("Down", "Down", "Down", "Down", "Return") // Make a smaller one…
	chip := regexp.MustCompile(`^[FQ]\d`)
	p.until("the recipes", func() bool { return chip.MatchString(p.look().focus) })
	p.press(recipe)
	p.shot("recipes")
	p.press("Make it")
}

// halfDone are the files in which jobs write.
func (p *program) halfDone() []string {
	paths, _ := filepath.Glob(p.dir("data/lamplight/jobs/work/*/*")) // the pattern is fine
	return paths
}

// wantQuantized checks the card of the one model beside the one that it was made from, and that nothing else is left.
func (p *program) wantQuantized(base, name string, receipt bool) {
	p.t.Helper()
	paths, err := filepath.Glob(p.dir("data/lamplight/models/[^+]*/model.json"))
	must(p.t, err)
	cards := map[string]library.Card{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		must(p.t, err)
		var c library.Card
		must(p.t, json.Unmarshal(data, &c))
		cards[c.Name] = c
	}
	small, whole := cards[name], cards[base]
	if len(cards) != 2 || len(p.models()) != 2 || small.Quantization != kernels.Q8_0.String() || small.Bytes >= whole.Bytes || small.Parameters != whole.Parameters {
		p.t.Errorf("the library has %+v in %q", cards, p.models())
	}
	if r := small.Receipt; (r != nil) != receipt || receipt && (r.Source != base || r.SourceSHA256 != whole.SHA256 || r.SameTop <= 0.5 || r.Model.Bytes != small.Bytes) {
		p.t.Errorf("its receipt is %+v", r)
	}
	all, err := filepath.Glob(p.dir("data/lamplight/models/.[it]*"))
	must(p.t, err)
	all = append(all, p.halfDone()...)
	for _, path := range all {
		if !strings.HasSuffix(path, ".trash") {
			p.t.Errorf("left behind: %s", path)
		}
	}
}
