package vault

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
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
	// Version of Versions, counted from 1. Path and Message fill them in.
	Version, Versions int
}

// Messages have no more columns than these, and Version and Versions as they are counted.
const messageColumns = `m.id, ifnull(m.parent, 0), m.uid, m.role, m.text, m.state, m.model, m.tokens, m.created,
	(SELECT count(*) FROM message s WHERE s.conversation = m.conversation AND s.parent IS m.parent AND s.id <= m.id),
	(SELECT count(*) FROM message s WHERE s.conversation = m.conversation AND s.parent IS m.parent)`

func scanMessage(scan func(...any) error) (Message, error) {
	var m Message
	var tokens []byte
	var created int64
	err := scan(&m.ID, &m.Parent, &m.UID, &m.Role, &m.Text, &m.State, &m.Model, &tokens, &created, &m.Version, &m.Versions)
	if err != nil {
		return m, err
	}
	m.Created = fromMillis(created)
	m.Tokens, err = unpackTokens(tokens)
	return m, err
}

// AddMessage stores a message below m.Parent, which is of the same conversation, and makes it the leaf. It
// returns the message with its ID. UID and Created are made unless they are given.
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
		m.ID, err = t.insert(KindMessage, "uid, conversation, parent, role, text, state, model, tokens, created",
			m.UID[:], conversation, orNull(m.Parent), m.Role, m.Text, m.State, m.Model, packTokens(m.Tokens), millis(m.Created))
		if err != nil {
			return err
		}
		err = t.one(`SELECT count(*) FROM message WHERE conversation = ? AND parent IS ?`,
			[]any{conversation, orNull(m.Parent)}, &m.Versions)
		if err != nil {
			return err
		}
		m.Version = m.Versions
		return t.update(KindConversation, conversation, "leaf = ?, changed = ?",
			m.ID, max(millis(c.Changed), millis(m.Created)))
	})
	return m, err
}

// SetMessage replaces what changes while an answer is written.
func (v *Vault) SetMessage(ctx context.Context, id int64, text string, state uint8, tokens []int32) error {
	return v.do(ctx, "store a message", func(t *txn) error {
		return t.update(KindMessage, id, "text = ?, state = ?, tokens = ?", text, state, packTokens(tokens))
	})
}

// RemoveMessage deletes a message and all below it for good. Its parent becomes the leaf if the leaf was there.
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
		if slices.Contains(ids, c.Leaf) {
			if err := t.update(KindConversation, conversation, "leaf = ?", parent); err != nil {
				return err
			}
		}
		for _, id := range ids {
			if err := t.remove(KindMessage, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Path returns the messages from a root to the leaf of the conversation.
func (v *Vault) Path(ctx context.Context, conversation int64) (path []Message, err error) {
	const query = `WITH RECURSIVE up (id, height) AS (
			SELECT leaf, 0 FROM conversation WHERE id = ?1
			UNION ALL
			SELECT m.parent, height + 1 FROM up JOIN message m ON m.id = up.id WHERE m.parent IS NOT NULL)
		SELECT ` + messageColumns + ` FROM up JOIN message m ON m.id = up.id ORDER BY up.height DESC`
	err = v.do(ctx, "read a conversation", func(t *txn) error {
		if _, err := t.conversation(conversation); err != nil {
			return err
		}
		return t.messages(&path, query, conversation)
	})
	return path, err
}

// Messages returns all messages of a conversation, every version, each after its parent.
func (v *Vault) Messages(ctx context.Context, conversation int64) (all []Message, err error) {
	err = v.do(ctx, "read a conversation", func(t *txn) error {
		return t.messages(&all, "SELECT "+messageColumns+" FROM message m WHERE m.conversation = ? ORDER BY m.id", conversation)
	})
	return all, err
}

// Versions returns the IDs of the versions of a message, itself among them, the oldest first.
func (v *Vault) Versions(ctx context.Context, message int64) (ids []int64, err error) {
	const query = `SELECT s.id FROM message m JOIN message s ON s.conversation = m.conversation AND s.parent IS m.parent
		WHERE m.id = ? ORDER BY s.id`
	err = v.do(ctx, "read the versions of a message", func(t *txn) error {
		return t.each(query, []any{message}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	})
	return ids, err
}

// Choose shows another version: the leaf becomes the newest message below it, or the message itself.
func (v *Vault) Choose(ctx context.Context, conversation, message int64) error {
	const newest = `WITH RECURSIVE below (id) AS (
			SELECT ?1
			UNION ALL
			SELECT m.id FROM below JOIN message m ON m.parent = below.id)
		SELECT max(id) FROM below`
	return v.do(ctx, "choose a version", func(t *txn) error {
		if err := t.belongs(message, conversation); err != nil {
			return err
		}
		var leaf int64
		if err := t.one(newest, []any{message}, &leaf); err != nil {
			return err
		}
		return t.update(KindConversation, conversation, "leaf = ?", leaf)
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
