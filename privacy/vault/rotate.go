package vault

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

const (
	newName   = dbName + ".new" // a database that is about to take the place of the one in use
	walSuffix = "-wal"
)

// Rotate encrypts the vault with a new data key: the database is written anew beside the old one, and put in
// its place. It needs as much room on the disk as the vault has, and everything else waits. A crash leaves a
// vault that opens, with the old key or the new one. So does an error; if the database could not be opened again,
// for the disk is full perhaps, the vault is locked after it.
//
// The protection stays the same. After somebody may have seen the key file and what opens it, change both:
// [Vault.Protect], then Rotate.
func (v *Vault) Rotate(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.db == nil {
		return fmt.Errorf("vault: rotate: %w", ErrLocked)
	}
	if err := v.rotate(ctx); err != nil {
		return fmt.Errorf("vault: rotate: %w", disk(err))
	}
	return nil
}

func (v *Vault) rotate(ctx context.Context) error {
	next := random(keySize)
	defer clear(next)
	if err := v.tidy(); err != nil {
		return err
	}
	defer v.tidy()
	if err := v.copyTo(ctx, next); err != nil {
		return err
	}
	v.reached("copied")
	if err := ctx.Err(); err != nil {
		return err
	}
	err := v.swap(next)
	if v.db == nil {
		err = errors.Join(err, v.resume())
	}
	return err
}

// copyTo writes the database to the new place, encrypted with another key, and makes sure that it is whole.
func (v *Vault) copyTo(ctx context.Context, key []byte) error {
	if err := touch(v.path(newName)); err != nil {
		return err
	}
	hexkey := hex.EncodeToString(key)
	if _, err := v.db.ExecContext(ctx, "VACUUM INTO ?", location(v.path(newName))+"&hexkey="+hexkey); err != nil {
		// What the system said about a second database SQLite does not pass on, so it is asked again.
		return errors.Join(without(hexkey, err), tryWrite(v.path(newName)))
	}
	db, err := openDB(v.path(newName), key)
	if err != nil {
		return err
	}
	err = v.complete(ctx, db, key)
	if e := db.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return v.syncNew()
}

// tryWrite says what the system says when a file grows a little more.
func tryWrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, 64<<10)); err != nil {
		return err
	}
	return f.Sync()
}

// without returns an error of the database that does not say a secret.
func without(secret string, err error) error {
	if !strings.Contains(err.Error(), secret) {
		return err
	}
	var code sqlite3.ErrorCode
	if errors.As(err, &code) {
		return code
	}
	return errors.New("the database could not be copied")
}

// complete checks the copy, and signs the hash chain with the new key.
func (v *Vault) complete(ctx context.Context, db *sql.DB, key []byte) error {
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("%w: the copy of the database: %s", ErrDamaged, said)
	}
	return rechain(ctx, db, v.key, key)
}

// swap puts the new database in the place of the old one, which it closes first; resume then opens what there
// is, also when swap failed. The key file has both keys while it is not certain which database that is: settle
// finds out by trying.
func (v *Vault) swap(next []byte) error {
	k, err := readKeyFile(v.path(keyName))
	if err != nil {
		return err
	}
	if k.Key, err = k.seal(v.kek, v.key); err != nil { // it may be the second one there, see forget
		return err
	}
	sealed, err := k.seal(v.kek, next)
	if err != nil {
		return err
	}
	db := v.db
	v.db = nil
	if err := db.Close(); err != nil { // empties the log into the file
		return err
	}
	if there, err := exists(v.path(dbName + walSuffix)); err != nil || there {
		return errors.Join(fmt.Errorf("%s: the log was not emptied", dbName), err)
	}
	k.Next = &sealed
	if err := k.write(v.path(keyName)); err != nil {
		return err
	}
	v.reached("both keys")
	if err := os.Rename(v.path(newName), v.path(dbName)); err != nil {
		return err
	}
	v.reached("renamed")
	return nil
}

// resume opens the database after a swap, or after one that failed. When it cannot, the vault is locked.
func (v *Vault) resume() error {
	k, err := readKeyFile(v.path(keyName))
	if err == nil {
		k, err = v.settle(k)
	}
	if err == nil {
		v.reached("settled")
		v.db, err = openDB(v.path(dbName), v.key)
	}
	if err != nil {
		return errors.Join(err, v.close())
	}
	return v.forget(k)
}

