package library

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

const activeName = "active.json"

// selection is the content of active.json. With name and digest the library can still say which model was
// selected when its whole folder is gone, and does not take another model for it.
type selection struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Active returns the model that answers where nothing else is asked for: the selected one, or, where none is selected or its
// files are gone, the one that the program has brought along. False: there is neither. Err of the model says whether it can
// be loaded.
func (l *Library) Active() (Model, bool) {
	m, ok := l.Selected()
	if ok && !m.Gone {
		return m, true
	}
	if own, err := l.get(BuiltInID); err == nil {
		return own, true
	}
	return m, ok
}

// Selected returns the model that the user has selected, and false when none is selected or the selected one is in the
// trash. One whose files are gone stays selected until it is removed or another is selected.
func (l *Library) Selected() (Model, bool) {
	s, ok := l.selection()
	if !ok {
		return Model{}, false
	}
	m, err := l.get(s.ID)
	if errors.Is(err, ErrNotFound) {
		return Model{}, false
	}
	return m, m.ID != ""
}

// SetActive selects a model that can be loaded; it fails as Get does.
func (l *Library) SetActive(id string) error {
	err := l.setActive(id)
	if err != nil {
		return fmt.Errorf("library: select %s: %w", id, err)
	}
	return nil
}

func (l *Library) setActive(id string) error {
	m, err := l.get(id)
	if err != nil {
		return err
	}
	return l.locked(func() error {
		return l.writeSelection(selection{ID: m.ID, Name: m.Card.Name, SHA256: m.Card.SHA256})
	})
}

// SelectFirst selects a model that was added if it is the first: nothing is selected, or what the program has brought along
// is, and there is no other model.
func (l *Library) SelectFirst(id string) error {
	s, ok := l.Selected()
	if ok && !s.BuiltIn() {
		return nil
	}
	if ok {
		others, err := l.models(l.look)
		if err != nil {
			return fmt.Errorf("library: select %s: %w", id, err)
		}
		if slices.ContainsFunc(others, func(m Model) bool { return m.ID != id && !m.BuiltIn() }) {
			return nil
		}
	}
	return l.SetActive(id)
}

// writeSelection stores the selection. The library is locked.
func (l *Library) writeSelection(s selection) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return l.writeFile(filepath.Join(l.dir, activeName), append(data, '\n'))
}

// deselect forgets the selection when it is this model. The library is locked.
func (l *Library) deselect(id string) error {
	if s, ok := l.selection(); !ok || s.ID != id {
		return nil
	}
	err := os.Remove(filepath.Join(l.dir, activeName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// selection reads active.json. One that cannot be read selects nothing.
func (l *Library) selection() (selection, bool) {
	path := filepath.Join(l.dir, activeName)
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return selection{}, false
	}
	f, err := os.Open(path)
	if err != nil {
		return selection{}, false
	}
	defer f.Close()
	var s selection
	if err := json.NewDecoder(io.LimitReader(f, 1<<16)).Decode(&s); err != nil || !plainName(s.ID) {
		return selection{}, false
	}
	s.Name = cleanText(s.Name)
	return s, true
}

// ghost is the selected model when nothing of it is left, neither in the library nor in the trash.
func (l *Library) ghost() (Model, bool) {
	s, ok := l.selection()
	if !ok {
		return Model{}, false
	}
	folder := filepath.Join(l.dir, s.ID)
	missing := func() bool {
		_, _, err := load(folder, s.ID)
		return errors.Is(err, ErrNotFound) && !l.inTrash(s.ID)
	}
	gone := missing()
	if gone { // unless it was moved between two looks
		_ = l.locked(func() error { gone = missing(); return nil })
	}
	if !gone {
		return Model{}, false
	}
	name := s.Name
	if name == "" {
		name = s.ID
	}
	return Model{ID: s.ID, Path: folder, Card: Card{Name: name, SHA256: s.SHA256}, Gone: true}, true
}
