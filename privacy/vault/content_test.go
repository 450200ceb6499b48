package vault

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
	"time"
)

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time       { return c.at }
func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }
func newClock() *clock                { return &clock{time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)} }
func testKey() []byte                 { return bytes.Repeat([]byte{7}, 32) }

// contents opens the database in dir without keys around it.
func contents(t testing.TB, dir string, now func() time.Time) *Vault {
	t.Helper()
	v, err := openContents(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.db.Close() })
	return v
}

func openContents(dir string, now func() time.Time) (*Vault, error) {
	key := testKey()
	db, err := openDB(filepath.Join(dir, dbName), key)
	if err != nil {
		return nil, err
	}
	return &Vault{dir: dir, now: now, db: db, key: key}, nil
}

// must returns a value that comes with no error.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		ok(t, err)
		return value
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantIs(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("got the error %v, want %v", err, target)
	}
}

// sound checks that the file is whole, the indexes agree and the chain fits.
func sound(t testing.TB, v *Vault) {
	t.Helper()
	ok(t, v.Check(t.Context()))
	if found := must(v.Verify(t.Context()))(t); len(found) > 0 {
		t.Fatalf("the chain does not fit: %v", found)
	}
}
