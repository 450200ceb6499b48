package library

import (
	"fmt"
	"os"
	"path/filepath"
)

// lockName is the file in the library's folder, and in every staging folder, whose lock says that the
// folder is being written.
const lockName = ".lock"

// locked runs f while no other process and no other goroutine writes to the library. f must be short:
// a model is prepared outside of the lock and only moved into place under it. f must not call a method
// that locks, or it waits for itself.
func (l *Library) locked(f func() error) error {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	lock, _, err := openLock(filepath.Join(l.dir, lockName), true)
	if err != nil {
		return err
	}
	defer lock.Close()
	return f()
}

// openLock opens the lock file and takes its lock, which belongs to the returned file and ends when that
// is closed or the process dies. With wait it waits for the lock; without, ok tells whether it was free.
func openLock(path string, wait bool) (lock *os.File, ok bool, err error) {
	lock, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	ok, err = lockFile(lock, wait)
	if err != nil {
		lock.Close()
		return nil, false, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		lock.Close()
		return nil, false, nil
	}
	return lock, true, nil
}
