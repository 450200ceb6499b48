package vault

import (
	"fmt"
	"os"
	"path/filepath"
)

// takeLock takes the lock of the vault in a folder, which ends when the file is closed or the process dies. It
// does not wait: [ErrBusy] says that somebody has it.
func takeLock(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, disk(err)
		}
		ok, err := lockFile(f)
		if err != nil || !ok {
			f.Close()
			if err != nil {
				return nil, fmt.Errorf("lock %s: %w", path, err)
			}
			return nil, ErrBusy
		}
		ours, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, err
		}
		if now, err := os.Stat(path); err == nil && os.SameFile(ours, now) {
			return f, nil
		}
		f.Close() // erased between opening and locking: that lock keeps nobody out
	}
}
