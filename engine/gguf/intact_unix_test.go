//go:build unix

package gguf

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"lamplight/engine/internal/container"
)

// A mapped file that is cut short is noticed, and reading it fails without ending the process.
func TestFileCutShortWhileOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.gguf")
	data := append(everything(t), make([]byte, 1<<20)...) // pages beyond the last tensor do no harm
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Intact(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if err := f.Intact(); !errors.Is(err, ErrTruncated) {
		t.Errorf("Intact: %v", err)
	}
	mapped := f.mapped[0].Bytes()
	err = container.Guard(func() error {
		_, err := Parse("mapped", mapped[1<<19:])
		return err
	})
	if !errors.Is(err, ErrTruncated) {
		t.Errorf("Guard: %v", err)
	}
	// Metadata was copied and outlives both the file and Close.
	f.Close()
	if s, err := f.String("a.string"); s != "ein Wörtchen" || err != nil {
		t.Errorf("metadata is %q, %v", s, err)
	}
}
