package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Erase destroys the vault in a folder: first the key, without which the rest is noise, then the files. It
// returns what it removed, also when it could not remove everything; Erase may then be called again. A vault
// that is open anywhere is [ErrBusy].
//
// The key is overwritten before its file is removed. A disk may have kept older copies of the file: with
// [Passphrase] they are worth what the passphrase is worth, with [Keyring] nothing, with [File] they are the key.
func Erase(dir string) (removed []string, err error) {
	names, err := ours(dir)
	if err == nil && len(names) == 0 {
		err = ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("vault: erase: %w", err)
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, fmt.Errorf("vault: erase: %w", err)
	}
	defer lock.Close()

	removed, err = destroyKey(dir)
	names, e := ours(dir) // now that it is ours alone
	err = errors.Join(err, e)
	for _, name := range names {
		path := filepath.Join(dir, name)
		if e := os.Remove(path); e != nil {
			err = errors.Join(err, e)
			continue
		}
		removed = append(removed, path)
	}
	// The lock goes last, and while it is held where the system allows that: nobody can get hold of it in
	// between and find the file gone.
	path := filepath.Join(dir, lockName)
	e = os.Remove(path)
	if e != nil {
		lock.Close()
		e = os.Remove(path)
	}
	if e == nil {
		removed = append(removed, path)
	}
	if err = errors.Join(err, e, syncDir(dir)); err != nil {
		return removed, fmt.Errorf("vault: erase: %w", disk(err))
	}
	return removed, nil
}

// ours lists the files of the vault in a folder, but for its lock.
func ours(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if n := e.Name(); n == keyName || strings.HasPrefix(n, dbName) || strings.HasPrefix(n, temporaryPrefix) {
			names = append(names, n)
		}
	}
	return names, err
}

// destroyKey makes it impossible to read the vault again.
func destroyKey(dir string) (removed []string, err error) {
	path := filepath.Join(dir, keyName)
	k, err := readKeyFile(path)
	if errors.Is(err, fs.ErrNotExist) { // an earlier Erase got this far
		return nil, nil
	}
	if err == nil && k.Protection == Keyring {
		if err = keyringDelete(k.Account); err == nil {
			removed = append(removed, "keyring: "+service+" "+k.Account)
		}
	} else {
		err = nil // a key file that cannot be read is removed all the same
	}
	f, e := os.OpenFile(path, os.O_WRONLY, 0)
	if e != nil {
		return removed, errors.Join(err, e)
	}
	e = overwrite(f)
	f.Close()
	if e = errors.Join(e, os.Remove(path), syncDir(dir)); e == nil {
		removed = append(removed, path)
	}
	return removed, errors.Join(err, e)
}