// forget takes the key that is no longer needed out of the key file that settle returned. When it fails, for the
// disk is full perhaps, the vault works all the same, and the next Open tries again.
func (v *Vault) forget(k keyFile) error {
	if k.Next == nil {
		return nil
	}
	k.Next = nil
	return k.write(v.path(keyName))
}

// settle finds out which database a crash left, and with which key: v.key and v.kek are those of the key file, and
// v.key is the right one afterwards. The key file that it returns has this one first. A vault that was closed in
// good order passes through unchanged.
func (v *Vault) settle(k keyFile) (keyFile, error) {
	there, err := exists(v.path(dbName))
	if err != nil {
		return k, err
	}
	if !there { // Create ends with this rename
		if ok, err := opens(v.path(newName), v.key); err != nil || !ok {
			return k, errors.Join(fmt.Errorf("%w: %s is missing", ErrDamaged, dbName), err)
		}
		return k, v.adoptNew()
	}
	switch ok, err := opens(v.path(dbName), v.key); {
	case err != nil || ok:
		return k, err
	case k.Next == nil:
		return k, fmt.Errorf("%w: %s does not begin as the key in %s would have it", ErrDamaged, dbName, keyName)
	}
	err = v.adoptNext(k) // a rotation got as far as its rename
	k.Key = *k.Next
	return k, err
}

// adoptNext makes the second key of the key file the vault's, if the database opens with it.
func (v *Vault) adoptNext(k keyFile) error {
	next, ok := k.unseal(v.kek, *k.Next)
	if !ok {
		return k.refused()
	}
	if ok, err := opens(v.path(dbName), next); err != nil || !ok {
		clear(next)
		return errors.Join(fmt.Errorf("%w: %s does not begin as a key in %s would have it", ErrDamaged, dbName, keyName), err)
	}
	clear(v.key)
	v.key = next
	return syncDir(v.dir) // the rename is on the disk before the old key is not
}

// adoptNew puts the new database in the place of the one in use, of which there is none.
func (v *Vault) adoptNew() error {
	if err := os.Rename(v.path(newName), v.path(dbName)); err != nil {
		return err
	}
	return syncDir(v.dir)
}

// syncNew makes sure that the new database is on the disk, complete without a log beside it.
func (v *Vault) syncNew() error {
	if there, err := exists(v.path(newName + walSuffix)); err != nil || there {
		return errors.Join(fmt.Errorf("%s: the log was not emptied", newName), err)
	}
	if err := syncFile(v.path(newName)); err != nil {
		return err
	}
	return syncDir(v.dir)
}

// tidy removes what a crash left of a database or a file that was to take another's place.
func (v *Vault) tidy() error {
	entries, err := os.ReadDir(v.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), newName) || strings.HasPrefix(e.Name(), temporaryPrefix) {
			if err := os.Remove(v.path(e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// reached tells a test how far a rotation is.
func (v *Vault) reached(point string) {
	if v.atPoint != nil {
		v.atPoint(point)
	}
}

// opens reports whether the database at path begins as it should when it is read with the key. It changes
// nothing: opening a database with a wrong key would take its log for an empty one and remove it.
func opens(path string, key []byte) (bool, error) {
	there, err := exists(path)
	if err != nil || !there {
		return false, err
	}
	c, err := sqlite3.OpenFlags(location(path)+"&immutable=1", sqlite3.OPEN_READONLY|sqlite3.OPEN_URI)
	if err != nil {
		return false, err
	}
	defer c.Close()
	if err := c.Exec("PRAGMA hexkey='" + hex.EncodeToString(key) + "'"); err != nil {
		return false, err
	}
	s, _, err := c.Prepare("PRAGMA schema_version")
	if err != nil {
		return false, ifNoDatabase(err)
	}
	defer s.Close()
	has := s.Step() && s.ColumnInt(0) > 0 // an empty file is a database to SQLite, but none of ours
	return has, ifNoDatabase(s.Err())
}

// ifNoDatabase returns nil for the error of a file that is no database, or none with this key.
func ifNoDatabase(err error) error {
	if errors.Is(err, sqlite3.NOTADB) {
		return nil
	}
	return err
}
