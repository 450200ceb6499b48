//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package library

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the advisory lock flock(2) for the open file; it reports false when another open file
// has it and wait is false.
func lockFile(f *os.File, wait bool) (bool, error) {
	how := unix.LOCK_EX
	if !wait {
		how |= unix.LOCK_NB
	}
	for {
		err := unix.Flock(int(f.Fd()), how)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK) && !wait:
			return false, nil
		default:
			return false, err
		}
	}
}
