package vault

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// The chain makes it evident that somebody has changed the file without the key. The encryption alone does
// not: it hides the pages of the file, and a page that was changed becomes noise, but an old page may be put
// back in the place of a newer one.
//
// Every write enters the rows that it has changed: kind, id, and a digest of the row, none when the row was
// removed, and a MAC of this and of the MAC before. So no entry can be changed, left out or moved, and the
// last entry of a row says what the row must be, or that it must not be there. Entries in a row for the same
// row become one, so that an answer that is saved each second does not make the chain long.
//
// What it cannot find is a vault that was put back as a whole, with its chain, to what it once was: there is
// no place outside of it that remembers. Whoever has the key can make everything anew.

// chained are the columns that a digest covers, which are all of them.
var chained = []struct {
	kind    Kind
	columns string
}{
	{KindConversation, "uid, title, folder, pinned, created, changed, deleted, leaf, lifetime, extra"},
	{KindMessage, "uid, conversation, parent, role, text, state, model, tokens, created, pinned, deleted, extra"},
	{KindDocument, "uid, title, text, created, changed, deleted"},
	{KindRevision, "uid, document, note, title, text, created"},
	{KindItem, "uid, kind, name, value, created, changed, deleted"},
}

func columnsOf(kind Kind) string {
	for _, c := range chained {
		if c.kind == kind {
			return c.columns
		}
	}
	return ""
}

// chainKey derives the key of the chain from the data key.
func chainKey(data []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, data, nil, "lamplight vault: chain of revisions", sha256.Size)
}

// link is an entry of the chain.
type link struct {
	seq    int64
	kind   Kind
	row    int64
	digest []byte // nil: the row was removed
	mac    []byte
}

// sum is the MAC that the entry must have after one whose MAC is before.
func (l link) sum(key, before []byte) []byte {
	h := hmac.New(sha256.New, key)
	var n [8]byte
	number := func(i int64) {
		binary.BigEndian.PutUint64(n[:], uint64(i))
		h.Write(n[:])
	}
	number(int64(len(before)))
	h.Write(before)
	number(l.seq)
	number(int64(len(l.kind)))
	h.Write([]byte(l.kind))
	number(l.row)
	number(int64(len(l.digest)))
	h.Write(l.digest)
	return h.Sum(nil)
}

// record enters a row, as it is now, into the chain.
func (t *txn) record(kind Kind, row int64) error {
	digest, err := t.digest(kind, row)
	if errors.Is(err, ErrNotFound) {
		digest, err = nil, nil
	}
	if err != nil {
		return err
	}
	var last []link
	if err := t.links(&last, "SELECT seq, kind, row, digest, mac FROM chain ORDER BY seq DESC LIMIT 2"); err != nil {
		return err
	}
	last = append(last, link{}, link{})
	l := link{seq: last[0].seq + 1, kind: kind, row: row, digest: digest}
	before := last[0].mac
	if last[0].kind == kind && last[0].row == row {
		l.seq, before = last[0].seq, last[1].mac
	}
	l.mac = l.sum(t.chain, before)
	return t.enter(l)
}

func (t *txn) enter(l link) error {
	_, err := t.exec("INSERT OR REPLACE INTO chain (seq, kind, row, digest, mac) VALUES (?, ?, ?, ?, ?)",
		l.seq, string(l.kind), l.row, l.digest, l.mac)
	return err
}

func (t *txn) links(into *[]link, query string, args ...any) error {
	return t.each(query, args, func(scan func(...any) error) error {
		var l link
		err := scan(&l.seq, &l.kind, &l.row, &l.digest, &l.mac)
		*into = append(*into, l)
		return err
	})
}

// digest is the digest of a row. A row's uid is in it, so nothing can be guessed from the digest of a row
// that is gone. ErrNotFound: there is no such row.
func (t *txn) digest(kind Kind, row int64) (digest []byte, err error) {
	err = t.digests("SELECT id, "+columnsOf(kind)+" FROM "+string(kind)+" WHERE id = ?", []any{row},
		func(_ int64, d []byte) { digest = d })
	if err == nil && digest == nil {
		err = ErrNotFound
	}
	return digest, err
}

