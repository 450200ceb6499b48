package library

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lamplight/engine/gguf"
)

func TestListInOrderOfName(t *testing.T) {
	l, sources := openTemp(t)
	if models, err := l.List(); err != nil || len(models) != 0 {
		t.Fatalf("an empty library has %v, %v", models, err)
	}
	for i, name := range []string{"beta", "Alpha", "gamma"} {
		m := mustImport(t, l, write(t, filepath.Join(sources, name+".gguf"), tinyGGUF(t, uint64(i))))
		if err := l.Rename(m.ID, name); err != nil {
			t.Fatal(err)
		}
	}
	// What is no model of the library is not listed: other files, hidden folders, empty folders.
	write(t, filepath.Join(l.dir, "notes.txt"), nil)
	write(t, filepath.Join(l.dir, ".hidden", cardName), []byte("{}"))
	if err := os.Mkdir(filepath.Join(l.dir, "empty"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, l), []string{"Alpha", "beta", "gamma"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func names(t *testing.T, l *Library) []string {
	t.Helper()
	models, err := l.List()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range models {
		names = append(names, m.Card.Name)
	}
	return names
}

func TestFind(t *testing.T) {
	l, sources := openTemp(t)
	a := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	b := mustImport(t, l, write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 2)))
	if _, err := l.Find(a.Card.Name); err == nil {
		t.Error("two models have the name, one was found")
	} else {
		wantIs(t, err, ErrAmbiguous)
		if !strings.Contains(err.Error(), a.ID) || !strings.Contains(err.Error(), b.ID) {
			t.Errorf("%q does not say which", err)
		}
	}
	if err := l.Rename(b.ID, "My Model"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{b.ID, "my model", "MY MODEL"} {
		if m, err := l.Find(name); err != nil || m.ID != b.ID {
			t.Errorf("Find(%q) = %s, %v", name, m.ID, err)
		}
	}
	for _, name := range []string{"", "nothing", "../sources", a.Path} {
		_, err := l.Find(name)
		wantIs(t, err, ErrNotFound)
	}
}

func TestRename(t *testing.T) {
	l, sources := openTemp(t)
	m := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	if err := l.Rename(m.ID, "  New\tname\n"); err != nil {
		t.Fatal(err)
	}
	got, err := reopen(t, l.dir).Get(m.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := m.Card
	want.Name = "New name"
	if string(encoded(t, got.Card)) != string(encoded(t, want)) {
		t.Errorf("got %+v, want %+v", got.Card, want)
	}
	wantTree(t, l.dir, m.ID, m.ID+"/model.gguf", m.ID+"/model.json")
	wantIs(t, l.Rename(m.ID, " \n\u202e "), ErrName)
	wantIs(t, l.Rename("nothing", "x"), ErrNotFound)
	wantIs(t, l.Rename("..", "x"), ErrNotFound)
}

func encoded(t *testing.T, c Card) []byte {
	t.Helper()
	data, err := c.encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestActive(t *testing.T) {
	l, sources := openTemp(t)
	if m, ok := l.Active(); ok {
		t.Errorf("an empty library has the active model %+v", m)
	}
	a := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	b := mustImport(t, l, write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 2)))
	for _, m := range []*Model{a, b} {
		if err := l.SetActive(m.ID); err != nil {
			t.Fatal(err)
		}
		if got, ok := reopen(t, l.dir).Active(); !ok || got.ID != m.ID || got.Err() != nil {
			t.Errorf("active is %+v, want %s", got, m.ID)
		}
	}
	wantIs(t, l.SetActive("nothing"), ErrNotFound)
	wantIs(t, l.SetActive(""), ErrNotFound)
	if got, ok := l.Active(); !ok || got.ID != b.ID {
		t.Errorf("a selection that failed changed the active model to %+v", got)
	}
	for _, damaged := range []string{"", "{", `{"id":"../sources"}`, `{"id":""}`, `[]`} {
		write(t, filepath.Join(l.dir, activeName), []byte(damaged))
		if got, ok := l.Active(); ok {
			t.Errorf("%q selects %+v", damaged, got)
		}
	}
	if err := l.SetActive(a.ID); err != nil {
		t.Error("a damaged selection cannot be replaced: ", err)
	}
}

// A model of which a file, or everything, disappears while it is selected is still there to be told about.
func TestVanishes(t *testing.T) {
	for name, vanish := range map[string]func(m *Model) string{
		"file":     func(m *Model) string { return m.Path },
		"contents": nil,
		"folder":   func(m *Model) string { return filepath.Dir(m.Path) },
	} {
		t.Run(name, func(t *testing.T) {
			l, sources := openTemp(t)
			path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
			m := mustImport(t, l, path)
			if err := l.SetActive(m.ID); err != nil {
				t.Fatal(err)
			}
			if err := l.Rename(m.ID, "Mine"); err != nil {
				t.Fatal(err)
			}
			if vanish != nil {
				if err := os.RemoveAll(vanish(m)); err != nil {
					t.Fatal(err)
				}
			} else {
				os.Remove(m.Path)
				os.Remove(filepath.Join(filepath.Dir(m.Path), cardName))
			}
			before := tree(t, l.dir)

			active, ok := l.Active()
			if !ok || active.ID != m.ID || !active.Gone || active.Card.Name != "Mine" {
				t.Errorf("active: %+v, %v", active, ok)
			}
			wantIs(t, active.Err(), ErrGone)
			got, err := l.Get(m.ID)
			wantIs(t, err, ErrGone)
			if got.Card.Name != "Mine" {
				t.Errorf("the model that is gone is called %q", got.Card.Name)
			}
			_, err = l.Find("mine")
			wantIs(t, err, ErrGone)
			wantIs(t, l.SetActive(m.ID), ErrGone)
			models, err := l.List()
			if err != nil || len(models) != 1 || !models[0].Gone {
				t.Errorf("list: %+v, %v", models, err)
			}
			wantTree(t, l.dir, before...)

			// Another model does not become the selected one by taking its place.
			other := mustImport(t, l, write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 2)))
			if active, ok := l.Active(); !ok || !active.Gone || other.ID == m.ID {
				t.Errorf("active: %+v, %v; the other is %s", active, ok, other.ID)
			}
			// The same content takes it again.
			again := mustImport(t, l, path)
			if name != "contents" { // then an empty folder of the user's is in the way
				if active, ok := l.Active(); !ok || active.Err() != nil || active.ID != again.ID || again.ID != m.ID {
					t.Errorf("after importing again: active %+v, %v; imported %+v", active, ok, again)
				}
			}
			if name == "file" && again.Card.Name != "Mine" {
				t.Errorf("the name was lost: %q", again.Card.Name)
			}
		})
	}
}

