package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Finding is a place where the vault is not as it was written.
type Finding struct {
	Kind Kind  // "" for the chain itself
	ID   int64 // of the row, or the place in the chain
	What string
}

// String says what was found and where.
func (f Finding) String() string {
	if f.Kind == "" {
		return fmt.Sprintf("entry %d of the chain: %s", f.ID, f.What)
	}
	return fmt.Sprintf("%s %d: %s", f.Kind, f.ID, f.What)
}

// batch is how many rows are read before others get their turn with the database.
const batch = 200

// Verify compares every row with the chain and returns where somebody has changed, removed, added or moved
// something without the key; see chain.go for what no chain can find. It reads the whole vault. Others may
// read and write meanwhile.
func (v *Vault) Verify(ctx context.Context) ([]Finding, error) {
	c := check{v: v, rows: map[place]*[32]byte{}}
	if err := c.walk(ctx); err != nil {
		return nil, err
	}
	for _, table := range chained {
		if err := c.compare(ctx, table.kind, table.columns); err != nil {
			return nil, err
		}
	}
	for p, digest := range c.rows { // what is left should be there, but was not seen
		if digest != nil {
			if err := c.again(ctx, p); err != nil {
				return nil, err
			}
		}
	}
	return c.found, nil
}

// place is a row.
type place struct {
	kind Kind
	row  int64
}

// check is a verification under way. The database changes between its steps: what seems wrong is looked at
// again, in one step.
type check struct {
	v     *Vault
	rows  map[place]*[32]byte // by the chain's last word, nil: removed
	found []Finding
}

func (c *check) note(kind Kind, id int64, what string) {
	c.found = append(c.found, Finding{kind, id, what})
}

// walk reads the chain.
func (c *check) walk(ctx context.Context) error {
	var before []byte
	var next int64 = 1
	for more := true; more; {
		err := c.v.do(ctx, "verify the chain", func(t *txn) error {
			// The last entry may be replaced at any time, so each step begins at an entry that was last before.
			var links []link
			err := t.links(&links, "SELECT seq, kind, row, digest, mac FROM chain WHERE seq >= ? ORDER BY seq LIMIT 2000", next)
			if err != nil {
				return err
			}
			var last int64
			if err := t.one("SELECT ifnull(max(seq), 0) FROM chain", nil, &last); err != nil {
				return err
			}
			for _, l := range links {
				c.link(t.chain, l, next, before)
				if more = l.seq < last; more {
					before, next = l.mac, l.seq+1
				}
			}
			more = more && len(links) > 0
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *check) link(key []byte, l link, next int64, before []byte) {
	switch {
	case l.seq != next:
		c.note("", next, "it is missing")
	case !bytes.Equal(l.mac, l.sum(key, before)):
		c.note("", l.seq, "it was changed")
	}
	c.rows[place{l.kind, l.row}] = nil
	if len(l.digest) == 32 {
		c.rows[place{l.kind, l.row}] = (*[32]byte)(l.digest)
	}
}

// compare looks at every row of a table, and takes what it has seen from c.rows.
func (c *check) compare(ctx context.Context, kind Kind, columns string) error {
	query := fmt.Sprintf("SELECT id, %s FROM %s WHERE id > ? ORDER BY id LIMIT %d", columns, kind, batch)
	var doubtful []place
	for after, n := int64(0), batch; n == batch; {
		n = 0
		err := c.v.do(ctx, "verify the rows", func(t *txn) error {
			return t.digests(query, []any{after}, func(id int64, digest []byte) {
				n, after = n+1, id
				p := place{kind, id}
				if want := c.rows[p]; want == nil || !bytes.Equal(want[:], digest) {
					doubtful = append(doubtful, p)
				}
				delete(c.rows, p)
			})
		})
		if err != nil {
			return err
		}
	}
	for _, p := range doubtful {
		if err := c.again(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// again compares one row with the chain as both are now.
func (c *check) again(ctx context.Context, p place) error {
	if columnsOf(p.kind) == "" {
		c.note(p.kind, p.row, "there is no such kind")
		return nil
	}
	return c.v.do(ctx, "verify a row", func(t *txn) error {
		var links []link
		err := t.links(&links, `SELECT seq, kind, row, digest, mac FROM chain
			WHERE row = ? AND kind = ? ORDER BY seq DESC LIMIT 1`, p.row, string(p.kind))
		if err != nil {
			return err
		}
		digest, err := t.digest(p.kind, p.row)
		gone := errors.Is(err, ErrNotFound)
		if err != nil && !gone {
			return err
		}
		expected := len(links) > 0 && links[0].digest != nil
		switch {
		case gone && expected:
			c.note(p.kind, p.row, "it was removed")
		case !gone && !expected:
			c.note(p.kind, p.row, "it was added")
		case !gone && !bytes.Equal(links[0].digest, digest):
			c.note(p.kind, p.row, "it was changed")
		}
		return nil
	})
}

// Check asks SQLite whether the file is sound and whether the indexes for search agree with what they index.
// It reads the whole vault and lets nobody in meanwhile. ErrDamaged: they do not.
func (v *Vault) Check(ctx context.Context) error {
	return v.do(ctx, "check the vault", func(t *txn) error {
		var answer string
		if err := t.one("PRAGMA integrity_check(1)", nil, &answer); err != nil {
			return err
		}
		if answer != "ok" {
			return fmt.Errorf("%w: %s", ErrDamaged, answer)
		}
		var broken int
		if err := t.one("SELECT count(*) FROM pragma_foreign_key_check", nil, &broken); err != nil {
			return err
		}
		if broken > 0 {
			return fmt.Errorf("%w: %d rows belong to nothing", ErrDamaged, broken)
		}
		for _, index := range indexes {
			_, err := t.exec("INSERT INTO " + index + " (" + index + ", rank) VALUES ('integrity-check', 1)")
			if err != nil {
				return fmt.Errorf("the index %s: %w", index, err)
			}
		}
		return nil
	})
}
