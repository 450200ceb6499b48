//go:build unix

package discover

import (
	"fmt"
	"io/fs"
	"syscall"
)

// noWait keeps opening a pipe, which may have taken the place of a file a moment ago, from waiting for its other end.
const noWait = syscall.O_NONBLOCK

// identity is the same for every path to a file.
func identity(path string, info fs.FileInfo) string {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("%d:%d", st.Dev, st.Ino)
	}
	return path
}
