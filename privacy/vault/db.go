package vault

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	_ "github.com/ncruces/go-sqlite3/vfs/adiantum" // encrypts every page
)

// ErrNotFound is returned for an ID that the vault does not have, or has in the trash where that matters.
var ErrNotFound = errors.New("it is not in the vault")

// pragmas are set on the connection after its key. A commit is on the disk when it returns: synchronous=full
// syncs the log each time. Temporary tables never become files, and what is deleted is overwritten.
const pragmas = `
	PRAGMA auto_vacuum=incremental;
	PRAGMA journal_mode=wal;
	PRAGMA journal_size_limit=16777216;
	PRAGMA synchronous=full;
	PRAGMA temp_store=memory;
	PRAGMA foreign_keys=on;
	PRAGMA secure_delete=on;
	PRAGMA trusted_schema=off;`

// openDB opens the database at path, which is encrypted with key, makes it if it is not there, and brings its
// schema up to date. It has a single connection: who uses it must be short. The slice key is kept for as long
// as the database is open.
func openDB(path string, key []byte) (*sql.DB, error) {
	if err := touch(path); err != nil {
		return nil, fmt.Errorf("open the database: %w", fault(err))
	}
	db, err := driver.Open(location(path), func(c *sqlite3.Conn) error { return prepare(c, key) })
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", fault(err))
	}
	db.SetMaxOpenConns(1)
	chain, err := chainKey(key)
	if err == nil {
		err = migrate(db, path, chain, steps)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", fault(err)), db.Close())
	}
	return db, nil
}

// touch makes the file, for the owner alone.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// location is path as SQLite's URI, whatever signs are in it.
func location(path string) string {
	path = filepath.ToSlash(path)
	if filepath.VolumeName(path) != "" {
		path = "/" + path
	}
	// modeof gives the log the mode of the database.
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?vfs=adiantum&modeof=" + strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(path), "+", "%20"), "+", "%20")
}

// prepare makes a new connection ready. The key comes first: without it not even the header can be read. The
// lock comes before the rest, which reads: a database that is ours alone needs no file for shared memory.
func prepare(c *sqlite3.Conn, key []byte) error {
	if err := c.BusyTimeout(time.Second); err != nil {
		return err
	}
	if err := c.Exec("PRAGMA hexkey='" + hex.EncodeToString(key) + "'"); err != nil {
		return errors.New("the key was not accepted") // SQLite's own error might repeat it
	}
	if err := c.Exec("PRAGMA locking_mode=exclusive"); err != nil {
		return err
	}
	err := fts5.RegisterCustom(c, func(api *fts5.API) error {
		return api.CreateTokenizer(tokenizerName, newTokenizer)
	})
	if err != nil {
		return err
	}
	return c.Exec(pragmas)
}

// fault adds to an error of the database what a caller decides on.
func fault(err error) error {
	is := func(targets ...error) bool {
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	switch {
	case err == nil, is(ErrFull, ErrReadOnly, ErrDamaged, ErrBusy, ErrNotFound, ErrNewer):
		return err
	case is(sqlite3.FULL) || diskFull(err):
		return fmt.Errorf("%w: %w", ErrFull, err)
	case is(sqlite3.READONLY, syscall.EROFS, fs.ErrPermission):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case is(sqlite3.NOTADB, sqlite3.CORRUPT):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case is(sqlite3.BUSY, sqlite3.LOCKED):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case is(sql.ErrNoRows):
		return ErrNotFound
	}
	return err
}

// txn is a transaction. Everything that reads or writes content goes through one.
type txn struct {
	ctx   context.Context
	tx    *sql.Tx
	now   time.Time // whole milliseconds
	chain []byte    // the key of the hash chain
}

// do runs f in a transaction and commits it. What f has changed is on the disk when do returns nil, and
// undone otherwise. what names the work in errors.
func (v *Vault) do(ctx context.Context, what string, f func(t *txn) error) error {
	db, done, err := v.use()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	defer done()
	key, err := chainKey(v.key)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := transact(ctx, db, v.now(), key, f); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// transact is do without a Vault around the database.
func transact(ctx context.Context, db *sql.DB, now time.Time, chain []byte, f func(t *txn) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fault(err)
	}
	if err := f(&txn{ctx: ctx, tx: tx, now: fromMillis(now.UnixMilli()), chain: chain}); err != nil {
		_ = tx.Rollback() // fails only where SQLite has rolled back itself, on a full disk for example
		if cause := ctx.Err(); cause != nil {
			return cause
		}
		return fault(err)
	}
	return fault(tx.Commit())
}

// exec runs a statement and returns how many rows it changed.
func (t *txn) exec(query string, args ...any) (int64, error) {
	r, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// insert adds a row of content, enters it into the chain and returns its ID.
func (t *txn) insert(kind Kind, columns string, args ...any) (int64, error) {
	marks := strings.TrimSuffix(strings.Repeat("?,", len(args)), ",")
	r, err := t.tx.ExecContext(t.ctx, "INSERT INTO "+string(kind)+" ("+columns+") VALUES ("+marks+")", args...)
	if err != nil {
		return 0, err
	}
	id, err := r.LastInsertId()
	if err != nil {
		return 0, err
	}
	return id, t.record(kind, id)
}

// update changes a row of content and enters it into the chain. ErrNotFound: there is no such row. set is
// what follows SET, its arguments are args.
func (t *txn) update(kind Kind, id int64, set string, args ...any) error {
	n, err := t.exec("UPDATE "+string(kind)+" SET "+set+" WHERE id = ?", append(args, id)...)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNotFound
	}
	return t.record(kind, id)
}

// one reads a single row. ErrNotFound: there is none.
func (t *txn) one(query string, args []any, into ...any) error {
	err := t.tx.QueryRowContext(t.ctx, query, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// each calls f for every row.
func (t *txn) each(query string, args []any, f func(scan func(into ...any) error) error) error {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// stamp is a time that the caller gave, or now.
func (t *txn) stamp(given time.Time) time.Time {
	if given.IsZero() {
		return t.now
	}
	return fromMillis(given.UnixMilli())
}

// Times are kept as milliseconds since 1970, 0 for none.

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
