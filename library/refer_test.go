package library

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lamplight/engine/source"
)

// snapshot is all that a file system knows of a folder: reading it changes nothing of this.
func snapshot(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	for _, name := range tree(t, dir) {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		line := name + " " + info.Mode().String() + " " + info.ModTime().String()
		if info.Mode().IsRegular() {
			sum := sha256.Sum256(read(t, filepath.Join(dir, name)))
			line += " " + hex.EncodeToString(sum[:])
		}
		all = append(all, line)
	}
	return all
}

// Every kind of model is used where it is: nothing is written there, and nothing but a card is written here.
func TestReferWritesACardOnly(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, dir string) (refer, load string){
		"file": func(t *testing.T, dir string) (string, string) {
			path := write(t, filepath.Join(dir, "a.gguf"), tinyGGUF(t, 1))
			return path, path
		},
		"blob without an extension": func(t *testing.T, dir string) (string, string) {
			path := write(t, filepath.Join(dir, "blobs", "sha256-0123"), tinyGGUF(t, 1))
			return path, path
		},
		"symbolic link": func(t *testing.T, dir string) (string, string) {
			write(t, filepath.Join(dir, "blob"), tinyGGUF(t, 1))
			path := filepath.Join(dir, "a.gguf")
			if err := os.Symlink("blob", path); err != nil {
				t.Skip(err)
			}
			return path, path
		},
		"split": func(t *testing.T, dir string) (string, string) {
			parts := tinySplit(t, dir)
			return parts[1], parts[0]
		},
		"folder": func(t *testing.T, dir string) (string, string) {
			tinyFolder(t, dir)
			return filepath.Join(dir, "model.safetensors"), dir
		},
		"folder with one model": func(t *testing.T, dir string) (string, string) {
			path := write(t, filepath.Join(dir, "publisher", "tiny", "tiny.gguf"), tinyGGUF(t, 1))
			return dir, path
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, sources := openTemp(t)
			refer, load := make(t, sources)
			before := snapshot(t, sources)
			m := mustRefer(t, l, refer, ReferOptions{App: "ollama"})
			wantTree(t, l.dir, m.ID, m.ID+"/"+cardName)
			if m.Path != load || !m.Card.Reference || m.Card.Linked || m.Card.App != "ollama" || m.Err() != nil || m.Changed {
				t.Errorf("got %+v", m)
			}
			for _, f := range m.Card.Files {
				if info := stat(t, f.Name); !filepath.IsAbs(f.Name) || info.Size() != f.Bytes || !info.ModTime().Equal(f.Modified) {
					t.Errorf("file %+v", f)
				}
			}
			got, err := reopen(t, l.dir).Get(m.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(*m, got, cmp.AllowUnexported(Card{})); diff != "" {
				t.Error(diff)
			}
			src, err := source.Open(m.Path)
			if err != nil {
				t.Fatal(err)
			}
			src.Close()

			if err := l.SetNotes(m.ID, "mine"); err != nil {
				t.Fatal(err)
			}
			if _, err := follow(t, l.Verify(t.Context(), m.ID), nil); err != nil {
				t.Fatal(err)
			}
			if err := l.Remove(m.ID); err != nil {
				t.Fatal(err)
			}
			if err := l.Restore(m.ID); err != nil {
				t.Fatal(err)
			}
			if got, err := l.Get(m.ID); err != nil || got.Path != m.Path || got.Card.Notes != "mine" {
				t.Errorf("restored %+v, %v", got, err)
			}
			if err := l.Remove(m.ID); err != nil {
				t.Fatal(err)
			}
			if err := l.EmptyTrash(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, snapshot(t, sources)); diff != "" {
				t.Errorf("the model's own folder has changed:\n%s", diff)
			}
		})
	}
}

// A file that is away, as on a disk that was taken out, makes the model gone until it is there again.
func TestReferenceComesBack(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "disk", "a.gguf"), tinyGGUF(t, 1))
	m := mustRefer(t, l, path, ReferOptions{})
	if err := l.SetActive(m.ID); err != nil {
		t.Fatal(err)
	}
	disk, away := filepath.Join(sources, "disk"), filepath.Join(sources, "away")
	if err := os.Rename(disk, away); err != nil {
		t.Fatal(err)
	}
	got, err := l.Get(m.ID)
	wantIs(t, err, ErrGone)
	if !got.Gone || got.Card.Name != m.Card.Name || got.Digest() != "" {
		t.Errorf("got %+v", got)
	}
	if active, ok := l.Active(); !ok || !active.Gone {
		t.Errorf("active: %+v, %v", active, ok)
	}
	if err := l.Rename(m.ID, "Mine"); err != nil {
		t.Error("the card of a model that is gone cannot be written: ", err)
	}
	_, err = follow(t, l.Verify(t.Context(), m.ID), nil)
	wantIs(t, err, ErrGone)
	write(t, disk, []byte("a file where the folder was"))
	_, err = l.Get(m.ID)
	wantIs(t, err, ErrGone)
	os.Remove(disk)
	if err := os.Rename(away, disk); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Get(m.ID); err != nil || got.Card.Name != "Mine" || got.Digest() != m.Card.SHA256 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// The same content is one model, whether it was imported or referred to, and wherever it lies.