func TestRemoveGone(t *testing.T) {
	l, sources := openTemp(t)
	m := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	if err := l.SetActive(m.ID); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Dir(m.Path)); err != nil {
		t.Fatal(err)
	}
	if err := l.Remove(m.ID); err != nil {
		t.Fatal(err)
	}
	wantTree(t, l.dir)
	if m, ok := l.Active(); ok {
		t.Errorf("still active: %+v", m)
	}
}

// The library's folder disappears under a running program.
func TestFolderVanishes(t *testing.T) {
	l, sources := openTemp(t)
	if err := os.RemoveAll(l.dir); err != nil {
		t.Fatal(err)
	}
	if models, err := l.List(); err != nil || len(models) != 0 {
		t.Errorf("list: %v, %v", models, err)
	}
	mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
}

// A file that was cut or that grew is not the model any more.
func TestDamagedModel(t *testing.T) {
	l, sources := openTemp(t)
	noLinks(l)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	m := mustImport(t, l, path)
	if err := os.Truncate(m.Path, m.Card.Bytes-1); err != nil {
		t.Fatal(err)
	}
	got, err := l.Get(m.ID)
	wantIs(t, err, ErrDamaged)
	if got.Gone || got.Damage == nil || got.Card.Name != m.Card.Name {
		t.Errorf("got %+v", got)
	}
	wantIs(t, l.SetActive(m.ID), ErrDamaged)
	if err := l.Rename(m.ID, "Mine"); err != nil {
		t.Error("a damaged model cannot be renamed: ", err)
	}
	// Importing it again makes it whole, in its place and under its name.
	again := mustImport(t, l, path)
	if again.ID != m.ID || again.Card.Name != "Mine" {
		t.Errorf("imported again as %s, %q", again.ID, again.Card.Name)
	}
	if _, err := l.Get(m.ID); err != nil {
		t.Error(err)
	}
	wantTree(t, l.dir, m.ID, m.ID+"/model.gguf", m.ID+"/model.json")
}

