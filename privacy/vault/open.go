package vault

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Options say how a vault is made.
type Options struct {
	Protection Protection
	Passphrase []byte           // with Passphrase; the caller may wipe it afterwards
	Now        func() time.Time // nil is time.Now

	kdf *kdf // what tests use, so that they need not wait for tuned
}

// State is what can be told about a vault that is not open.
type State struct {
	Protection Protection
	Memory     int64 // bytes that making a key from the passphrase takes; 0 without one
	Passes     int   // over that memory
	Threads    int
	Swapping   bool // a rotation was interrupted; opening the vault finishes it or takes it back
}

// Inspect says how the vault in a folder is protected. It opens nothing and changes nothing. Without a vault the
// error is [ErrNone]; a database without its key is [ErrDamaged].
func Inspect(dir string) (State, error) {
	k, err := inspect(dir)
	if err != nil {
		return State{}, fmt.Errorf("vault: %w", err)
	}
	s := State{Protection: k.Protection, Swapping: k.Next != nil}
	if k.KDF != nil {
		s.Memory, s.Passes, s.Threads = int64(k.KDF.Memory)<<10, int(k.KDF.Passes), int(k.KDF.Threads)
	}
	return s, nil
}

func inspect(dir string) (keyFile, error) {
	k, err := readKeyFile(filepath.Join(dir, keyName))
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	there, err := exists(filepath.Join(dir, dbName))
	if err != nil {
		return k, err
	}
	if there {
		return k, fmt.Errorf("%w: %s is there and %s is not", ErrDamaged, dbName, keyName)
	}
	return k, ErrNone
}

// Create makes a vault in a folder that has none, and opens it. A crash before the end leaves no vault.
func Create(dir string, o Options) (*Vault, error) {
	v, err := create(dir, o)
	if err != nil {
		return nil, fmt.Errorf("vault: create: %w", disk(err))
	}
	return v, nil
}

func create(dir string, o Options) (_ *Vault, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	v := newVault(dir, o.Now, lock)
	defer v.abandon(&err)
	switch _, err := inspect(dir); {
	case err == nil:
		return nil, ErrExists
	case !errors.Is(err, ErrNone):
		return nil, err
	}
	if err := v.tidy(); err != nil {
		return nil, err
	}
	v.key = random(keySize)
	if err := v.makeNew(); err != nil {
		return nil, err
	}
	k, kek, err := newKeyFile(o.Protection, o.Passphrase, o.kdf)
	if err != nil {
		return nil, err
	}
	v.kek = kek
	if k.Key, err = k.seal(kek, v.key); err != nil {
		return nil, err
	}
	if err := k.write(v.path(keyName)); err != nil {
		return nil, err
	}
	v.reached("key") // from here on there is a vault, and opening it would do the rest
	if err := v.adoptNew(); err != nil {
		return nil, err
	}
	v.db, err = openDB(v.path(dbName), v.key)
	return v, err
}

// makeNew makes an empty database beside the place of the one in use, and puts it on the disk.
func (v *Vault) makeNew() error {
	db, err := openDB(v.path(newName), v.key)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	return v.syncNew()
}

// Open opens the vault in a folder. The passphrase is needed with [Passphrase] and not looked at otherwise; the
// caller may wipe it afterwards. With [Keyring] it may wait for the user to open the keyring.
//
// The errors to decide on are ErrNone, ErrPassphrase, ErrKeyring, ErrKeyGone, ErrBusy, ErrDamaged, ErrNewer,
// ErrFull and ErrReadOnly. Nothing is lost with any of them.
func Open(dir string, passphrase []byte) (*Vault, error) {
	v, err := open(dir, passphrase)
	if err != nil {
		return nil, fmt.Errorf("vault: open: %w", disk(err))
	}
	return v, nil
}

