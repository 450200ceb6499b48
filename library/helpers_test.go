package library

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// openTemp opens an empty library beside a folder for sources, on one file system.
func openTemp(t *testing.T) (l *Library, sources string) {
	t.Helper()
	root := t.TempDir()
	l = reopen(t, filepath.Join(root, "library"))
	sources = filepath.Join(root, "sources")
	if err := os.Mkdir(sources, 0o755); err != nil {
		t.Fatal(err)
	}
	return l, sources
}

func reopen(t *testing.T, dir string) *Library {
	t.Helper()
	l, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// noLinks makes the library behave as on a file system without hard links.
func noLinks(l *Library) *Library {
	l.link = func(oldname, newname string) error {
		return &os.LinkError{Op: "link", Old: oldname, New: newname, Err: syscall.EXDEV}
	}
	return l
}

// drain runs an import to its end, see follow.
func drain(t *testing.T, ctx context.Context, l *Library, path string, see func(Progress)) (*Model, bool, error) {
	t.Helper()
	last, err := follow(t, l.Import(ctx, path, ImportOptions{}), see)
	return last.Model, last.Existed, err
}

// follow runs a sequence to its end, calls see at every step and checks what holds for every one.
func follow(t *testing.T, sequence iter.Seq2[Progress, error], see func(Progress)) (last Progress, failure error) {
	t.Helper()
	for p, err := range sequence {
		if failure != nil || last.Stage == Done {
			t.Fatalf("%+v, %v after the end of the sequence", p, err)
		}
		if err != nil {
			failure = err
			continue
		}
		if p.Stage < last.Stage || p.Done > p.Total || p.Stage == last.Stage && p.Done < last.Done {
			t.Errorf("progress went from %+v to %+v", last, p)
		}
		if (p.Model != nil) != (p.Stage == Done) {
			t.Errorf("stage %v with model %v", p.Stage, p.Model)
		}
		last = p
		if see != nil {
			see(p)
		}
	}
	if failure == nil && last.Stage != Done {
		t.Fatalf("the sequence ended at %+v without an error", last)
	}
	return last, failure
}

func mustImport(t *testing.T, l *Library, path string) *Model {
	t.Helper()
	m, existed, err := drain(t, t.Context(), l, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if existed {
		t.Fatalf("%s was in the library already, as %s", path, m.ID)
	}
	return m
}

// mustRefer makes a reference, to content that the library does not have.
func mustRefer(t *testing.T, l *Library, path string, o ReferOptions) *Model {
	t.Helper()
	p, err := follow(t, l.Refer(t.Context(), path, o), nil)
	if err != nil {
		t.Fatal(err)
	}
	if p.Existed {
		t.Fatalf("%s was in the library already, as %s", path, p.Model.ID)
	}
	return p.Model
}

// tree lists what is in a folder, but for the lock file at its root.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name, _ := filepath.Rel(dir, path); name != "." && name != lockName {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func wantTree(t *testing.T, dir string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, tree(t, dir)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", dir, diff)
	}
}

func wantIs(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("error is %v, want %v", err, target)
	}
}

func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
