// Package container has what the two model containers share: the mapped file, and the errors that mean the
// same in both.
//
// A mapped file belongs to the disk, not to this process: whoever may write to it can cut it short while it
// is in use, and reading a page beyond the new end faults. Three things limit the damage. Metadata is copied
// to the heap while the file is opened, each number being read once, so that what was checked is what is
// used. [Guard] turns a fault during that time into an error. And [File.Intact] compares the size with the
// one the file had, for callers to ask before long work on the mapped weights; a fault in the middle of that
// work is theirs to catch (runtime/debug.SetPanicOnFault).
package container

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
)

var (
	// ErrTruncated: the file ends before what it announces.
	ErrTruncated = errors.New("the file is shorter than it says")
	// ErrCorrupt: the file breaks a rule of its format.
	ErrCorrupt = errors.New("the file is damaged")
	// ErrUnsupported: the file is sound and uses something that is not implemented.
	ErrUnsupported = errors.New("not supported")
	// ErrMissingPart: the model has several files and one of them is absent or belongs to another set.
	ErrMissingPart = errors.New("a part of the model is missing")
)

// File is a regular file held in memory, on Unix by mapping it.
type File struct {
	path string
	file *os.File // kept open for Intact; nil where the file was read instead of mapped
	data []byte
}

// Open maps the regular file at path. Its size is taken once, from the open descriptor.
func Open(path string) (*File, error) {
	// Opening a pipe would wait for a writer, so ask before opening.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, err
	}
	if !info.Mode().IsRegular() || int64(int(info.Size())) != info.Size() {
		f.Close()
		return nil, fmt.Errorf("%s cannot be mapped", path)
	}
	return load(path, f, int(info.Size()))
}

// Bytes returns the content, read-only (writing faults) and valid until Close.
func (f *File) Bytes() []byte { return f.data }

// Path returns what Open was given.
func (f *File) Path() string { return f.path }

// Intact returns an error that wraps ErrTruncated when the mapped file has become shorter since Open.
func (f *File) Intact() error {
	if f.file == nil {
		return nil
	}
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < int64(len(f.data)) {
		return fmt.Errorf("%s was cut short while it was open: %w", f.path, ErrTruncated)
	}
	return nil
}

// Guard calls read, and returns an error that wraps ErrTruncated if read touches a mapped page that is no
// longer backed by its file.
func Guard(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, ok := r.(interface{ Addr() uintptr }); !ok { // no fault of memory: a bug
			panic(r)
		}
		err = fmt.Errorf("cut short while it was read: %w", ErrTruncated)
	}()
	return read()
}
