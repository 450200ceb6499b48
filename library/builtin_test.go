package library

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// bring makes a library with a model that the program has brought along.
func bring(t *testing.T) (l *Library, sources string, data []byte) {
	t.Helper()
	l, sources = openTemp(t)
	data = tinyGGUF(t, 9)
	if err := l.Bring(string(data), sumOf(data)); err != nil {
		t.Fatal(err)
	}
	return l, sources, data
}

// wantOwn fails unless the model that was brought along is there, whole, and with what the user wrote on its card.
func wantOwn(t *testing.T, l *Library, data []byte, notes string) {
	t.Helper()
	m, err := l.Get(BuiltInID)
	if err != nil || m.Digest() != sumOf(data) || m.Card.Notes != notes || !m.BuiltIn() {
		t.Fatalf("the model is %+v: %v", m, err)
	}
	if got, err := os.ReadFile(m.Path); err != nil || !slices.Equal(got, data) {
		t.Errorf("%s has %d bytes of another content: %v", m.Path, len(got), err)
	}
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != BuiltInID && e.Name() != lockName {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestBringBack(t *testing.T) {
	l, _, data := bring(t)
	wantOwn(t, l, data, "")
	if err := l.SetNotes(BuiltInID, "mine"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(l.dir, BuiltInID, "model.gguf")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	l = reopen(t, l.dir)
	if err := l.Bring(string(data), sumOf(data)); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("it was whole, and written once more: %v", err)
	}
	for _, c := range []struct {
		name, notes string
		spoil       func() error
	}{
		{"file gone", "mine", func() error { return os.Remove(path) }},
		{"file short", "mine", func() error { return os.Truncate(path, 100) }},
		{"file written to", "mine", func() error { return os.WriteFile(path, make([]byte, len(data)), 0o600) }},
		{"file touched", "mine", func() error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) }},
		{"card gone", "", func() error { return os.Remove(filepath.Join(l.dir, BuiltInID, cardName)) }},
		{"card damaged", "", func() error { return os.WriteFile(filepath.Join(l.dir, BuiltInID, cardName), []byte("{"), 0o600) }},
		{"all gone", "", func() error { return os.RemoveAll(filepath.Join(l.dir, BuiltInID)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := l.SetNotes(BuiltInID, "mine"); err != nil {
				t.Fatal(err)
			}
			if err := c.spoil(); err != nil {
				t.Fatal(err)
			}
			if models, err := l.List(); err != nil || len(models) != 1 || models[0].Err() != nil {
				t.Errorf("listed are %+v: %v", models, err)
			}
			wantOwn(t, l, data, c.notes)
		})
	}
}

// A newer program brings a newer model, which takes the place of the old one, with what the user wrote.
func TestBringAnother(t *testing.T) {
	l, _, _ := bring(t)
	if err := l.SetNotes(BuiltInID, "mine"); err != nil {
		t.Fatal(err)
	}
	newer := tinyGGUF(t, 10)
	if err := l.Bring(string(newer), sumOf(newer)); err != nil {
		t.Fatal(err)
	}
	wantOwn(t, l, newer, "mine")
}

func TestBringRefused(t *testing.T) {
	l, _ := openTemp(t)
	data := tinyGGUF(t, 9)
	wantIs(t, l.Bring(string(data), sumOf(data[1:])), ErrDamaged)
	if l.Bring("no model", sumOf([]byte("no model"))) == nil {
		t.Error("what is no model was brought")
	}
	if models, err := l.List(); err != nil || len(models) != 0 {
		t.Errorf("listed are %v: %v", models, err)
	}
}

func TestBuiltInStays(t *testing.T) {
	l, sources, data := bring(t)
	wantIs(t, l.Remove(BuiltInID), ErrBuiltIn)
	wantOwn(t, l, data, "")
	again, existed, err := drain(t, t.Context(), l, write(t, filepath.Join(sources, "own.gguf"), data), func(Progress) {})
	if err != nil || !existed || again.ID != BuiltInID {
		t.Errorf("the same content is %+v: %v", again, err)
	}
}

// wantActive fails unless this model answers, and this one is selected.
func wantActive(t *testing.T, l *Library, active, selected string) {
	t.Helper()
	m, ok := l.Active()
	if ok != (active != "") || m.ID != active || m.Err() != nil {
		t.Errorf("active is %q %v, want %q", m.ID, m.Err(), active)
	}
	if m, _ := l.Selected(); m.ID != selected {
		t.Errorf("selected is %q, want %q", m.ID, selected)
	}
}

// The model that was brought along answers while no other is selected that is there.
func TestActiveBuiltIn(t *testing.T) {
	l, sources, _ := bring(t)
	wantActive(t, l, BuiltInID, "")
	file := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	a := mustImport(t, l, file)
	wantActive(t, l, BuiltInID, "")
	if err := l.SetActive(a.ID); err != nil {
		t.Fatal(err)
	}
	wantActive(t, l, a.ID, a.ID)
	if err := os.Remove(a.Path); err != nil {
		t.Fatal(err)
	}
	wantActive(t, l, BuiltInID, a.ID)
	mustImport(t, l, file)
	wantActive(t, l, a.ID, a.ID)
	if err := l.Remove(a.ID); err != nil {
		t.Fatal(err)
	}
	wantActive(t, l, BuiltInID, "")
	if err := l.Restore(a.ID); err != nil {
		t.Fatal(err)
	}
	wantActive(t, l, a.ID, a.ID)
}

// The first model of the user's becomes the active one, and no later one does.
func TestSelectFirst(t *testing.T) {
	l, sources, _ := bring(t)
	if err := l.SetActive(BuiltInID); err != nil { // a click on the only card
		t.Fatal(err)
	}
	a := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	first := func(id, active string) {
		t.Helper()
		if err := l.SelectFirst(id); err != nil {
			t.Fatal(err)
		}
		wantActive(t, l, active, active)
	}
	first(a.ID, a.ID)
	b := mustImport(t, l, write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 2)))
	first(b.ID, a.ID)
	if err := l.SetActive(BuiltInID); err != nil {
		t.Fatal(err)
	}
	first(b.ID, BuiltInID) // it was chosen though there are others
}
