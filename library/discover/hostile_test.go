package discover

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// One file that many paths lead to is one model, and links that lead in a circle end the search nowhere.
func TestLinks(t *testing.T) {
	root := t.TempDir()
	first := write(t, filepath.Join(root, "first", "a.gguf"), tiny(t, 1))
	if err := os.Link(first, filepath.Join(root, "first", "b.gguf")); err != nil {
		t.Skip("this system makes no links: ", err)
	}
	link(t, first, filepath.Join(root, "second", "c.gguf"))
	link(t, root, filepath.Join(root, "second", "up"))
	link(t, "self.gguf", filepath.Join(root, "second", "self.gguf"))
	link(t, "../second", filepath.Join(root, "second", "circle"))
	link(t, filepath.Join(root, "first"), filepath.Join(root, "third"))
	link(t, "nowhere", filepath.Join(root, "second", "lost.gguf"))
	link(t, "nowhere", filepath.Join(root, "second", "lost.txt"))
	link(t, "second", filepath.Join(root, "fourth"))
	all := scan(t, root, Place{App: LMStudio, Path: filepath.Join(root, "first")},
		Place{Path: filepath.Join(root, "second")}, Place{Path: filepath.Join(root, "third")}, Place{Path: filepath.Join(root, "fourth")}, Place{Path: filepath.Join(root, "first")})
	check(t, root, all,
		wanted{LMStudio, "a", "first/a.gguf", nil},
		wanted{Folder, "lost", "second/lost.gguf", ErrMissing},
	)
}

func TestLimits(t *testing.T) {
	root := t.TempDir()
	deep := root
	for range defaultDepth + 1 {
		deep = filepath.Join(deep, "d")
	}
	write(t, filepath.Join(deep, "too-deep.gguf"), tiny(t, 1))
	if all := scan(t, root, Place{Path: root}); len(all) != 0 {
		t.Errorf("%+v", all)
	}

	// The models near the root of a place are found however much there is below.
	root = t.TempDir()
	write(t, filepath.Join(root, "near.gguf"), tiny(t, 1))
	for i := range 30 {
		write(t, filepath.Join(root, "a", fmt.Sprint(i)), nil)
	}
	w := Place{Path: root}.walker(t.Context())
	w.left = 20
	var folders []string
	var limit error
	w.walk(root, func(f folder) bool {
		folders = append(folders, fmt.Sprint(filepath.Base(f.path), len(f.files)))
		limit = errors.Join(limit, f.err)
		return true
	})
	if !errors.Is(limit, ErrTooMany) || len(folders) != 2 || !strings.HasSuffix(folders[0], "1") {
		t.Error(folders, limit)
	}
	if _, err := readFile(filepath.Join(root, "near.gguf"), 100); err == nil {
		t.Error("a file that is too long was read")
	}
}

// A name from a stranger is one line that no terminal takes for a command and that turns no text around.
func TestNames(t *testing.T) {
	root := t.TempDir()
	for i, name := range []string{"new\nline", "\x1b[31mred", "\u202egnp", "bad\xff", strings.Repeat("long", 60), "\u200b", " "} {
		path := filepath.Join(root, fmt.Sprint(i), name+".gguf")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, tiny(t, uint64(i)), 0o644); err != nil {
			t.Log("this system has no such names: ", err)
		}
	}
	all := scan(t, root, Place{Path: root})
	for _, f := range all {
		sane(t, f)
	}
	want := []string{"newline", "[31mred", "gnp", "bad\uFFFD", strings.Repeat("long", 49) + "lon…", "Model", "Model"}
	var got []string
	for _, f := range all {
		got = append(got, f.Name)
	}
	if len(got) == len(want) && !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A scan ends with its context and when its consumer has seen enough.
func TestScanEnds(t *testing.T) {
	root := t.TempDir()
	o := ollama{t, filepath.Join(root, "o")}
	for i := range 4 {
		write(t, filepath.Join(root, "m", fmt.Sprint(i, ".gguf")), tiny(t, uint64(i)))
		o.tag(fmt.Sprintf("h/n/m/%d", i), ggufConfig, o.blob(modelLayer, tiny(t, uint64(10+i))))
	}
	for _, places := range [][]Place{{{Path: filepath.Join(root, "m")}}, {{App: Ollama, Path: o.dir}}} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for range Scan(ctx, places) {
			if n++; n == 2 {
				cancel()
			}
		}
		if n != 2 {
			t.Errorf("%d models after the context had ended with the second", n)
		}
		for range Scan(t.Context(), places) {
			if n++; n == 4 {
				break
			}
		}
		if n != 4 {
			t.Errorf("%d models, want to have left after two", n)
		}
	}
}
