package library

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lamplight/engine/gguf"
	"lamplight/engine/source"
	"lamplight/internal/fixture"
)

func verify(t *testing.T, l *Library, id string) (Model, error) {
	t.Helper()
	p, err := follow(t, l.Verify(t.Context(), id), nil)
	if p.Model == nil {
		return Model{}, err
	}
	return *p.Model, err
}

// touch changes the time of a file and nothing else.
func touch(t *testing.T, path string) {
	t.Helper()
	later := stat(t, path).ModTime().Add(3 * time.Second)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
}

// flip changes one byte in the middle of a file, and its time.
func flip(t *testing.T, path string) {
	t.Helper()
	data := read(t, path)
	data[len(data)/2] ^= 1
	write(t, path, data)
	touch(t, path)
}

// kinds are the ways a model is in the library: each returns one that is, and the path of its first file.
var kinds = map[string]func(t *testing.T, l *Library, sources string) (m *Model, file string){
	"hard link": func(t *testing.T, l *Library, sources string) (*Model, string) {
		path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
		return mustImport(t, l, path), path
	},
	"copy": func(t *testing.T, l *Library, sources string) (*Model, string) {
		m := mustImport(t, noLinks(l), write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
		return m, m.Path
	},
	"split": func(t *testing.T, l *Library, sources string) (*Model, string) {
		parts := tinySplit(t, sources)
		return mustImport(t, l, parts[0]), parts[2]
	},
	"folder": func(t *testing.T, l *Library, sources string) (*Model, string) {
		tinyFolder(t, filepath.Join(sources, "tiny"))
		return mustImport(t, l, filepath.Join(sources, "tiny")), filepath.Join(sources, "tiny", "model.safetensors")
	},
	"reference": func(t *testing.T, l *Library, sources string) (*Model, string) {
		path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
		return mustRefer(t, l, path, ReferOptions{}), path
	},
	"folder, reference": func(t *testing.T, l *Library, sources string) (*Model, string) {
		tinyFolder(t, filepath.Join(sources, "tiny"))
		return mustRefer(t, l, filepath.Join(sources, "tiny"), ReferOptions{}), filepath.Join(sources, "tiny", "model.safetensors")
	},
}

// A file that was only touched is the same model, which takes reading it to say.
func TestTouched(t *testing.T) {
	for name, make := range kinds {
		t.Run(name, func(t *testing.T) {
			l, sources := openTemp(t)
			m, file := make(t, l, sources)
			if got, err := l.Get(m.ID); err != nil || got.Changed || got.Digest() != m.Card.SHA256 {
				t.Fatalf("before: %+v, %v", got, err)
			}
			touch(t, file)
			got, err := l.Get(m.ID)
			if err != nil || !got.Changed || got.Digest() != "" {
				t.Fatalf("touched: %+v, %v", got, err)
			}
			if models, err := l.List(); err != nil || !models[0].Changed {
				t.Errorf("list: %+v, %v", models, err)
			}
			if got, err = verify(t, l, m.ID); err != nil || got.Changed || got.Digest() != m.Card.SHA256 {
				t.Errorf("verified: %+v, %v", got, err)
			}
			if age := time.Since(got.Card.Verified); age < 0 || age > time.Hour {
				t.Errorf("verified %v", got.Card.Verified)
			}
			if got, err := reopen(t, l.dir).Get(m.ID); err != nil || got.Changed {
				t.Errorf("after: %+v, %v", got, err)
			}
		})
	}
}

// A file with one other bit damages the model for good: until it is as it was and was read again, or is imported again.
func TestVerifyFindsDamage(t *testing.T) {
	for name, make := range kinds {
		t.Run(name, func(t *testing.T) {
			l, sources := openTemp(t)
			m, file := make(t, l, sources)
			if err := l.Rename(m.ID, "Mine"); err != nil {
				t.Fatal(err)
			}
			good := read(t, file)
			flip(t, file)
			_, err := verify(t, l, m.ID)
			wantIs(t, err, ErrDamaged)
			if err := l.SetNotes(m.ID, "oh"); err != nil {
				t.Error("the card of a damaged model cannot be written: ", err)
			}
			got, err := reopen(t, l.dir).Get(m.ID)
			wantIs(t, err, ErrDamaged)
			if got.Gone || got.Card.Damage == "" || got.Digest() != "" {
				t.Errorf("got %+v", got)
			}
			wantIs(t, l.SetActive(m.ID), ErrDamaged)
			_, err = verify(t, l, m.ID)
			wantIs(t, err, ErrDamaged)

			write(t, file, good)
			_, err = l.Get(m.ID) // nobody has read it yet
			wantIs(t, err, ErrDamaged)
			if got, err = verify(t, l, m.ID); err != nil || got.Err() != nil || got.Card.Damage != "" || got.Card.Name != "Mine" {
				t.Errorf("verified: %+v, %v", got, err)
			}
			if got.Card.SHA256 != m.Card.SHA256 {
				t.Error("the digest has changed")
			}
		})
	}
}

// Importing the content again, or referring to it again, makes a damaged model whole.
func TestDamageIsMended(t *testing.T) {
	for _, refer := range []bool{false, true} {
		l, sources := openTemp(t)
		path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
		other := write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 1))
		m := mustRefer(t, l, path, ReferOptions{})
		flip(t, path)
		_, err := verify(t, l, m.ID)
		wantIs(t, err, ErrDamaged)
		var again *Model
		if refer {
			again = mustRefer(t, l, other, ReferOptions{})
		} else {
			again = mustImport(t, l, other)
		}
		if got, err := l.Get(m.ID); err != nil || again.ID != m.ID || got.Card.Damage != "" || got.Card.Reference != refer {
			t.Errorf("refer %v: %+v, %v", refer, got, err)
		}
	}
}

