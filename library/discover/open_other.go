//go:build !unix

package discover

import (
	"io/fs"
	"path/filepath"
	"strings"
)

const noWait = 0

// identity is the same for every path to a file, hard links excepted.
func identity(path string, _ fs.FileInfo) string {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return strings.ToLower(path)
}
