package vault

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Message is one turn of a conversation. Messages with the same parent are versions of each other: an answer
// written again, a question put differently.
type Message struct {
	ID, Parent int64 // Parent is 0 for a first message
	UID        UID
	Role, Text string
	State      uint8 // how it ended; what the numbers mean is the caller's
	Model      string
	Tokens     []int32 // of an answer as the model wrote it
	Created    time.Time
	Pinned     bool
	Deleted    time.Time       // zero unless it was; it still has its place in the tree then
	Extra      json.RawMessage // the caller's, nil for none
	// Version of Versions, counted from 1. Path, Messages and AddMessage fill them in.
	Version, Versions int
}

const messageColumns = `m.id, ifnull(m.parent, 0), m.uid, m.role, m.text, m.state, m.model, m.tokens, m.created,
	m.pinned, m.deleted, m.extra`

func scanMessage(scan func(...any) error) (Message, error) {
	var m Message
	var tokens []byte
	var created, deleted int64
	err := scan(&m.ID, &m.Parent, &m.UID, &m.Role, &m.Text, &m.State, &m.Model, &tokens, &created,
		&m.Pinned, &deleted, (*extraText)(&m.Extra))
	if err != nil {
		return m, err
	}
	m.Created, m.Deleted = fromMillis(created), fromMillis(deleted)
	m.Tokens, err = unpackTokens(tokens)
	return m, err
}

// AddMessage stores a message below m.Parent, which is of the same conversation, and makes it the leaf. It
// returns the message with its ID. UID and Created are made unless they are given. [ErrContent]: Extra is no JSON.
func (v *Vault) AddMessage(ctx context.Context, conversation int64, m Message) (Message, error) {
	err := v.do(ctx, "store a message", func(t *txn) (err error) {
		c, err := t.conversation(conversation)
		if err != nil {
			return err
		}
		if m.Parent != 0 {
			if err := t.belongs(m.Parent, conversation); err != nil {
				return fmt.Errorf("parent: %w", err)
			}
		}
		m.UID, m.Created = m.UID.orRandom(), t.stamp(m.Created)
		m.Deleted = time.Time{}
		if m.ID, err = t.insertMessage(conversation, m); err != nil {
			return err
		}
		tree, err := t.tree(conversation)
		if err != nil {
			return err
		}
		tree.Place(&m)
		return t.update(KindConversation, conversation, "leaf = ?, changed = ?",
			m.ID, max(millis(c.Changed), millis(m.Created)))
	})
	return m, err
}

// insertMessage adds a message, whose Parent is one of the conversation's, and returns its ID.
func (t *txn) insertMessage(conversation int64, m Message) (int64, error) {
	if err := checkExtra(m.Extra); err != nil {
		return 0, err
	}
	return t.insert(KindMessage, "uid, conversation, parent, role, text, state, model, tokens, created, pinned, deleted, extra",
		m.UID[:], conversation, orNull(m.Parent), m.Role, m.Text, m.State, m.Model, packTokens(m.Tokens), millis(m.Created),
		m.Pinned, millis(m.Deleted), string(m.Extra))
}

// SetMessage stores what changes while an answer is written: Text, State, Model, Tokens and Extra of the message
// with this ID.
func (v *Vault) SetMessage(ctx context.Context, m Message) error {
	return v.do(ctx, "store a message", func(t *txn) error {
		if err := checkExtra(m.Extra); err != nil {
			return err
		}
		return t.update(KindMessage, m.ID, "text = ?, state = ?, model = ?, tokens = ?, extra = ?",
			m.Text, m.State, m.Model, packTokens(m.Tokens), string(m.Extra))
	})
}

// PinMessages pins messages, or no longer.
func (v *Vault) PinMessages(ctx context.Context, pinned bool, ids ...int64) error {
	return v.do(ctx, "pin a message", func(t *txn) error {
		for _, id := range ids {
			if err := t.update(KindMessage, id, "pinned = ?", pinned); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveMessage deletes a message and all below it for good. If the leaf was there, the newest of what is left
// below its parent becomes the leaf.
func (v *Vault) RemoveMessage(ctx context.Context, id int64) error {
	const below = `WITH RECURSIVE below (id) AS (
			SELECT ?1
			UNION ALL
			SELECT m.id FROM below JOIN message m ON m.parent = below.id)
		SELECT id FROM below ORDER BY id DESC` // children are younger than their parents
	return v.do(ctx, "remove a message", func(t *txn) error {
		var conversation, parent int64
		err := t.one("SELECT conversation, ifnull(parent, 0) FROM message WHERE id = ?", []any{id}, &conversation, &parent)
		if err != nil {
			return err
		}
		var ids []int64
		err = t.each(below, []any{id}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
		if err != nil {
			return err
		}
		c, err := t.conversation(conversation)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.remove(KindMessage, id); err != nil {
				return err
			}
		}
		if !slices.Contains(ids, c.Leaf) {
			return nil
		}
		return t.follow(conversation, parent)
	})
}

// belongs returns ErrNotFound unless the message is of the conversation.
func (t *txn) belongs(message, conversation int64) error {
	var one int
	return t.one("SELECT 1 FROM message WHERE id = ? AND conversation = ?", []any{message, conversation}, &one)
}

func (t *txn) messages(into *[]Message, query string, args ...any) error {
	return t.each(query, args, func(scan func(...any) error) error {
		m, err := scanMessage(scan)
		*into = append(*into, m)
		return err
	})
}

// extraText is the column of an Extra.
type extraText json.RawMessage

// Scan reads the column.
func (e *extraText) Scan(src any) error {
	switch src := src.(type) {
	case string:
		*e = nil
		if src != "" {
			*e = extraText(src)
		}
		return nil
	}
	return fmt.Errorf("%w: an extra is a %T", ErrDamaged, src)
}

// checkExtra says with ErrContent that something cannot be an Extra.
func checkExtra(e json.RawMessage) error {
	if len(e) > 0 && !(json.Valid(e) && utf8.Valid(e)) {
		return fmt.Errorf("%w: an extra is no JSON", ErrContent)
	}
	return nil
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// Tokens are kept as 32-bit integers, little endian.

func packTokens(tokens []int32) any {
	if tokens == nil {
		return nil
	}
	b := make([]byte, 0, 4*len(tokens))
	for _, id := range tokens {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	return b
}

func unpackTokens(b []byte) ([]int32, error) {
	if len(b)%4 != 0 {
		return nil, fmt.Errorf("%w: the tokens of a message have %d bytes", ErrDamaged, len(b))
	}
	if b == nil {
		return nil, nil
	}
	tokens := make([]int32, len(b)/4)
	for i := range tokens {
		tokens[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return tokens, nil
}