// A file that has become shorter is told without reading it, and Verify says so too.
func TestVerifyShorterFile(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	m := mustRefer(t, l, path, ReferOptions{})
	if err := os.Truncate(path, m.Card.Bytes-1); err != nil {
		t.Fatal(err)
	}
	_, err := verify(t, l, m.ID)
	wantIs(t, err, ErrDamaged)
	write(t, path, tinyGGUF(t, 1))
	_, err = l.Get(m.ID)
	wantIs(t, err, ErrDamaged)
}

// What is wrong with the model, and not with the copy of it, leaves no mark: a later version may know better.
func TestVerifyUnknownArchitecture(t *testing.T) {
	l, _ := openTemp(t)
	dir := filepath.Join(l.dir, "llama")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := writeModel(t, dir, func(m *fixture.Model) { m.Set("general.architecture", gguf.Scalar("gemma9")) })
	c := goodCard()
	c.Files, c.Bytes, c.SHA256 = []File{{Name: filepath.Base(path), Bytes: stat(t, path).Size()}}, stat(t, path).Size(), ""
	if err := l.writeCard(dir, &c); err != nil {
		t.Fatal(err)
	}
	_, err := verify(t, l, "llama")
	wantIs(t, err, source.ErrArchitecture)
	if got, err := l.Get("llama"); err != nil || got.Card.Damage != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A card that was rebuilt gets its digest.
func TestVerifyRebuilt(t *testing.T) {
	l, sources := openTemp(t)
	m := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	if err := os.Remove(filepath.Join(l.dir, m.ID, cardName)); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Get(m.ID); err != nil || got.Card.SHA256 != "" {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err := verify(t, l, m.ID); err != nil || got.Digest() != m.Card.SHA256 || got.Card.Files[0].Modified.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}

// Cards of earlier versions know no times: their files count as what was imported, from when the card is next written.
func TestCardWithoutTimes(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	m := mustImport(t, l, path)
	c := m.Card
	c.Files = []File{{Name: "model.gguf", Bytes: c.Bytes, SHA256: c.SHA256}}
	if err := l.writeCard(filepath.Join(l.dir, m.ID), &c); err != nil {
		t.Fatal(err)
	}
	touch(t, path)
	if got, err := l.Get(m.ID); err != nil || got.Changed || got.Digest() == "" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := l.Used(m.ID); err != nil {
		t.Fatal(err)
	}
	touch(t, path)
	if got, err := l.Get(m.ID); err != nil || !got.Changed {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestVerifyStopped(t *testing.T) {
	l, sources := openTemp(t)
	m, file := kinds["split"](t, l, sources)
	flip(t, file)
	before := snapshot(t, l.dir)
	for step := 1; ; step++ {
		ctx, cancel := context.WithCancel(t.Context())
		n := 0
		_, err := follow(t, l.Verify(ctx, m.ID), func(Progress) {
			if n++; n == step {
				cancel()
			}
		})
		cancel()
		if n < step { // it came to its end
			wantIs(t, err, ErrDamaged)
			return
		}
		wantIs(t, err, context.Canceled)
		for i, line := range snapshot(t, l.dir) {
			if line != before[i] {
				t.Fatalf("stopped at step %d: %s became %s", step, before[i], line)
			}
		}
	}
}

// A file that is being written to is not judged, nor is a model that was replaced while it was read.
func TestVerifyDuringChange(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	m := mustRefer(t, l, path, ReferOptions{})
	_, err := follow(t, l.Verify(t.Context(), m.ID), func(p Progress) {
		if p.Stage == Hashing && p.Done == copyChunk {
			touch(t, path)
		}
	})
	wantIs(t, err, ErrChanged)

	flip(t, path)
	_, err = follow(t, l.Verify(t.Context(), m.ID), func(p Progress) {
		if p.Stage == Hashing && p.Done == copyChunk {
			mustImport(t, l, write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 1)))
		}
	})
	wantIs(t, err, ErrChanged)
	if got, err := l.Get(m.ID); err != nil || got.Card.Reference {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = verify(t, l, "nothing")
	wantIs(t, err, ErrNotFound)
}