func open(dir string, passphrase []byte) (_ *Vault, err error) {
	if _, err := inspect(dir); err != nil { // before a lock is left where no vault is
		return nil, err
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	v := newVault(dir, nil, lock)
	defer v.abandon(&err)
	k, err := inspect(dir) // once more: now it stays as it is
	if err != nil {
		return nil, err
	}
	if v.kek, err = k.kek(passphrase); err != nil {
		return nil, err
	}
	var ok bool
	if v.key, ok = k.unseal(v.kek, k.Key); !ok {
		return nil, k.refused()
	}
	if k, err = v.settle(k); err != nil {
		return nil, err
	}
	if err := v.forget(k); err != nil && !diskFull(err) {
		return nil, err
	}
	if err := v.tidy(); err != nil {
		return nil, err
	}
	v.db, err = openDB(v.path(dbName), v.key)
	return v, err
}

func newVault(dir string, now func() time.Time, lock *os.File) *Vault {
	if now == nil {
		now = time.Now
	}
	return &Vault{dir: dir, now: now, lock: lock}
}

// abandon closes what was opened for a vault that came to nothing.
func (v *Vault) abandon(err *error) {
	if *err != nil {
		_ = v.Close()
	}
}

// Close locks the vault: it waits for what is being done, closes the file and wipes the key. Copies of the key
// that the database's cipher made go with its memory, which nobody wipes. Closing twice is no error.
func (v *Vault) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.close()
}

func (v *Vault) close() error {
	var err error
	if v.db != nil {
		err = v.db.Close()
	}
	clear(v.key)
	clear(v.kek)
	v.db, v.key, v.kek = nil, nil, nil
	if v.lock != nil {
		v.lock.Close()
		v.lock = nil
	}
	if err != nil {
		return fmt.Errorf("vault: close: %w", err)
	}
	return nil
}

// CheckPassphrase returns nil for the passphrase that opens the vault, and [ErrPassphrase] for another one. It takes
// as long as opening does, and others may read and write meanwhile. Who is at an open window is asked for it before
// the protection is changed. Without a passphrase to check, the protection being another one, it returns nil.
func (v *Vault) CheckPassphrase(passphrase []byte) error {
	if err := v.checkPassphrase(passphrase); err != nil {
		return fmt.Errorf("vault: check the passphrase: %w", err)
	}
	return nil
}

func (v *Vault) checkPassphrase(passphrase []byte) error {
	_, done, err := v.use()
	if err != nil {
		return err
	}
	done() // making the key takes a while
	k, err := readKeyFile(v.path(keyName))
	if err != nil {
		return err
	}
	if k.Protection != Passphrase {
		return nil
	}
	kek := k.KDF.derive(passphrase)
	defer clear(kek)
	_, done, err = v.use()
	if err != nil {
		return err
	}
	defer done()
	if subtle.ConstantTimeCompare(kek, v.kek) != 1 { // with the key in use: the file may have been exchanged
		return ErrPassphrase
	}
	return nil
}

// Protect changes what it takes to read the vault. The data key stays the same, so that this is done at once;
// whoever has the old key file and what opened it can still read the vault, until [Vault.Rotate]. With [File]
// that is whoever has the old file.
func (v *Vault) Protect(p Protection, passphrase []byte) error {
	if err := v.protect(p, passphrase, nil); err != nil {
		return fmt.Errorf("vault: protect: %w", disk(err))
	}
	return nil
}

func (v *Vault) protect(p Protection, passphrase []byte, with *kdf) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		return ErrLocked
	}
	old, oldErr := readKeyFile(v.path(keyName)) // if it was damaged since, this repairs it
	k, kek, err := newKeyFile(p, passphrase, with)
	if err != nil {
		return err
	}
	if k.Key, err = k.seal(kek, v.key); err != nil {
		return err
	}
	if err := k.write(v.path(keyName)); err != nil {
		return err
	}
	clear(v.kek)
	v.kek = kek
	if oldErr == nil && old.Protection == Keyring {
		_ = keyringDelete(old.Account) // the old key file is gone, and what it encrypted with it
	}
	return nil
}
