package discover

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

// tiny is the content of a GGUF file with a model of its own for every seed.
func tiny(t testing.TB, seed uint64) []byte {
	t.Helper()
	return content(t, fixture.New(fixture.Options{Seed: seed, Type: kernels.Q8_0}))
}

// kindOfModel is the content of a GGUF file with a key that says that it is no language model to chat with.
func kindOfModel(t testing.TB, key, value string) []byte {
	t.Helper()
	m := fixture.New(fixture.Options{Type: kernels.Q8_0})
	m.Set(key, gguf.Scalar(value))
	return content(t, m)
}

func vocabularyOnly(t testing.TB) []byte {
	t.Helper()
	m := fixture.New(fixture.Options{})
	m.Tensors = nil
	return content(t, m)
}

func content(t testing.TB, m *fixture.Model) []byte {
	t.Helper()
	data, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t testing.TB, path string, data []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t testing.TB, target, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Skip("this system makes no links: ", err)
	}
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

// tree is everything that can be seen of what is below root: modes, sizes, times, contents, targets of links.
func tree(t testing.TB, root string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		said := fmt.Sprint(info.Mode(), info.Size(), info.ModTime().UnixNano())
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			said += " " + sum(data)
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			said += " " + target
		}
		all[path] = said
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// scan looks for models in places below root and makes sure that nothing below it has changed.
func scan(t *testing.T, root string, places ...Place) []Found {
	t.Helper()
	before := tree(t, root)
	all := slices.Collect(Scan(context.Background(), places))
	if d := cmp.Diff(before, tree(t, root)); d != "" {
		t.Errorf("the scan has changed something:\n%s", d)
	}
	return all
}

// wanted is what a test expects of a Found.
type wanted struct {
	app, name string
	path      string // below the root of the test
	problem   error
}

// check compares what was found, in any order, with what is wanted.
func check(t *testing.T, root string, found []Found, want ...wanted) {
	t.Helper()
	line := func(app, name, path string, problem error) string {
		return fmt.Sprintf("%s | %s | %s | %v", app, name, path, problem)
	}
	var got, lines []string
	left := slices.Clone(want)
	for _, f := range found {
		rel, err := filepath.Rel(root, f.Path)
		if err != nil {
			t.Fatal(err)
		}
		problem := f.Problem
		i := slices.IndexFunc(left, func(w wanted) bool {
			return w.app == f.App && w.name == f.Name && w.path == rel && is(f.Problem, w.problem)
		})
		if i >= 0 {
			problem = left[i].problem // the details do not matter
			left = slices.Delete(left, i, i+1)
		}
		got = append(got, line(f.App, f.Name, rel, problem))
		sane(t, f)
	}
	for _, w := range want {
		lines = append(lines, line(w.app, w.name, w.path, w.problem))
	}
	slices.Sort(got)
	slices.Sort(lines)
	if d := cmp.Diff(lines, got); d != "" {
		t.Errorf("found (+) is not what is there (-):\n%s", d)
	}
}

func is(err, target error) bool {
	if target == nil || err == nil {
		return target == nil && err == nil
	}
	return errors.Is(err, target)
}

// sane holds for every Found.
func sane(t *testing.T, f Found) {
	t.Helper()
	if f.Name == "" || clean(f.Name) != f.Name {
		t.Errorf("the name %q is not clean", f.Name)
	}
	if f.Problem == nil && (len(f.Files) == 0 || f.Bytes == 0) {
		t.Errorf("%s can be used and has %d files of %d bytes", f.Name, len(f.Files), f.Bytes)
	}
	var bytes int64
	for _, path := range f.Files {
		info, err := os.Stat(path)
		if err != nil || !filepath.IsAbs(path) {
			t.Errorf("%s: %q: %v", f.Name, path, err)
			continue
		}
		bytes += info.Size()
	}
	if bytes != f.Bytes {
		t.Errorf("%s has %d bytes and says %d", f.Name, bytes, f.Bytes)
	}
}

// one returns the Found of that name.
func one(t *testing.T, all []Found, name string) Found {
	t.Helper()
	i := slices.IndexFunc(all, func(f Found) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("%s was not found", name)
	}
	return all[i]
}

func cut(data []byte) []byte { return bytes.Clone(data[:len(data)/2]) }

func base(paths []string) string {
	var names []string
	for _, p := range paths {
		names = append(names, filepath.Base(p))
	}
	return strings.Join(names, " ")
}

func quote(path string) string {
	data, err := json.Marshal(path)
	if err != nil {
		panic(err) // a text
	}
	return string(data)
}
