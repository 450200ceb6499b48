package vault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// TrashTime is how long what was deleted can be brought back.
const TrashTime = 30 * 24 * time.Hour

// Ref names what can go to the trash: a conversation, a document or an item.
type Ref struct {
	Kind Kind
	ID   int64
}

// Trashed is something in the trash.
type Trashed struct {
	Ref
	Title   string
	Deleted time.Time
}

// titles says what a kind that can go to the trash shows there.
var titles = []struct {
	kind  Kind
	title string
}{{KindConversation, "title"}, {KindDocument, "title"}, {KindItem, "name"}}

func (r Ref) check() error {
	for _, t := range titles {
		if t.kind == r.Kind {
			return nil
		}
	}
	return fmt.Errorf("nothing of kind %q goes to the trash", r.Kind)
}

// Trash moves something to the trash, from where Restore brings it back.
func (v *Vault) Trash(ctx context.Context, r Ref) error {
	if err := r.check(); err != nil {
		return err
	}
	return v.do(ctx, "move to the trash", func(t *txn) error {
		if in, err := t.inTrash(r); err != nil || in {
			return err
		}
		return t.update(r.Kind, r.ID, "deleted = ?", millis(t.now))
	})
}

// Restore brings something back from the trash. ErrExists: it is an item, and there is another one of its
// name now.
func (v *Vault) Restore(ctx context.Context, r Ref) error {
	if err := r.check(); err != nil {
		return err
	}
	return v.do(ctx, "bring back from the trash", func(t *txn) error {
		if in, err := t.inTrash(r); err != nil || !in {
			return err
		}
		if r.Kind == KindItem {
			var taken bool
			err := t.one(`SELECT EXISTS (SELECT 1 FROM item i JOIN item o ON o.kind = i.kind AND o.name = i.name
				WHERE i.id = ? AND o.deleted = 0)`, []any{r.ID}, &taken)
			if err != nil {
				return err
			}
			if taken {
				return ErrExists
			}
		}
		return t.update(r.Kind, r.ID, "deleted = 0")
	})
}

func (t *txn) inTrash(r Ref) (in bool, err error) {
	err = t.one("SELECT deleted <> 0 FROM "+string(r.Kind)+" WHERE id = ?", []any{r.ID}, &in)
	return in, err
}

// Trashed lists what is in the trash, the last deleted first.
func (v *Vault) Trashed(ctx context.Context) (list []Trashed, err error) {
	err = v.do(ctx, "list the trash", func(t *txn) error {
		list, err = t.trashed("deleted <> 0")
		return err
	})
	slices.SortStableFunc(list, func(a, b Trashed) int { return b.Deleted.Compare(a.Deleted) })
	return list, err
}

