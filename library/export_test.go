package library

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"lamplight/engine/source"
)

// Every kind of model becomes one file that has the same tensors.
func TestExport(t *testing.T) {
	for name, make := range kinds {
		t.Run(name, func(t *testing.T) {
			l, sources := openTemp(t)
			m, file := make(t, l, sources)
			out := filepath.Join(t.TempDir(), "out.gguf")
			write(t, out, []byte("something that is replaced"))
			before := snapshot(t, sources)
			var last Progress
			p, err := follow(t, l.Export(t.Context(), m.ID, out), func(p Progress) {
				if p.Stage == Copying {
					last = p
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if last.Done != last.Total || last.Done == 0 || p.Model.ID != m.ID {
				t.Errorf("copying ended with %+v, then %+v", last, p)
			}
			wantTree(t, filepath.Dir(out), "out.gguf")
			for i, line := range snapshot(t, sources) {
				if line != before[i] {
					t.Errorf("%s became %s", before[i], line)
				}
			}
			wantSameTensors(t, m.Path, out)
			if len(m.Card.Files) == 1 && !bytes.Equal(read(t, out), read(t, file)) {
				t.Error("the copy differs")
			}
			if _, err := l.Get(m.ID); err != nil {
				t.Error(err)
			}
		})
	}
}

// wantSameTensors opens two models and compares all their matrices and gains.
func wantSameTensors(t *testing.T, a, b string) {
	t.Helper()
	var s [2]*source.Source
	for i, path := range []string{a, b} {
		src, err := source.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		if err := src.Check(); err != nil {
			t.Fatal(err)
		}
		s[i] = src
	}
	for _, name := range s[0].Tensors() {
		x, errX := s[0].Matrix(name)
		y, errY := s[1].Matrix(name)
		if (errX == nil) != (errY == nil) || x.Type != y.Type || !bytes.Equal(x.Data, y.Data) {
			t.Errorf("%s differs: %v, %v", name, errX, errY)
		}
	}
}

func TestExportStopped(t *testing.T) {
	for _, kind := range []string{"copy", "split", "folder"} {
		l, sources := openTemp(t)
		m, _ := kinds[kind](t, l, sources)
		dir := t.TempDir()
		out := write(t, filepath.Join(dir, "out.gguf"), []byte("stays"))
		for step := 1; ; step++ {
			ctx, cancel := context.WithCancel(t.Context())
			n := 0
			p, err := follow(t, l.Export(ctx, m.ID, out), func(Progress) {
				if n++; n == step {
					cancel()
				}
			})
			cancel()
			if p.Stage == Done {
				break
			}
			wantIs(t, err, context.Canceled)
			wantTree(t, dir, "out.gguf")
			if string(read(t, out)) != "stays" {
				t.Fatalf("%s, stopped at step %d: what was there is gone", kind, step)
			}
		}
	}
}

// The model's own files are never replaced, under whatever name.
func TestExportOntoItself(t *testing.T) {
	for name, make := range kinds {
		l, sources := openTemp(t)
		m, file := make(t, l, sources)
		alias := filepath.Join(sources, "alias.gguf")
		if err := os.Symlink(file, alias); err != nil {
			t.Skip(err)
		}
		before := snapshot(t, sources)
		for _, out := range []string{file, alias} {
			_, err := follow(t, l.Export(t.Context(), m.ID, out), nil)
			wantIs(t, err, ErrOwnSource)
		}
		for i, line := range snapshot(t, sources) {
			if line != before[i] {
				t.Errorf("%s: %s became %s", name, before[i], line)
			}
		}
	}
}

func TestExportFails(t *testing.T) {
	l, sources := openTemp(t)
	dir := t.TempDir()
	_, err := follow(t, l.Export(t.Context(), "nothing", filepath.Join(dir, "out.gguf")), nil)
	wantIs(t, err, ErrNotFound)
	m, file := kinds["reference"](t, l, sources)
	_, err = follow(t, l.Export(t.Context(), m.ID, filepath.Join(dir, "absent", "out.gguf")), nil)
	wantIs(t, err, fs.ErrNotExist)
	flip(t, file) // nobody has read it yet
	_, err = follow(t, l.Export(t.Context(), m.ID, filepath.Join(dir, "out.gguf")), nil)
	wantIs(t, err, ErrDamaged)
	wantTree(t, dir)
}
