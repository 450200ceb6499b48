package library

import (
	"os"
	"path/filepath"
)

// temporaryPrefix starts the names of files that are about to be renamed into place. They are made in the
// library's folder, under its lock.
const temporaryPrefix = ".tmp-"

// writeFile puts data at path atomically: whoever reads path finds the old content or the new one, also
// after a power cut. The library is locked.
func (l *Library) writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(l.dir, temporaryPrefix) // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := fill(f, data); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	syncDir(filepath.Dir(path))
	return nil
}

// fill writes data to f, makes sure that it is on the disk, and closes f.
func fill(f *os.File, data []byte) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// syncDir puts the names in dir on the disk. File systems that cannot do this for a folder (and Windows)
// answer with an error, and the names are then as safe as they can be.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	_ = d.Sync()
}

// createFile writes a new file in a folder that nobody else sees yet.
func createFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return fill(f, data)
}
