package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// ItemKind says what an item is for.
type ItemKind string

// The kinds of items.
const (
	Persona  ItemKind = "persona"
	Action   ItemKind = "action" // a writing action
	Setting  ItemKind = "setting"
	Accepted ItemKind = "accepted" // an edit that the user took
	Rejected ItemKind = "rejected" // an edit that the user did not take
	Story    ItemKind = "story"    // what a document that is a story was made from
	Tuning   ItemKind = "tuning"   // examples that a model learns from, and how far that is
)

// Item is a small value of the caller's, kept as JSON under a name.
type Item struct {
	ID                        int64
	UID                       UID
	Kind                      ItemKind
	Name                      string
	Value                     json.RawMessage
	Created, Changed, Deleted time.Time // Deleted is when it went to the trash, zero if it is not there
}

const itemColumns = "id, uid, kind, name, value, created, changed, deleted"

func scanItem(scan func(...any) error) (Item, error) {
	var i Item
	var value string
	var created, changed, deleted int64
	err := scan(&i.ID, &i.UID, &i.Kind, &i.Name, &value, &created, &changed, &deleted)
	i.Value = json.RawMessage(value)
	i.Created, i.Changed, i.Deleted = fromMillis(created), fromMillis(changed), fromMillis(deleted)
	return i, err
}

// SetItem stores value as JSON under a kind and a name. Without a name it is a new item, which gets one.
func (v *Vault) SetItem(ctx context.Context, kind ItemKind, name string, value any) (i Item, err error) {
	what := "store an item of kind " + string(kind)
	text, err := json.Marshal(value)
	if err != nil {
		return Item{}, fmt.Errorf("%s: %w", what, err)
	}
	err = v.do(ctx, what, func(t *txn) error {
		uid := UID{}.orRandom()
		if name == "" {
			name = uid.String()
		}
		var id int64
		err := t.each("SELECT id FROM item WHERE kind = ? AND name = ? AND deleted = 0", []any{string(kind), name},
			func(scan func(...any) error) error { return scan(&id) })
		if err != nil {
			return err
		}
		if id != 0 {
			err = t.update(KindItem, id, "value = ?, changed = ?", string(text), millis(t.now))
		} else {
			id, err = t.insert(KindItem, "uid, kind, name, value, created, changed",
				uid[:], string(kind), name, string(text), millis(t.now), millis(t.now))
		}
		if err != nil {
			return err
		}
		i, err = t.item("id = ?", id)
		return err
	})
	return i, err
}

// Item reads the value with this kind and name. ErrNotFound: there is none.
func (v *Vault) Item(ctx context.Context, kind ItemKind, name string, into any) error {
	what := "read an item of kind " + string(kind)
	var i Item
	err := v.do(ctx, what, func(t *txn) (err error) {
		i, err = t.item("kind = ? AND name = ? AND deleted = 0", string(kind), name)
		return err
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(i.Value, into); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (t *txn) item(where string, args ...any) (Item, error) {
	return scanItem(func(into ...any) error {
		return t.one("SELECT "+itemColumns+" FROM item WHERE "+where, args, into...)
	})
}

// Items lists the items of a kind, the oldest first.
func (v *Vault) Items(ctx context.Context, kind ItemKind) (list []Item, err error) {
	query := "SELECT " + itemColumns + " FROM item WHERE kind = ? AND deleted = 0 ORDER BY id"
	err = v.do(ctx, "list the items of kind "+string(kind), func(t *txn) error {
		return t.each(query, []any{string(kind)}, func(scan func(...any) error) error {
			i, err := scanItem(scan)
			list = append(list, i)
			return err
		})
	})
	return list, err
}
