package vault

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// temporaryPrefix starts the names of files that are about to be renamed into place, under the vault's lock.
const temporaryPrefix = "vault.tmp-"

// replaceFile puts data at path: whoever reads it finds the old content or the new one, also after a power
// cut. The old content is then overwritten where it lay, which on many disks leaves no copy of it, but not on
// all: file systems that copy on write, and solid state disks, write elsewhere.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), temporaryPrefix) // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	var old *os.File
	if runtime.GOOS != "windows" { // which renames nothing onto an open file
		if old, err = os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			defer old.Close()
		}
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return err
	}
	if old != nil {
		_ = overwrite(old)
	}
	return nil
}

// overwrite replaces what an open file holds by random bytes.
func overwrite(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(random(int(min(info.Size(), maxKeyFile))), 0); err != nil {
		return err
	}
	return f.Sync()
}

// syncFile puts the content of a file on the disk.
func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// syncDir puts the names in dir on the disk. File systems that cannot do this for a folder (and Windows) say
// so, and the names are then as safe as they can be; a disk that fails is another matter.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); errors.Is(err, syscall.EIO) || diskFull(err) {
		return err
	}
	return nil
}

// exists reports whether there is something at path; that it cannot be told is an error.
func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// disk makes what a system says about its disk an error that a caller can decide on.
func disk(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrFull), errors.Is(err, ErrReadOnly), errors.Is(err, ErrKeyring):
		return err
	case diskFull(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return fault(err)
}

// WriteFile writes a file that the user has chosen: whoever reads it finds what was there before or all of the
// new content. After an error nothing has changed. Only the user may read the file.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	defer func() { err = disk(err) }()
	f, err := os.CreateTemp(filepath.Dir(path), ".lamplight-*.part") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // finds nothing when all went well
	b := bufio.NewWriterSize(f, 1<<16)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
