//go:build e2e

package e2e

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/internal/golden"
)

// goldenModel returns a file to drop: the golden model where it is, else one of our own making.
func goldenModel(t *testing.T) string {
	t.Helper()
	path := fixture.GGUF(t, fixture.Options{Name: "Fixture"})
	t.Run("golden", func(t *testing.T) { path = filepath.Join(golden.Dir(t, "tiny-gemma3"), "model-Q8_0.gguf") })
	return path
}

// endless returns a model that does not end an answer before 131,072 tokens, with the settings that let it.
func endless(t *testing.T) (path, settings string) {
	t.Helper()
	return fixture.GGUF(t, fixture.Options{Name: "Endless", Seed: 1, ContextLength: 131072}), `{"threads":1,"context_length":131072}`
}

// libraryFile is the file of the one model in the library beside the starter.
func (p *program) libraryFile() string {
	p.t.Helper()
	paths, err := filepath.Glob(p.dir("data/lamplight/models/[^+]*/model.gguf"))
	if err != nil || len(paths) != 1 {
		p.t.Fatalf("the library has %v: %v", paths, err)
	}
	return paths[0]
}

func takeAway(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

// handOver gives the home to the user who runs the program, and a way to it.
func (p *program) handOver() {
	p.t.Helper()
	u, err := user.Lookup(p.options.user)
	if err != nil {
		p.t.Fatal(err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		p.t.Fatal(err)
	}
	err = filepath.WalkDir(p.home, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, -1)
	})
	if err == nil {
		err = os.Chmod(filepath.Dir(p.home), 0o755) // of the test's temporary folders
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
