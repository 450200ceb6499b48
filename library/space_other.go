//go:build !(darwin || linux || windows)

package library

import (
	"errors"
	"syscall"
)

// freeSpace is not known here; a disk that is too small shows when the copy fills it.
func freeSpace(string) (int64, bool) { return 0, false }

// isFull reports whether err says that the disk is full.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) }