// A card that is damaged or missing is made anew from the model, and the content is still recognized.
func TestCardIsRebuilt(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"cut":     func(path string) error { return os.Truncate(path, 20) },
		"missing": os.Remove,
		"lies": func(path string) error {
			return os.WriteFile(path, []byte(`{"name":"x","bytes":1,"files":[{"name":"../../x","bytes":1}]}`), 0o600)
		},
		"folder": func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o700)
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, sources := openTemp(t)
			path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
			m := mustImport(t, l, path)
			card := filepath.Join(l.dir, m.ID, cardName)
			if err := damage(card); err != nil {
				t.Fatal(err)
			}
			got, err := l.Get(m.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got.Card.Name != m.Card.Name || got.Card.Bytes != m.Card.Bytes || got.Path != m.Path {
				t.Errorf("rebuilt %+v, was %+v", got.Card, m.Card)
			}
			if _, err := readCard(filepath.Join(l.dir, m.ID)); err != nil {
				t.Error("the rebuilt card was not stored: ", err)
			}
			if _, err := os.Stat(card + ".damaged"); (err == nil) != (name != "missing") {
				t.Errorf("the damaged card set aside: %v", err)
			}
			again, existed, err := drain(t, t.Context(), l, path, nil)
			if err != nil || !existed || again.Card.SHA256 != m.Card.SHA256 {
				t.Errorf("imported again: %+v, existed %v, %v", again, existed, err)
			}
		})
	}
}

// A model folder that a person put into the library by hand is listed.
func TestFolderWithoutCard(t *testing.T) {
	l, _ := openTemp(t)
	write(t, filepath.Join(l.dir, "By hand", "some.gguf"), tinyGGUF(t, 1))
	m, err := l.Get("By hand")
	if err != nil {
		t.Fatal(err)
	}
	if m.Path != filepath.Join(l.dir, "By hand", "some.gguf") || m.Card.Architecture == "" {
		t.Errorf("got %+v", m)
	}
}

// When neither card nor model can be read, the folder is listed with the reason, not lost.
func TestDamagedBeyondRepair(t *testing.T) {
	l, sources := openTemp(t)
	noLinks(l)
	m := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	write(t, m.Path, bytes.Repeat([]byte("x"), 100))
	write(t, filepath.Join(l.dir, m.ID, cardName), []byte("{"))
	models, err := l.List()
	if err != nil || len(models) != 1 {
		t.Fatalf("list: %v, %v", models, err)
	}
	wantIs(t, models[0].Damage, ErrDamaged)
	wantIs(t, models[0].Damage, gguf.ErrNotGGUF)
	if models[0].Gone || models[0].Card.Name == "" {
		t.Errorf("got %+v", models[0])
	}
	if err := os.Remove(m.Path); err != nil {
		t.Fatal(err)
	}
	_, err = l.Get(m.ID)
	wantIs(t, err, ErrGone)
	if err := l.Remove(m.ID); err != nil {
		t.Error(err)
	}
}

// The file says what a person needs to know without this program.
func TestCardOnDisk(t *testing.T) {
	l, sources := openTemp(t)
	m := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	var card map[string]any
	if err := json.Unmarshal(read(t, filepath.Join(l.dir, m.ID, cardName)), &card); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"name", "architecture", "parameters", "quantization", "bytes", "context_length",
		"vocabulary", "sha256", "imported", "linked", "source", "files"} {
		if card[key] == nil || card[key] == "" {
			t.Errorf("%s is missing", key)
		}
	}
}