func TestReferTheSame(t *testing.T) {
	l, sources := openTemp(t)
	a := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	b := write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 1))
	m := mustRefer(t, l, a, ReferOptions{Name: "Mine"})
	for _, path := range []string{a, b} {
		p, err := follow(t, l.Refer(t.Context(), path, ReferOptions{}), nil)
		if err != nil || !p.Existed || p.Model.ID != m.ID || p.Model.Path != a {
			t.Errorf("%s: %+v, %v", path, p, err)
		}
	}
	// In the trash it is found too.
	if err := l.Remove(m.ID); err != nil {
		t.Fatal(err)
	}
	p, err := follow(t, l.Refer(t.Context(), b, ReferOptions{}), nil)
	if err != nil || !p.Existed || p.Model.ID != m.ID || p.Model.Card.Name != "Mine" {
		t.Errorf("%+v, %v", p, err)
	}
	// A copy elsewhere takes the place of a file that is gone.
	if err := os.Remove(a); err != nil {
		t.Fatal(err)
	}
	moved := mustRefer(t, l, b, ReferOptions{})
	if moved.ID != m.ID || moved.Path != b || moved.Card.Name != "Mine" {
		t.Errorf("moved to %+v", moved)
	}
	owned := mustImport(t, l, write(t, filepath.Join(sources, "c.gguf"), tinyGGUF(t, 2)))
	p, err = follow(t, l.Refer(t.Context(), filepath.Join(sources, "c.gguf"), ReferOptions{}), nil)
	if err != nil || !p.Existed || p.Model.ID != owned.ID || p.Model.Card.Reference {
		t.Errorf("a reference to what the library has: %+v, %v", p, err)
	}
}

