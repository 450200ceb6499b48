package library

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRemoveAndRestore(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	m := mustImport(t, l, path)
	if err := l.Rename(m.ID, "Mine"); err != nil {
		t.Fatal(err)
	}
	if err := l.SetActive(m.ID); err != nil {
		t.Fatal(err)
	}
	before := tree(t, l.dir)
	if err := l.Remove(m.ID); err != nil {
		t.Fatal(err)
	}
	_, err := l.Get(m.ID)
	wantIs(t, err, ErrNotFound)
	wantIs(t, l.Remove(m.ID), ErrNotFound)
	if got, ok := l.Active(); ok {
		t.Errorf("active is %+v", got)
	}
	if got := names(t, l); len(got) != 0 {
		t.Errorf("listed: %v", got)
	}
	trash, err := l.Trashed()
	if err != nil || len(trash) != 1 || trash[0].ID != m.ID || trash[0].Card.Name != "Mine" || trash[0].Err() != nil {
		t.Fatalf("trash: %+v, %v", trash, err)
	}
	if !strings.HasPrefix(trash[0].Path, filepath.Join(l.dir, ".trash", m.ID+"-")) {
		t.Errorf("path %s", trash[0].Path)
	}

	if err := reopen(t, l.dir).Restore(m.ID); err != nil {
		t.Fatal(err)
	}
	if got, ok := l.Active(); !ok || got.ID != m.ID || got.Card.Name != "Mine" || got.Err() != nil {
		t.Errorf("after undo the active model is %+v, %v", got, ok)
	}
	if err := os.Remove(filepath.Join(l.dir, ".trash")); err != nil {
		t.Error("the trash is not empty: ", err)
	}
	wantTree(t, l.dir, before...)
	wantIs(t, l.Restore(m.ID), ErrNotFound)
	if stat(t, path) == nil {
		t.Error("the source is gone")
	}
}

// While a model is in the trash no other gets its ID, so that it can always come back.
func TestTrashKeepsID(t *testing.T) {
	l, sources := openTemp(t)
	a := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	if err := l.Remove(a.ID); err != nil {
		t.Fatal(err)
	}
	b := mustImport(t, l, write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 2)))
	if a.ID == b.ID {
		t.Fatal("the ID was given away")
	}
	if err := l.Restore(a.ID); err != nil {
		t.Fatal(err)
	}
	for _, m := range []*Model{a, b} {
		if got, err := l.Get(m.ID); err != nil || got.Card.SHA256 != m.Card.SHA256 {
			t.Errorf("%s: %+v, %v", m.ID, got, err)
		}
	}
}

// Importing what is in the trash takes it back, with the name the user gave it.
func TestImportFromTrash(t *testing.T) {
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	m := mustImport(t, l, path)
	if err := l.Rename(m.ID, "Mine"); err != nil {
		t.Fatal(err)
	}
	if err := l.Remove(m.ID); err != nil {
		t.Fatal(err)
	}
	again, existed, err := drain(t, t.Context(), l, path, nil)
	if err != nil || !existed || again.ID != m.ID || again.Card.Name != "Mine" || again.Path != m.Path {
		t.Errorf("imported again: %+v, existed %v, %v", again, existed, err)
	}
	if trash, err := l.Trashed(); err != nil || len(trash) != 0 {
		t.Errorf("trash: %v, %v", trash, err)
	}
}

func TestEmptyTrash(t *testing.T) {
	l, sources := openTemp(t)
	if err := l.EmptyTrash(); err != nil {
		t.Error("there is no trash yet: ", err)
	}
	path := write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1))
	a := mustImport(t, l, path)
	b := mustImport(t, l, write(t, filepath.Join(sources, "b.gguf"), tinyGGUF(t, 2)))
	if err := l.SetActive(a.ID); err != nil {
		t.Fatal(err)
	}
	if err := l.Remove(a.ID); err != nil {
		t.Fatal(err)
	}
	if err := l.EmptyTrash(); err != nil {
		t.Fatal(err)
	}
	wantTree(t, l.dir, ".trash", b.ID, b.ID+"/model.gguf", b.ID+"/model.json")
	wantIs(t, l.Restore(a.ID), ErrNotFound)
	if got, ok := l.Active(); ok {
		t.Errorf("active is %+v", got)
	}
	if len(read(t, path)) == 0 {
		t.Error("the user's own file is gone")
	}
}
