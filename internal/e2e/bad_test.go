//go:build e2e

package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
)

// TestBadDrops drops what is no model, or cannot be kept: each is refused with the sentence for it, and
// nothing is left behind.
func TestBadDrops(t *testing.T) {
	whole, err := fixture.New(fixture.Options{}).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	o := options{}
	if os.Geteuid() == 0 {
		o.user = "nobody" // no file is unreadable to root
	}
	p := start(t, o)
	dir := filepath.Join(p.home, "files")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string // of the file or folder that is dropped
		make func(t *testing.T, path string)
		says string
	}{
		{"letter.gguf", file([]byte("Dear Ana,\nthis is no model.\n")), "is something else"},
		{"empty.gguf", file(nil), "ends too early"},
		{"half.gguf", file(whole[:len(whole)/2]), "ends too early"},
		{"beyond.gguf", file(moved(whole, "output_norm.weight")), "ends too early"},
		{"other.gguf", model(func(m *fixture.Model) { m.Set("general.architecture", gguf.Scalar("gemma9")) }), "“gemma9”"},
		{"missing.gguf", model(func(m *fixture.Model) { m.Drop("blk.3.ffn_up.weight") }), "some of its weights are not in the file"},
		{"vocabulary.gguf", model(func(m *fixture.Model) { m.Tensors = nil }), "a vocabulary but no weights"},
		{"secret.gguf", unreadable(whole), "not allowed to read this file"},
		{"split-00001-of-00003.gguf", split, "one of them is missing"},
		{"photos", folder("tide.jpeg"), "no model in this folder"},
		{"several", folder("a.gguf", "b.gguf"), "several models in this folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(dir, c.name)
			c.make(t, path)
			p.refused(t, path, c.says)
		})
	}
	t.Run("full disk", func(t *testing.T) {
		p.fillDisk(t)
		path := filepath.Join(dir, "good.gguf")
		file(whole)(t, path)
		p.refused(t, path, "The disk is full.")
	})
	p.quit()
}

// refused drops what is at path and checks what the program says and keeps.
func (p *program) refused(t *testing.T, path, says string) {
	t.Helper()
	p.drop(path)
	p.await(`msg="import failed"`)
	said := p.await(`msg=notice text=`)
	p.shot(filepath.Base(path))
	if !strings.Contains(said, filepath.Base(path)+" was not added. ") || !strings.Contains(said, says) {
		t.Errorf("the program says %s, want %q", said, says)
	}
	if got := p.models(); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}

func file(content []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func unreadable(content []byte) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		file(content)(t, path)
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
	}
}

func folder(names ...string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			file([]byte("…"))(t, filepath.Join(path, name))
		}
	}
}

func model(change func(*fixture.Model)) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		t.Helper()
		m := fixture.New(fixture.Options{})
		change(m)
		content, err := m.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		file(content)(t, path)
	}
}

// split writes a model in three files and takes the last away.
func split(t *testing.T, path string) {
	t.Helper()
	paths, err := fixture.New(fixture.Options{}).WriteSplit(filepath.Dir(path), "split", 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if err := os.Chmod(path, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	takeAway(t, paths[2])
}

// moved returns a copy of a GGUF file that says of one tensor that its data is far beyond the end. The record
// of a tensor is its name, the number of dimensions (uint32), as many uint64, the type (uint32) and the
// offset (uint64).
func moved(content []byte, tensor string) []byte {
	content = bytes.Clone(content)
	at := bytes.Index(content, []byte(tensor)) + len(tensor)
	offset := at + 4 + 8*int(content[at]) + 4
	content[offset+5] = 1 // 1 TiB
	return content
}

// fillDisk puts a file system that is too small for any model under the library.
func (p *program) fillDisk(t *testing.T) {
	t.Helper()
	dir := p.dir("data/lamplight/models")
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=0777"); err != nil {
		t.Skip("a small file system to fill cannot be mounted here: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}