// Importing makes a reference the library's own; what is on its card stays, and the selection too.
func TestImportReference(t *testing.T) {
	for _, trashed := range []bool{false, true} {
		for _, linked := range []bool{false, true} {
			l, sources := openTemp(t)
			if !linked {
				noLinks(l)
			}
			path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
			m := mustRefer(t, l, path, ReferOptions{App: "jan", Extras: &Extras{System: "Be kind.", License: "Do what you like.\nBut be kind."}})
			for _, err := range []error{
				l.Rename(m.ID, "Mine"), l.SetNotes(m.ID, "a\nb"), l.SetTags(m.ID, []string{"small"}), l.Used(m.ID),
				l.SetSpeed(m.ID, Speed{Decode: 12, Kernels: "go", Threads: 2}), l.SetActive(m.ID),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			was, err := l.Get(m.ID)
			if err != nil {
				t.Fatal(err)
			}
			if trashed {
				if err := l.Remove(m.ID); err != nil {
					t.Fatal(err)
				}
			}
			own := mustImport(t, l, path)
			wantTree(t, l.dir, slices.Sorted(slices.Values(slices.DeleteFunc([]string{
				map[bool]string{true: trashName}[trashed], activeName, m.ID, m.ID + "/" + licenceName, m.ID + "/model.gguf", m.ID + "/" + cardName,
			}, func(s string) bool { return s == "" })))...)
			want := was.Card
			want.Reference, want.Linked, want.Imported = false, linked, own.Card.Imported
			want.Files = []File{{Name: "model.gguf", Bytes: want.Bytes, SHA256: want.SHA256, Modified: stat(t, own.Path).ModTime().UTC()}}
			if diff := cmp.Diff(want, own.Card, cmp.AllowUnexported(Card{})); diff != "" || own.ID != m.ID {
				t.Errorf("trashed %v, linked %v: %s became %s:\n%s", trashed, linked, m.ID, own.ID, diff)
			}
			if active, ok := l.Active(); !ok || active.Path != own.Path {
				t.Errorf("active is %+v, %v", active, ok)
			}
			if text, err := l.Licence(own.ID); err != nil || text != "Do what you like.\nBut be kind." {
				t.Errorf("the licence is %q now, %v", text, err)
			}
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Get(own.ID); err != nil {
				t.Error("the library's own model went with its source: ", err)
			}
		}
	}
}

// Another model under the path of a reference makes it the card of that model.
func TestReferOtherContent(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	m := mustRefer(t, l, path, ReferOptions{})
	if err := l.SetNotes(m.ID, "mine"); err != nil {
		t.Fatal(err)
	}
	if err := l.SetSpeed(m.ID, Speed{Decode: 12}); err != nil {
		t.Fatal(err)
	}
	write(t, path, tinyGGUF(t, 2))
	n := mustRefer(t, l, path, ReferOptions{})
	if n.ID != m.ID || n.Card.SHA256 == m.Card.SHA256 || n.Card.Notes != "mine" || n.Card.Speed != nil {
		t.Errorf("got %+v", n)
	}
	if got := names(t, l); len(got) != 1 {
		t.Errorf("listed: %v", got)
	}
}

// A reference that fails or is stopped at any step leaves nothing.
func TestReferStopped(t *testing.T) {
	for step := 1; ; step++ {
		l, sources := openTemp(t)
		path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		p, err := follow(t, l.Refer(ctx, path, ReferOptions{}), func(Progress) {
			if n++; n == step {
				cancel()
			}
		})
		cancel()
		if p.Stage == Done {
			if step < 5 {
				t.Errorf("done after %d steps: this test shows nothing", step)
			}
			return
		}
		wantIs(t, err, context.Canceled)
		wantTree(t, l.dir)
	}
}

func TestReferBadInput(t *testing.T) {
	l, sources := openTemp(t)
	for name, make := range map[string]func(path string){
		"no model":  func(path string) { write(t, path, []byte("Dear diary")) },
		"truncated": func(path string) { write(t, path, tinyGGUF(t, 1)[:100_000]) },
		"absent":    func(string) {},
	} {
		path := filepath.Join(sources, name+".gguf")
		make(path)
		if _, err := follow(t, l.Refer(t.Context(), path, ReferOptions{}), nil); err == nil {
			t.Errorf("%s: no error", name)
		}
		wantTree(t, l.dir)
	}
	path := filepath.Join(sources, "\xff", "a.gguf")
	if err := os.Mkdir(filepath.Dir(path), 0o755); err != nil {
		t.Skip("this file system has text for names only: ", err)
	}
	write(t, path, tinyGGUF(t, 1))
	_, err := follow(t, l.Refer(t.Context(), path, ReferOptions{}), nil)
	wantIs(t, err, ErrPath)
	wantTree(t, l.dir)
	mustImport(t, l, path)
}

func TestExtras(t *testing.T) {
	long := string(bytes.Repeat([]byte("x"), maxExtra+1))
	adapter, err := filepath.Abs("adapter.gguf")
	if err != nil {
		t.Fatal(err)
	}
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	m := mustRefer(t, l, path, ReferOptions{Name: " My\nmodel ", App: "ol\nlama", Extras: &Extras{
		Template: "{{ .Prompt }}\n<b>\xff", System: long, Parameters: json.RawMessage(`{ "stop": ["<end>"],"top_k":1}`),
		Adapters: []string{adapter, "relative.gguf", "../x"},
	}})
	got, err := l.Get(m.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := &Extras{Template: "{{ .Prompt }}\n<b>\uFFFD", Parameters: json.RawMessage(`{"stop":["\u003cend\u003e"],"top_k":1}`), Adapters: []string{adapter}}
	if diff := cmp.Diff(want, got.Card.Extras); diff != "" {
		t.Error(diff)
	}
	if got.Card.App != "ol lama" || got.Card.Name != "My model" {
		t.Errorf("app %q, name %q", got.Card.App, got.Card.Name)
	}
	for _, e := range []*Extras{nil, {}, {System: long}, {Parameters: json.RawMessage(`[1]`)}, {Parameters: json.RawMessage(`{`)}, {Adapters: []string{"x"}}} {
		if got := e.clean(); got != nil {
			t.Errorf("of %.100v is left %+v", e, got)
		}
	}
}

// The file names of a reference are checked as strictly as those of the library's own, by another rule.
func TestReferenceCardRefuses(t *testing.T) {
	folder, err := filepath.Abs("models")
	if err != nil {
		t.Fatal(err)
	}
	in := func(names ...string) Card {
		c := goodCard()
		c.Reference = true
		for i, name := range names {
			c.Files[i].Name = name
		}
		return c
	}
	for name, c := range map[string]Card{
		"relative":        in("a.gguf", "b.gguf"),
		"with dots":       in(folder+"/a/../a.gguf", folder+"/b.gguf"),
		"different":       in(folder+"/a.gguf", folder+"/deeper/b.gguf"),
		"twice":           in(folder+"/a.gguf", folder+"/a.gguf"),
		"owned, absolute": func() Card { c := in(folder+"/a.gguf", folder+"/b.gguf"); c.Reference = false; return c }(),
	} {
		if got, err := parseCard(encoded(t, c)); err == nil {
			t.Errorf("%s: accepted as %+v", name, got)
		}
	}
	c := in(filepath.Join(folder, "a.gguf"), filepath.Join(folder, "b.gguf"))
	if got, err := parseCard(encoded(t, c)); err != nil || got.path("/nowhere") != filepath.Join(folder, "a.gguf") {
		t.Errorf("%+v, %v", got, err)
	}
}

// A clock that runs wrong, or a file system without one, must not make a card that cannot be written.
func TestOddTimes(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	odd := time.Unix(1<<40, 0) // in the year 36812
	if err := os.Chtimes(path, odd, odd); err != nil || !stat(t, path).ModTime().Equal(odd) {
		t.Skip("this file system has no such time: ", err)
	}
	m := mustRefer(t, l, path, ReferOptions{})
	if got, err := l.Get(m.ID); err != nil || got.Changed || !got.Card.Files[0].Modified.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}
