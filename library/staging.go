package library

import (
	"os"
	"path/filepath"
	"strings"
)

const stagingPrefix = ".incoming-"

// staging is the hidden folder in which an import prepares a model. Its lock is held as long as the import
// lives, which tells a folder in use from one that a crash has left.
type staging struct {
	dir      string
	model    string // the folder that becomes the model's
	replaced string // where the folder goes that the model replaces, if any
	lock     *os.File
}

func (l *Library) newStaging() (*staging, error) {
	var s *staging
	err := l.locked(func() (err error) { // no sweep may see the folder before its lock is held
		s, err = l.stage()
		return err
	})
	return s, err
}

// stage makes the folder. The library is locked.
func (l *Library) stage() (*staging, error) {
	dir, err := os.MkdirTemp(l.dir, stagingPrefix) // mode 0700
	if err != nil {
		return nil, err
	}
	s := &staging{dir: dir, model: filepath.Join(dir, "model"), replaced: filepath.Join(dir, "replaced")}
	s.lock, _, err = openLock(filepath.Join(dir, lockName), false)
	if err == nil {
		err = os.Mkdir(s.model, 0o700)
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// publish moves the staged model, whose card is not written yet, to the folder with this ID. The library is locked.
func (l *Library) publish(s *staging, id string, c *Card) error {
	data, err := c.encode()
	if err != nil {
		return err
	}
	if err := createFile(filepath.Join(s.model, cardName), data); err != nil {
		return err
	}
	syncDir(s.model)

	folder := filepath.Join(l.dir, id)
	if err := os.Rename(folder, s.replaced); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := os.Rename(s.model, folder); err != nil {
		_ = os.Rename(s.replaced, folder)
		return err
	}
	syncDir(l.dir)
	return nil
}

// remove deletes the folder and what is still in it.
func (s *staging) remove() {
	if s.lock != nil {
		s.lock.Close()
	}
	_ = os.RemoveAll(s.dir) // what stays is swept by the next Open
}

// sweep removes staging folders and temporary files that no process uses any more. The library is locked.
func (l *Library) sweep() error {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(l.dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), temporaryPrefix): // made and renamed under the lock that is held now
			err = os.Remove(path)
		case strings.HasPrefix(e.Name(), stagingPrefix) && e.IsDir():
			var lock *os.File
			var free bool
			if lock, free, err = openLock(filepath.Join(path, lockName), false); free {
				lock.Close()
				err = os.RemoveAll(path)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
