package library

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks the whole open file with LockFileEx; it reports false when another open file has the
// lock and wait is false.
func lockFile(f *os.File, wait bool) (bool, error) {
	how := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK)
	if !wait {
		how |= windows.LOCKFILE_FAIL_IMMEDIATELY
	}
	const everything = ^uint32(0)
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, everything, everything, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) && !wait {
		return false, nil
	}
	return err == nil, err
}
