package library

import (
	"os"
	"testing"

	"lamplight/internal/fixture"
)

// tinyGGUF is the content of a complete model file, a different one for each seed. It is longer than one
// copyChunk, so that copying it takes several steps.
func tinyGGUF(t testing.TB, seed uint64) []byte {
	t.Helper()
	data, err := fixture.New(fixture.Options{Seed: seed}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) <= copyChunk {
		t.Fatalf("the model has %d bytes and should have more than %d", len(data), copyChunk)
	}
	return data
}

// vocabularyGGUF is the content of a file with a vocabulary and no weights.
func vocabularyGGUF(t testing.TB) []byte {
	t.Helper()
	m := fixture.New(fixture.Options{})
	m.Tensors = nil
	data, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tinyFolder writes a complete Hugging Face folder.
func tinyFolder(t testing.TB, dir string) {
	t.Helper()
	if err := fixture.New(fixture.Options{}).WriteFolder(dir); err != nil {
		t.Fatal(err)
	}
}

// tinySplit writes a complete model as a GGUF of three parts and returns their paths.
func tinySplit(t testing.TB, dir string) []string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	paths, err := fixture.New(fixture.Options{}).WriteSplit(dir, "tiny", 3)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
