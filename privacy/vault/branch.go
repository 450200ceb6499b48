package vault

import (
	"context"
	"time"
)

// Path returns the messages from a first one to the leaf of the conversation, without those that were deleted.
// Parent is what a message hangs at without them.
func (v *Vault) Path(ctx context.Context, conversation int64) (path []Message, err error) {
	const query = `WITH RECURSIVE up (id, height) AS (
			SELECT leaf, 0 FROM conversation WHERE id = ?1
			UNION ALL
			SELECT m.parent, height + 1 FROM up JOIN message m ON m.id = up.id WHERE m.parent IS NOT NULL)
		SELECT ` + messageColumns + ` FROM up JOIN message m ON m.id = up.id WHERE m.deleted = 0 ORDER BY up.height DESC`
	err = v.do(ctx, "read a conversation", func(t *txn) error { return t.branches(&path, conversation, query) })
	return path, err
}

// Messages returns all messages of a conversation, every version, each after its parent, as Path does.
func (v *Vault) Messages(ctx context.Context, conversation int64) (all []Message, err error) {
	err = v.do(ctx, "read a conversation", func(t *txn) error { return t.branches(&all, conversation, everyMessage) })
	return all, err
}

const everyMessage = "SELECT " + messageColumns + " FROM message m WHERE m.conversation = ? AND m.deleted = 0 ORDER BY m.id"

// branches reads messages of a conversation and fills in their places in its tree.
func (t *txn) branches(into *[]Message, conversation int64, query string) error {
	if _, err := t.conversation(conversation); err != nil {
		return err
	}
	tree, err := t.tree(conversation)
	if err != nil {
		return err
	}
	if err := t.messages(into, query, conversation); err != nil {
		return err
	}
	for i := range *into {
		tree.Place(&(*into)[i])
	}
	return nil
}

// Tree returns how the messages of a conversation hang together.
func (v *Vault) Tree(ctx context.Context, conversation int64) (tree Tree, err error) {
	err = v.do(ctx, "read the versions of a conversation", func(t *txn) error {
		if _, err := t.conversation(conversation); err != nil {
			return err
		}
		if tree, err = t.tree(conversation); err != nil {
			return err
		}
		return t.each("SELECT id, role FROM message WHERE conversation = ?", []any{conversation}, func(scan func(...any) error) error {
			var id int64
			var role string
			err := scan(&id, &role)
			tree.roles[id] = role
			return err
		})
	})
	return tree, err
}

// tree reads from indexes alone, so it knows no roles.
func (t *txn) tree(conversation int64) (Tree, error) {
	deleted := map[int64]time.Time{}
	err := t.each("SELECT id FROM message WHERE conversation = ? AND deleted <> 0", []any{conversation},
		func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			deleted[id] = t.now
			return err
		})
	if err != nil {
		return Tree{}, err
	}
	var all []Message
	err = t.each("SELECT id, ifnull(parent, 0) FROM message INDEXED BY message_tree WHERE conversation = ? ORDER BY id",
		[]any{conversation}, func(scan func(...any) error) error {
			var m Message
			err := scan(&m.ID, &m.Parent)
			m.Deleted = deleted[m.ID]
			all = append(all, m)
			return err
		})
	return NewTree(all), err
}

// Choose shows another version: the leaf becomes the newest message below it, or the message itself. ErrNotFound:
// it is not of the conversation, or was deleted.
func (v *Vault) Choose(ctx context.Context, conversation, message int64) error {
	return v.do(ctx, "choose a version", func(t *txn) error {
		if err := t.belongs(message, conversation); err != nil {
			return err
		}
		tree, err := t.tree(conversation)
		if err != nil {
			return err
		}
		if tree.Nearest(message) != message {
			return ErrNotFound
		}
		return t.update(KindConversation, conversation, "leaf = ?", tree.Newest(message))
	})
}

