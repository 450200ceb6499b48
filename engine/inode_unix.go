//go:build unix

package engine

import (
	"fmt"
	"io/fs"
	"syscall"
)

// inode names a file beside its path, which can be given to another one.
func inode(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("%d:%d", s.Dev, s.Ino)
	}
	return ""
}
