// Package vault keeps what a user writes in one encrypted file.
//
//	v, err := vault.Create(dir, vault.Options{Protection: vault.Passphrase, Passphrase: words})
//	v, err := vault.Open(dir, words) // the next time
//	defer v.Close()
//
// A vault is a folder with three files of ours:
//
//	vault.db    SQLite, encrypted page by page with the data key, and its -wal beside it
//	vault.key   how the data key is protected, and the data key, encrypted
//	vault.lock  whose lock says that the vault is open
//
// The data key is 32 random bytes. It is encrypted with a key that the desktop's keyring keeps, or with one
// made from a passphrase, or it lies beside the database as it is: see [Protection]. [Vault.Protect] changes
// which, [Vault.Rotate] changes the data key itself, and [Erase] destroys the key and then the rest.
//
// A vault that is closed is locked: the key is wiped, and every method returns [ErrLocked].
package vault

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// What a caller decides on.
var (
	ErrNone       = errors.New("there is no vault")
	ErrExists     = errors.New("there is a vault already")
	ErrPassphrase = errors.New("the passphrase does not open the vault")
	ErrKeyring    = errors.New("the keyring does not answer")
	ErrKeyGone    = errors.New("the keyring no longer has the key of the vault")
	ErrBusy       = errors.New("the vault is open elsewhere")
	ErrDamaged    = errors.New("the vault is damaged")
	ErrNewer      = errors.New("the vault was written by a later version")
	ErrFull       = errors.New("the disk is full")
	ErrReadOnly   = errors.New("the vault cannot be written")
	ErrLocked     = errors.New("the vault is locked")
)

// The names of a vault's files in its folder.
const (
	dbName   = "vault.db"
	keyName  = "vault.key"
	lockName = "vault.lock"
)

// Vault is an open vault. Its methods may be called from several goroutines.
type Vault struct {
	dir string
	now func() time.Time

	mu  sync.RWMutex // see use
	db  *sql.DB      // nil when the vault is locked
	key []byte       // the data key
	kek []byte       // what encrypts it in the key file, nil with File; both are wiped when the vault is locked

	lock    *os.File
	atPoint func(string) // a test's, see reached
}

// use keeps the database open until done is called. Rotation and Close wait for that, and whoever waits lets
// nobody in: between use and done, no method that calls use itself may be called.
func (v *Vault) use() (db *sql.DB, done func(), err error) {
	v.mu.RLock()
	if v.db == nil {
		v.mu.RUnlock()
		return nil, nil, ErrLocked
	}
	return v.db, v.mu.RUnlock, nil
}

// Dir returns the folder of the vault.
func (v *Vault) Dir() string { return v.dir }

// path returns where a file of the vault lies.
func (v *Vault) path(name string) string { return filepath.Join(v.dir, name) }
