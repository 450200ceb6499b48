package gguf

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// output is a file on its way to a path, which it takes when it is complete. Until then it has no name, or where the
// system cannot do that another one, which a process that is killed leaves behind.
type output struct {
	*os.File
	path    string
	unnamed bool
}

// newOutput begins a file for path with mode 0600.
func newOutput(path string) (*output, error) {
	dir := filepath.Dir(path)
	if f, err := createUnnamed(dir); err == nil {
		return &output{f, path, true}, nil
	}
	f, err := os.CreateTemp(dir, ".gguf-*.tmp") // 0600
	return &output{f, path, false}, err
}

// discard forgets the file.
func (o *output) discard() {
	o.Close()
	if !o.unnamed {
		os.Remove(o.Name())
	}
}

// place closes the file, which must be on the disk, and puts it at its path, in the place of what was there.
func (o *output) place() error {
	complete := o.Name()
	if o.unnamed {
		err := name(o.File, o.path)
		for try := 0; errors.Is(err, fs.ErrExist) && try < 100; try++ { // a link replaces nothing, a renaming does
			complete = filepath.Join(filepath.Dir(o.path), ".gguf-"+strconv.FormatInt(time.Now().UnixNano(), 36)+".tmp")
			err = name(o.File, complete)
		}
		if err != nil {
			o.Close()
			return &os.LinkError{Op: "link", Old: o.path, New: complete, Err: err}
		}
		if complete == o.Name() {
			return o.Close()
		}
	}
	err := o.Close()
	if err == nil {
		err = os.Rename(complete, o.path)
	}
	if err != nil {
		os.Remove(complete)
	}
	return err
}
