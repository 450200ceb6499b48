package library

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	trashName  = ".trash"
	trashStamp = "20060102T150405.000000000" // no dash: what follows the last dash of an entry's name
)

// trashed is one folder in the trash.
type trashed struct {
	id     string
	folder string
	stamp  string
}

// Remove moves a model to the library's trash, from where Restore brings it back. The selection stays on it
// so that undoing a removal undoes all of it; until then there is no active model. A model of which nothing
// is left on the disk is only forgotten. ErrBuiltIn: the program has brought it along, and would again.
func (l *Library) Remove(id string) error {
	if id == BuiltInID {
		return fmt.Errorf("library: remove: %w", ErrBuiltIn)
	}
	if _, err := l.get(id); errors.Is(err, ErrNotFound) {
		return fmt.Errorf("library: remove: %w", err)
	}
	err := l.locked(func() error {
		folder := filepath.Join(l.dir, id)
		if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
			if l.inTrash(id) { // another instance was faster
				return ErrNotFound
			}
			return l.deselect(id)
		}
		trash := filepath.Join(l.dir, trashName)
		if err := os.MkdirAll(trash, 0o700); err != nil {
			return err
		}
		entry := id + "-" + time.Now().UTC().Format(trashStamp)
		if err := os.Rename(folder, filepath.Join(trash, entry)); err != nil {
			return err
		}
		syncDir(trash)
		syncDir(l.dir)
		return nil
	})
	if err != nil {
		return fmt.Errorf("library: remove %s: %w", id, err)
	}
	return nil
}

// Restore brings the model with this ID back from the trash. ErrNotFound: it is not there.
func (l *Library) Restore(id string) error {
	err := l.locked(func() error {
		for _, t := range l.trash() {
			if t.id == id {
				return l.takeBack(t)
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return fmt.Errorf("library: restore %s: %w", id, err)
	}
	return nil
}

// takeBack moves a folder from the trash to where it was. The library is locked. The ID is free: while a
// model is in the trash no other gets it.
func (l *Library) takeBack(t trashed) error {
	if err := os.Rename(t.folder, filepath.Join(l.dir, t.id)); err != nil {
		return err
	}
	syncDir(l.dir)
	return nil
}

// Trashed lists the models in the trash, the last removed first. Restore takes their IDs.
func (l *Library) Trashed() ([]Model, error) {
	var models []Model
	err := l.locked(func() error {
		for _, t := range l.trash() {
			if m, _, err := load(t.folder, t.id); err == nil {
				models = append(models, m)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("library: list the trash: %w", err)
	}
	return models, nil
}

// EmptyTrash deletes what is in the trash for good. Files that are hard links stay where else they are.
func (l *Library) EmptyTrash() error {
	err := l.locked(func() error {
		for _, t := range l.trash() {
			if err := os.RemoveAll(t.folder); err != nil {
				return err
			}
			if err := l.deselect(t.id); err != nil {
				return err
			}
		}
		return os.RemoveAll(l.adapterTrash())
	})
	if err != nil {
		return fmt.Errorf("library: empty the trash: %w", err)
	}
	return nil
}

// trash lists the folders in the trash, the last removed first.
func (l *Library) trash() []trashed { return trashIn(filepath.Join(l.dir, trashName)) }

func trashIn(dir string) []trashed {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // there is no trash yet
	}
	var ts []trashed
	for _, e := range entries {
		i := strings.LastIndexByte(e.Name(), '-')
		if i < 0 || !plainName(e.Name()[:i]) || !e.IsDir() {
			continue
		}
		ts = append(ts, trashed{id: e.Name()[:i], folder: filepath.Join(dir, e.Name()), stamp: e.Name()[i+1:]})
	}
	slices.SortFunc(ts, func(a, b trashed) int { return strings.Compare(b.stamp, a.stamp) })
	return ts
}

func (l *Library) inTrash(id string) bool {
	return slices.ContainsFunc(l.trash(), func(t trashed) bool { return t.id == id })
}
