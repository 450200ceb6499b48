//go:build !unix

package container

import (
	"fmt"
	"io"
	"os"
)

// load reads size bytes of file, which it owns from here on.
func load(path string, file *os.File, size int) (*File, error) {
	defer file.Close()
	data := make([]byte, size)
	if _, err := io.ReadFull(file, data); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &File{path: path, data: data}, nil
}

// Release does nothing: the content was read.
func (f *File) Release() {}

// Close forgets the content.
func (f *File) Close() error {
	f.data = nil
	return nil
}
