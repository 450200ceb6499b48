package vault

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockFile locks a whole open file with LockFileEx; false says that another open file has the lock.
func lockFile(f *os.File) (bool, error) {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	const everything = ^uint32(0)
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, everything, everything, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
