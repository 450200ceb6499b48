package library

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lamplight/engine/source"
	"lamplight/internal/golden"
)

func TestImportLinks(t *testing.T) {
	l, sources := openTemp(t)
	data := tinyGGUF(t, 1)
	path := write(t, filepath.Join(sources, "tiny.gguf"), data)
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	var stages []Stage
	m, _, err := drain(t, t.Context(), l, path, func(p Progress) { stages = append(stages, p.Stage) })
	if err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Compact(stages), []Stage{Checking, Hashing, Done}; !slices.Equal(got, want) {
		t.Errorf("stages %v, want %v", got, want)
	}
	wantTree(t, l.dir, m.ID, m.ID+"/model.gguf", m.ID+"/model.json")

	src, err := source.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	facts, config := src.Facts(), src.Config()
	sum := sha256.Sum256(data)
	c := m.Card
	if c.Name != facts.Name || c.Architecture != facts.Architecture || c.Quantization != facts.Quantization ||
		c.Parameters != facts.Parameters || c.License != facts.License || c.Origin != facts.Origin ||
		c.ContextLength != config.ContextLength || c.Vocabulary != config.Vocab {
		t.Errorf("card %+v does not match facts %+v", c, facts)
	}
	if c.Bytes != int64(len(data)) || c.SHA256 != hex.EncodeToString(sum[:]) || !c.Linked || c.Source != path {
		t.Errorf("card %+v", c)
	}
	if age := time.Since(c.Imported); age < 0 || age > time.Hour {
		t.Errorf("imported %v", c.Imported)
	}

	a, b := stat(t, path), stat(t, m.Path)
	if !os.SameFile(a, b) {
		t.Error("the source was doubled")
	}
	if a.Mode().Perm() != 0o444 {
		t.Errorf("the source's mode is %v now", a.Mode())
	}
	for path, mode := range map[string]os.FileMode{
		l.dir: 0o700, filepath.Join(l.dir, m.ID): 0o700, filepath.Join(l.dir, m.ID, cardName): 0o600,
	} {
		if got := stat(t, path).Mode().Perm(); got != mode {
			t.Errorf("%s has mode %v, want %v", path, got, mode)
		}
	}
	got, err := l.Get(m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(*m) {
		t.Errorf("Get: %+v\nimport: %+v", got, *m)
	}
}

func TestImportCopies(t *testing.T) {
	l, sources := openTemp(t)
	noLinks(l)
	data := tinyGGUF(t, 1)
	path := write(t, filepath.Join(sources, "tiny.gguf"), data)
	var copied Progress
	m, _, err := drain(t, t.Context(), l, path, func(p Progress) {
		if p.Stage == Copying {
			copied = p
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if copied.Done != int64(len(data)) || copied.Total != int64(len(data)) {
		t.Errorf("copying ended with %+v", copied)
	}
	if m.Card.Linked || os.SameFile(stat(t, path), stat(t, m.Path)) {
		t.Error("linked, want a copy")
	}
	if !bytes.Equal(read(t, m.Path), data) {
		t.Error("the copy differs")
	}
	if mode := stat(t, m.Path).Mode().Perm(); mode != 0o600 {
		t.Errorf("mode %v, want 0600", mode)
	}
	wantTree(t, l.dir, m.ID, m.ID+"/model.gguf", m.ID+"/model.json")
}

func TestImportAcrossFileSystems(t *testing.T) {
	l, _ := openTemp(t)
	other, err := os.MkdirTemp("/dev/shm", "lamplight-test-")
	if err != nil {
		t.Skip("there is no second file system at /dev/shm to copy from: ", err)
	}
	t.Cleanup(func() { os.RemoveAll(other) })
	path := write(t, filepath.Join(other, "tiny.gguf"), tinyGGUF(t, 1))
	if err := os.Link(path, filepath.Join(l.dir, ".probe")); err == nil {
		os.Remove(filepath.Join(l.dir, ".probe"))
		t.Skip("/dev/shm and the temporary folder are on one file system")
	}
	m := mustImport(t, l, path)
	if m.Card.Linked {
		t.Error("the card says linked")
	}
	if !bytes.Equal(read(t, m.Path), read(t, path)) {
		t.Error("the copy differs")
	}
}

// The same content is one model, whatever the file is called and whether it was linked or copied.
func TestImportTwice(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	same := write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 1))
	first := mustImport(t, l, path)
	before := tree(t, l.dir)
	for _, p := range []string{path, same, first.Path, filepath.Dir(first.Path)} {
		m, existed, err := drain(t, t.Context(), l, p, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !existed || m.ID != first.ID {
			t.Errorf("%s: model %s, existed %v", p, m.ID, existed)
		}
	}
	wantTree(t, l.dir, before...)

	other := mustImport(t, l, write(t, filepath.Join(sources, "c.gguf"), tinyGGUF(t, 2)))
	if other.ID == first.ID {
		t.Error("another model got the same ID")
	}
}

func TestImportName(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	for p, err := range l.Import(t.Context(), path, ImportOptions{Name: " My\nmodel "}) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Stage == Done && (p.Model.Card.Name != "My model" || !strings.HasPrefix(p.Model.ID, "my-model")) {
			t.Errorf("name %q, id %q", p.Model.Card.Name, p.Model.ID)
		}
	}
}

func TestNameFromPath(t *testing.T) {
	for path, want := range map[string]string{
		"/m/gemma-3-270m-it-Q8_0.gguf": "gemma-3-270m-it-Q8_0",
		"/m/Qwen-00001-of-00003.GGUF":  "Qwen",
	} {
		if got := nameFromPath(filepath.FromSlash(path)); got != want {
			t.Errorf("nameFromPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestImportHuggingFaceFolder(t *testing.T) {
	l, sources := openTemp(t)
	dir := filepath.Join(sources, "my-model")
	tinyFolder(t, dir)
	write(t, filepath.Join(dir, "README.md"), []byte("not a part of the model"))
	m := mustImport(t, l, dir)
	want := []string{m.ID}
	h := sha256.New()
	for _, f := range m.Card.Files {
		want = append(want, m.ID+"/"+f.Name)
		fmt.Fprintf(h, "%x\n", sha256.Sum256(read(t, filepath.Join(dir, f.Name))))
	}
	want = append(want, m.ID+"/"+cardName)
	slices.Sort(want)
	wantTree(t, l.dir, want...)
	if got := hex.EncodeToString(h.Sum(nil)); m.Card.SHA256 != got {
		t.Errorf("digest %s, want %s", m.Card.SHA256, got)
	}
	if m.Path != filepath.Join(l.dir, m.ID) || !m.Card.Linked {
		t.Errorf("model %+v", m)
	}
	src, err := source.Open(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := src.Check(); err != nil {
		t.Error(err)
	}
	// One of its files stands for the folder.
	again, existed, err := drain(t, t.Context(), l, filepath.Join(dir, "model.safetensors"), nil)
	if err != nil || !existed || again.ID != m.ID {
		t.Errorf("model.safetensors: %v, existed %v, %v", again, existed, err)
	}
}

// Files that other programs wrote.
func TestImportGolden(t *testing.T) {
	dir := golden.Dir(t, "tiny-gemma3")
	l, _ := openTemp(t)
	for file, quantization := range map[string]string{
		"model-f16.gguf": "F16", "model-Q8_0.gguf": "Q8_0", "model-Q4_K_M.gguf": "Q4_K_M", "model.safetensors": "BF16",
	} {
		c := mustImport(t, l, filepath.Join(dir, file)).Card
		if c.Architecture != "gemma3" || c.Quantization != quantization || c.Vocabulary != 768 || c.Parameters == 0 {
			t.Errorf("%s: %+v", file, c)
		}
	}
	// Which of them is meant, the folder does not say.
	_, _, err := drain(t, t.Context(), l, dir, nil)
	wantIs(t, err, ErrSeveralModels)
}

// The Hugging Face cache names files through symbolic links to blobs.
func TestImportHuggingFaceCache(t *testing.T) {
	l, sources := openTemp(t)
	repo := filepath.Join(sources, "models--google--tiny")
	blobs := filepath.Join(repo, "blobs")
	snapshot := filepath.Join(repo, "snapshots", "0123abcd")
	tinyFolder(t, blobs)
	if err := os.MkdirAll(snapshot, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, name := range tree(t, blobs) {
		blob := fmt.Sprintf("%064d", i)
		if err := os.Rename(filepath.Join(blobs, name), filepath.Join(blobs, blob)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..", "..", "blobs", blob), filepath.Join(snapshot, name)); err != nil {
			t.Fatal(err)
		}
	}
	m := mustImport(t, l, repo)
	if !m.Card.Linked {
		t.Error("copied, want links to the blobs")
	}
	for _, f := range m.Card.Files {
		info, err := os.Lstat(filepath.Join(m.Path, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		if !info.Mode().IsRegular() {
			t.Errorf("%s is %v, want the file itself", f.Name, info.Mode())
		}
	}
	if err := os.RemoveAll(sources); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Get(m.ID); err != nil {
		t.Error("the model went with its source: ", err)
	}
}

func TestImportSplit(t *testing.T) {
	l, sources := openTemp(t)
	parts := tinySplit(t, sources)
	m := mustImport(t, l, parts[1])
	want := []string{m.ID}
	for _, p := range parts {
		want = append(want, m.ID+"/"+filepath.Base(p))
	}
	want = append(want, m.ID+"/"+cardName)
	slices.Sort(want)
	wantTree(t, l.dir, want...)
	if m.Path != filepath.Join(l.dir, m.ID, filepath.Base(parts[0])) {
		t.Errorf("path %s", m.Path)
	}
	for _, path := range []string{parts[0], sources} {
		again, existed, err := drain(t, t.Context(), l, path, nil)
		if err != nil || !existed || again.ID != m.ID {
			t.Errorf("%s: %v, existed %v, %v", path, again, existed, err)
		}
	}
}

func TestImportSymbolicLink(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "blobs", "sha256-0123"), tinyGGUF(t, 1))
	link := filepath.Join(sources, "tiny.gguf")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	m := mustImport(t, l, link)
	if m.Path != filepath.Join(l.dir, m.ID, "model.gguf") {
		t.Errorf("path %s", m.Path)
	}
	info, err := os.Lstat(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(info, stat(t, path)) {
		t.Errorf("%s is %v, want a hard link to the file itself", m.Path, info.Mode())
	}
}

// The name of a file says nothing about it; Ollama calls its models after their digests.
func TestImportWithoutExtension(t *testing.T) {
	l, sources := openTemp(t)
	m := mustImport(t, l, write(t, filepath.Join(sources, "sha256-0123"), tinyGGUF(t, 1)))
	if m.Path != filepath.Join(l.dir, m.ID, "model.gguf") {
		t.Errorf("path %s", m.Path)
	}
}

func TestImportFolderWithOneModel(t *testing.T) {
	l, sources := openTemp(t)
	write(t, filepath.Join(sources, "publisher", "tiny", "tiny.gguf"), tinyGGUF(t, 1))
	write(t, filepath.Join(sources, "publisher", "tiny", "mmproj-tiny.gguf"), []byte("a vision projector"))
	write(t, filepath.Join(sources, ".cache", "other.gguf"), []byte("hidden"))
	write(t, filepath.Join(sources, "readme.txt"), []byte("hello"))
	m := mustImport(t, l, sources)
	if filepath.Base(m.Path) != "model.gguf" {
		t.Errorf("path %s", m.Path)
	}
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}
