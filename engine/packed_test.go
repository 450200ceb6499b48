package engine_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lamplight/engine"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

// packedFiles lists the files of arranged weights in a folder.
func packedFiles(t *testing.T, folder string) (paths []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "key-") {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	return paths
}

// loadCached loads a model with a cache and returns what it answers.
func loadCached(t *testing.T, path, folder string) []float32 {
	t.Helper()
	m, err := engine.Load(t.Context(), path, engine.LoadOptions{Threads: 2, Cache: folder})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := m.NewSession(engine.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var last []float32
	for row, err := range s.Logits(t.Context(), text(m, 30, 1)) {
		if err != nil {
			t.Fatal(err)
		}
		last = slices.Clone(row)
	}
	return last
}

// TestPacked holds that weights from the cache are those that were arranged, and that a file which is damaged in any
// place, cut short, too long, or another model's is made anew.
func TestPacked(t *testing.T) {
	if kernels.Available()[0].Name == "go" {
		t.Skip("the reference kernels arrange nothing")
	}
	folder := filepath.Join(t.TempDir(), "packed")
	path := fixture.GGUF(t, fixture.Options{Type: kernels.Q8_0})
	want := loadCached(t, path, "")
	check := func(what string) {
		t.Helper()
		if got := loadCached(t, path, folder); !same(got, want) {
			t.Errorf("%s: other logits than without a cache", what)
		}
	}
	check("the first time")
	files := packedFiles(t, folder)
	if len(files) != 1 {
		t.Fatalf("%d files in the cache", len(files))
	}
	file := files[0]
	original, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}
	check("from the cache")

	spoil := func(what string, content []byte) {
		t.Helper()
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		check(what)
		if now, err := os.ReadFile(file); err != nil || !slices.Equal(now, original) {
			t.Errorf("%s: the file was not made anew", what)
		}
	}
	for _, at := range []int{0, 8, 20, 40, 70, 100, 4096, len(original) / 2, len(original) - 100} {
		damaged := slices.Clone(original)
		damaged[at] ^= 0x40
		spoil("damaged", damaged)
	}
	spoil("cut short", original[:len(original)-5])
	spoil("empty", nil)
	spoil("too long", append(slices.Clone(original), 0))

	other := fixture.GGUF(t, fixture.Options{Type: kernels.Q8_0, Seed: 5})
	loadCached(t, other, folder)
	files = slices.DeleteFunc(packedFiles(t, folder), func(f string) bool { return f == file })
	if len(files) != 1 {
		t.Fatalf("%d files of the other model", len(files))
	}
	foreign, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	spoil("another model's", foreign)
}

// TestPackedKeys holds that a file which was written anew under its name is not taken for what it was, and that a
// folder that cannot be written costs time only.
func TestPackedKeys(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "packed")
	path := filepath.Join(t.TempDir(), "model.gguf")
	for seed := range uint64(3) {
		if err := fixture.New(fixture.Options{Type: kernels.Q8_0, Seed: seed}).WriteGGUF(path); err != nil {
			t.Fatal(err)
		}
		if !same(loadCached(t, path, folder), loadCached(t, path, "")) {
			t.Errorf("seed %d: other logits than without a cache", seed)
		}
	}
	notFolder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notFolder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !same(loadCached(t, path, notFolder), loadCached(t, path, "")) {
		t.Error("with a cache that is no folder: other logits")
	}
}