// digests calls f for every row of the query, whose first column is the id.
func (t *txn) digests(query string, args []any, f func(id int64, digest []byte)) error {
	return t.rows(query, args, func(id int64, values []any) error {
		digest, err := digestOf(values)
		f(id, digest)
		return err
	})
}

// rows calls f for every row of the query with its first column, which is the id, and all of them.
func (t *txn) rows(query string, args []any, f func(id int64, values []any) error) error {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		id, ok := values[0].(int64)
		if !ok {
			return fmt.Errorf("%w: an id is no number", ErrDamaged)
		}
		if err := f(id, values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// enterAgain enters the rows of a table anew after columns were added to it: columns are those that a digest has
// covered until now, in its order, and added the values that all rows have in the new ones. A row that is not as
// the chain says keeps its old entry, and stays wrong.
func (t *txn) enterAgain(kind Kind, columns string, added []any) error {
	said := map[int64][]byte{}
	var last link
	for more := true; more; {
		var batch []link
		err := t.links(&batch, "SELECT seq, kind, row, digest, mac FROM chain WHERE seq > ? ORDER BY seq LIMIT 1000", last.seq)
		if err != nil {
			return err
		}
		for _, l := range batch {
			if l.kind == kind {
				delete(said, l.row)
				if bytes.Equal(l.mac, l.sum(t.chain, last.mac)) {
					said[l.row] = l.digest
				}
			}
			last = l
		}
		more = len(batch) > 0
	}
	var right []link
	err := t.rows("SELECT id, "+columns+" FROM "+string(kind)+" ORDER BY id", nil, func(id int64, values []any) error {
		was, err := digestOf(values)
		if err != nil || said[id] == nil || !bytes.Equal(was, said[id]) {
			return err
		}
		now, err := digestOf(append(values, added...))
		right = append(right, link{kind: kind, row: id, digest: now})
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range right {
		l.seq, l.mac = last.seq+1, nil
		l.mac = l.sum(t.chain, last.mac)
		if err := t.enter(l); err != nil {
			return err
		}
		last = l
	}
	return nil
}

func digestOf(values []any) ([]byte, error) {
	h := sha256.New()
	field := func(tag byte, n int64, b []byte) {
		var head [9]byte
		head[0] = tag
		binary.BigEndian.PutUint64(head[1:], uint64(n))
		h.Write(head[:])
		h.Write(b)
	}
	for _, value := range values {
		switch value := value.(type) {
		case nil:
			field('n', 0, nil)
		case int64:
			field('i', value, nil)
		case string:
			field('t', int64(len(value)), []byte(value))
		case []byte:
			field('b', int64(len(value)), value)
		default:
			return nil, fmt.Errorf("%w: a column has a %T", ErrDamaged, value)
		}
	}
	return h.Sum(nil), nil
}

// rechain gives every entry the MAC that it has under another data key. db is the database with the content,
// whatever key the file has. An entry whose MAC was wrong keeps it and stays wrong.
func rechain(ctx context.Context, db *sql.DB, old, new []byte) error {
	oldKey, err := chainKey(old)
	if err != nil {
		return err
	}
	newKey, err := chainKey(new)
	if err != nil {
		return err
	}
	return transact(ctx, db, time.Time{}, nil, func(t *txn) error {
		var oldBefore, newBefore []byte
		for seq := int64(0); ; {
			var batch []link
			err := t.links(&batch, "SELECT seq, kind, row, digest, mac FROM chain WHERE seq > ? ORDER BY seq LIMIT 1000", seq)
			if err != nil || len(batch) == 0 {
				return err
			}
			for _, l := range batch {
				seq = l.seq
				right := bytes.Equal(l.mac, l.sum(oldKey, oldBefore))
				oldBefore = l.mac
				if !right {
					newBefore = l.mac
					continue
				}
				newBefore = l.sum(newKey, newBefore)
				if _, err := t.exec("UPDATE chain SET mac = ? WHERE seq = ?", newBefore, l.seq); err != nil {
					return err
				}
			}
		}
	})
}
