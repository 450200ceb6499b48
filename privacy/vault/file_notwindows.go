//go:build !windows

package vault

import (
	"errors"
	"syscall"
)

// diskFull reports whether a disk, or what its owner may use of it, is full.
func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
