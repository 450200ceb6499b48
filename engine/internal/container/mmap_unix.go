//go:build unix

package container

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// load maps size bytes of file, which it owns from here on.
func load(path string, file *os.File, size int) (*File, error) {
	if size == 0 { // an empty mapping is an error of the system's
		return &File{path: path}, file.Close()
	}
	data, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	return &File{path: path, file: file, data: data}, nil
}

// Release gives the memory of the content back to the system, which reads it again when it is touched.
func (f *File) Release() {
	if len(f.data) > 0 {
		_ = unix.Madvise(f.data, unix.MADV_DONTNEED) // costs memory where it fails, nothing else
	}
}

// Close unmaps the file. Slices of its content must not be touched any more.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	err := unix.Munmap(f.data)
	if closeErr := f.file.Close(); err == nil {
		err = closeErr
	}
	f.file, f.data = nil, nil
	return err
}