func (t *txn) trashed(where string, args ...any) (list []Trashed, err error) {
	for _, k := range titles {
		query := "SELECT id, " + k.title + ", deleted FROM " + string(k.kind) + " WHERE " + where + " ORDER BY id DESC"
		err := t.each(query, args, func(scan func(...any) error) error {
			x := Trashed{Ref: Ref{Kind: k.kind}}
			var deleted int64
			err := scan(&x.ID, &x.Title, &deleted)
			x.Deleted = fromMillis(deleted)
			list = append(list, x)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Purge deletes something for good, wherever it is: a conversation with its messages, a document with its
// revisions and the settings that belong to it, whose names end with its UID. Nothing brings it back.
func (v *Vault) Purge(ctx context.Context, refs ...Ref) error {
	for _, r := range refs {
		if err := r.check(); err != nil {
			return err
		}
	}
	for _, r := range refs {
		err := v.do(ctx, "delete for good", func(t *txn) error { return t.purge(r) })
		if err != nil {
			return err
		}
	}
	return v.shrink(ctx)
}

// EmptyTrash deletes for good what is in the trash, and the messages that were deleted.
func (v *Vault) EmptyTrash(ctx context.Context) error {
	list, err := v.Trashed(ctx)
	if err != nil {
		return err
	}
	refs := make([]Ref, len(list))
	for i, x := range list {
		refs[i] = x.Ref
	}
	n, err := v.dissolve(ctx, v.now())
	if err != nil || n+len(refs) == 0 {
		return err
	}
	return v.Purge(ctx, refs...)
}

// dissolve deletes for good the messages that were deleted at this time or before, and returns how many they were.
// The space is given back later.
func (v *Vault) dissolve(ctx context.Context, before time.Time) (n int, err error) {
	var ids []int64
	err = v.do(ctx, "look for deleted messages", func(t *txn) error {
		return t.each("SELECT id FROM message WHERE deleted <> 0 AND deleted <= ?", []any{millis(before)},
			func(scan func(...any) error) error {
				var id int64
				err := scan(&id)
				ids = append(ids, id)
				return err
			})
	})
	for _, id := range ids {
		if err != nil {
			return n, err
		}
		err = v.do(ctx, "delete a message for good", func(t *txn) error { return t.dissolve(id) })
		if errors.Is(err, ErrNotFound) { // it went meanwhile
			err = nil
		}
		n++
	}
	return n, err
}

// Sweep deletes for good what has been in the trash for longer than TrashTime, the messages that were deleted so
// long ago, and the conversations whose lifetime is over, and returns how many they were.
func (v *Vault) Sweep(ctx context.Context) (int, error) {
	n, err := v.dissolve(ctx, v.now().Add(-TrashTime))
	if err != nil {
		return 0, err
	}
	var refs []Ref
	err = v.do(ctx, "look for what is over", func(t *txn) error {
		old, err := t.trashed("deleted <> 0 AND deleted <= ?", millis(t.now.Add(-TrashTime)))
		for _, x := range old {
			refs = append(refs, x.Ref)
		}
		if err != nil {
			return err
		}
		return t.each("SELECT id FROM conversation WHERE lifetime > 0 AND changed + lifetime * 1000 <= ?", []any{millis(t.now)},
			func(scan func(...any) error) error {
				r := Ref{Kind: KindConversation}
				err := scan(&r.ID)
				refs = append(refs, r)
				return err
			})
	})
	if err != nil {
		return 0, err
	}
	slices.SortFunc(refs, func(a, b Ref) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID)) })
	if refs = slices.Compact(refs); n+len(refs) == 0 {
		return 0, nil
	}
	return n + len(refs), v.Purge(ctx, refs...)
}

// purge removes a row and what belongs to it, children before their parents.
func (t *txn) purge(r Ref) error {
	switch r.Kind {
	case KindConversation:
		if err := t.removeAll(KindMessage, "conversation = ?", r.ID); err != nil {
			return err
		}
	case KindDocument:
		if err := t.removeAll(KindRevision, "document = ?", r.ID); err != nil {
			return err
		}
		var uid UID
		if err := t.one("SELECT uid FROM document WHERE id = ?", []any{r.ID}, &uid); err != nil {
			return err
		}
		name := uid.String()
		if err := t.removeAll(KindItem, "kind = ? AND deleted = 0 AND substr(name, -?) = ?", string(Setting), len(name), name); err != nil {
			return err
		}
	}
	return t.remove(r.Kind, r.ID)
}

// removeAll removes the rows of a kind for which something holds.
func (t *txn) removeAll(kind Kind, where string, args ...any) error {
	var ids []int64
	query := "SELECT id FROM " + string(kind) + " WHERE " + where + " ORDER BY id DESC"
	err := t.each(query, args, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	for _, id := range ids {
		if err == nil {
			err = t.remove(kind, id)
		}
	}
	return err
}

func (t *txn) remove(kind Kind, id int64) error {
	n, err := t.exec("DELETE FROM "+string(kind)+" WHERE id = ?", id)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNotFound
	}
	return t.record(kind, id)
}

// mergePages is how much of an index is merged before others get their turn with the database.
const mergePages = 500

// shrink takes what was deleted out of the indexes, where its words are only crossed out at first, and out of
// the log, and gives its space back. A large vault takes seconds, in short steps.
func (v *Vault) shrink(ctx context.Context) error {
	const what = "give space back"
	for _, index := range indexes {
		// A negative number begins to merge all of an index; the merge is over when nothing changes any more.
		for pages := -mergePages; ; pages = mergePages {
			var before, after int64
			err := v.do(ctx, what, func(t *txn) error {
				if err := t.one("SELECT total_changes()", nil, &before); err != nil {
					return err
				}
				if _, err := t.exec("INSERT INTO "+index+" ("+index+", rank) VALUES ('merge', ?)", pages); err != nil {
					return err
				}
				return t.one("SELECT total_changes()", nil, &after)
			})
			if err != nil {
				return err
			}
			if after-before < 2 {
				break
			}
		}
	}
	db, done, err := v.use()
	if err != nil {
		return err
	}
	defer done()
	for _, s := range []string{"PRAGMA incremental_vacuum", "PRAGMA wal_checkpoint(truncate)"} {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", what, fault(err))
		}
	}
	return nil
}
