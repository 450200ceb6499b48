package gguf

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A process that is killed leaves nothing: while a file is written there is no name that could stay.
func TestWritingHasNoName(t *testing.T) {
	dir := t.TempDir()
	f, err := createUnnamed(dir)
	if err != nil {
		t.Skip("only Linux has files without a name: ", err)
	}
	f.Close()
	for _, old := range []string{"", "what was there"} {
		path := filepath.Join(dir, "model.gguf")
		if old != "" {
			if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
				t.Fatal(err)
			}
		} else if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		before := len(names(t, dir))
		w := NewWriter()
		seen := -1
		floats(w, "a", 8, func(out io.Writer) error { // 8 of 4 bytes
			seen = len(names(t, dir))
			return zeros(32)(out)
		})
		if err := w.WriteFile(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		if seen != before {
			t.Errorf("%d files before, %d while writing", before, seen)
		}
		if g, err := Open(path); err != nil {
			t.Error(err)
		} else {
			g.Close()
		}
		if list := names(t, dir); len(list) != 1 {
			t.Errorf("left: %v", list)
		}
	}
}

// Where there are no files without a name, one with another name is renamed, or removed.
func TestOutputWithName(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.gguf")
	begin := func() *output {
		f, err := os.CreateTemp(dir, ".gguf-*.tmp")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("new"); err != nil {
			t.Fatal(err)
		}
		return &output{f, path, false}
	}
	begin().discard()
	if list := names(t, dir); len(list) != 0 {
		t.Errorf("left: %v", list)
	}
	for range 2 { // the second time there is a file to replace
		if err := begin().place(); err != nil {
			t.Fatal(err)
		}
		if list := names(t, dir); len(list) != 1 || list[0] != "model.gguf" {
			t.Errorf("left: %v", list)
		}
	}
}

// A folder that has the name cannot be replaced, and nothing is left of the attempt.
func TestPlaceOnFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model.gguf")
	if err := os.MkdirAll(filepath.Join(path, "inside"), 0o700); err != nil {
		t.Fatal(err)
	}
	w := NewWriter()
	floats(w, "a", 8, zeros(32))
	if err := w.WriteFile(t.Context(), path); err == nil {
		t.Error("a folder was replaced")
	}
	if list := names(t, dir); len(list) != 1 || list[0] != "model.gguf" {
		t.Errorf("left: %v", list)
	}
}

func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}