// follow makes the newest message below this one, or below what is above it, the leaf of the conversation.
func (t *txn) follow(conversation, message int64) error {
	tree, err := t.tree(conversation)
	if err != nil {
		return err
	}
	return t.update(KindConversation, conversation, "leaf = ?", tree.Newest(tree.Nearest(message)))
}

// DeleteMessages takes messages of a conversation out of it. What is below them stays, and hangs at what is above
// them. If the leaf is among them, the newest of what is left there becomes the leaf. RestoreMessages brings them
// back until they have been deleted for TrashTime.
func (v *Vault) DeleteMessages(ctx context.Context, conversation int64, ids ...int64) error {
	return v.do(ctx, "delete a message", func(t *txn) error { return t.setDeleted(conversation, ids, t.now) })
}

// RestoreMessages brings deleted messages back to where they were.
func (v *Vault) RestoreMessages(ctx context.Context, conversation int64, ids ...int64) error {
	return v.do(ctx, "bring a message back", func(t *txn) error { return t.setDeleted(conversation, ids, time.Time{}) })
}

func (t *txn) setDeleted(conversation int64, ids []int64, at time.Time) error {
	for _, id := range ids {
		if err := t.belongs(id, conversation); err != nil {
			return err
		}
		if err := t.update(KindMessage, id, "deleted = ?", millis(at)); err != nil {
			return err
		}
	}
	c, err := t.conversation(conversation)
	if err != nil {
		return err
	}
	return t.follow(conversation, c.Leaf)
}

// dissolve deletes a message for good, and hangs what is below it at its parent.
func (t *txn) dissolve(id int64) error {
	var conversation, parent int64
	err := t.one("SELECT conversation, ifnull(parent, 0) FROM message WHERE id = ?", []any{id}, &conversation, &parent)
	if err != nil {
		return err
	}
	var below []int64
	err = t.each("SELECT id FROM message WHERE parent = ? ORDER BY id", []any{id}, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		below = append(below, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, b := range below {
		if err := t.update(KindMessage, b, "parent = ?", orNull(parent)); err != nil {
			return err
		}
	}
	c, err := t.conversation(conversation)
	if err != nil {
		return err
	}
	if c.Leaf == id { // not while it is deleted, in a vault of ours
		if err := t.update(KindConversation, conversation, "leaf = ?", parent); err != nil {
			return err
		}
	}
	return t.remove(KindMessage, id)
}

// Fork makes a conversation of everything from the first message to this one, with copies of the messages. It has
// the title, the folder, the lifetime and the Extra of the other one. ErrNotFound: the message is not of it, or was
// deleted.
func (v *Vault) Fork(ctx context.Context, conversation, message int64) (fork Conversation, err error) {
	err = v.do(ctx, "fork a conversation", func(t *txn) error {
		if err := t.belongs(message, conversation); err != nil {
			return err
		}
		c, err := t.conversation(conversation)
		if err != nil {
			return err
		}
		tree, err := t.tree(conversation)
		if err != nil {
			return err
		}
		if tree.Nearest(message) != message {
			return ErrNotFound
		}
		fork = Conversation{Title: c.Title, Folder: c.Folder, Lifetime: c.Lifetime, Extra: c.Extra,
			UID: UID{}.orRandom(), Created: t.now, Changed: t.now}
		if fork.ID, err = t.insertConversation(fork); err != nil {
			return err
		}
		for _, id := range tree.Path(message) {
			var one []Message
			if err := t.messages(&one, "SELECT "+messageColumns+" FROM message m WHERE m.id = ?", id); err != nil {
				return err
			}
			m := one[0]
			m.UID, m.Parent = UID{}.orRandom(), fork.Leaf
			if fork.Leaf, err = t.insertMessage(fork.ID, m); err != nil {
				return err
			}
		}
		return t.update(KindConversation, fork.ID, "leaf = ?", fork.Leaf)
	})
	return fork, err
}
