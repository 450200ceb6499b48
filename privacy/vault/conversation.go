package vault

import (
	"context"
	"encoding/json"
	"time"
)

// Conversation is a tree of messages. What is shown of it is the path from a root to its leaf.
type Conversation struct {
	ID     int64
	UID    UID
	Title  string
	Folder string // "" for none
	Pinned bool
	// Changed is when the last message was added. Deleted is when it went to the trash, zero if it is not there.
	Created, Changed, Deleted time.Time
	Leaf                      int64           // a message, 0 if there is none
	Lifetime                  time.Duration   // it is deleted so long after Changed; 0: never. Whole seconds.
	Extra                     json.RawMessage // the caller's, nil for none
}

// Filter chooses conversations.
type Filter struct {
	InFolder bool // only those of Folder
	Folder   string
	Trashed  bool // those in the trash instead of the others
	Limit    int  // 0: all
}

const conversationColumns = "id, uid, title, folder, pinned, created, changed, deleted, leaf, lifetime, extra"

func scanConversation(scan func(...any) error) (Conversation, error) {
	var c Conversation
	var created, changed, deleted, seconds int64
	err := scan(&c.ID, &c.UID, &c.Title, &c.Folder, &c.Pinned, &created, &changed, &deleted, &c.Leaf, &seconds,
		(*extraText)(&c.Extra))
	c.Created, c.Changed, c.Deleted = fromMillis(created), fromMillis(changed), fromMillis(deleted)
	c.Lifetime = time.Duration(seconds) * time.Second
	return c, err
}

// NewConversation stores an empty conversation and returns it with its ID. UID, Created and Changed are made
// unless they are given.
func (v *Vault) NewConversation(ctx context.Context, c Conversation) (Conversation, error) {
	err := v.do(ctx, "store a conversation", func(t *txn) (err error) {
		c.UID = c.UID.orRandom()
		c.Created = t.stamp(c.Created)
		if c.Changed.IsZero() {
			c.Changed = c.Created
		}
		c.Changed, c.Deleted, c.Leaf = t.stamp(c.Changed), time.Time{}, 0
		c.Lifetime = max(c.Lifetime, 0).Truncate(time.Second)
		c.ID, err = t.insertConversation(c)
		return err
	})
	return c, err
}

// insertConversation adds a conversation, which has no message yet, and returns its ID.
func (t *txn) insertConversation(c Conversation) (int64, error) {
	if err := checkExtra(c.Extra); err != nil {
		return 0, err
	}
	return t.insert(KindConversation, "uid, title, folder, pinned, created, changed, deleted, lifetime, extra",
		c.UID[:], c.Title, c.Folder, c.Pinned, millis(c.Created), millis(c.Changed), millis(c.Deleted),
		int64(max(c.Lifetime, 0)/time.Second), string(c.Extra))
}

// Conversation returns a conversation, also one in the trash.
func (v *Vault) Conversation(ctx context.Context, id int64) (c Conversation, err error) {
	err = v.do(ctx, "read a conversation", func(t *txn) error {
		c, err = t.conversation(id)
		return err
	})
	return c, err
}

func (t *txn) conversation(id int64) (Conversation, error) {
	return scanConversation(func(into ...any) error {
		return t.one("SELECT "+conversationColumns+" FROM conversation WHERE id = ?", []any{id}, into...)
	})
}

// Conversations lists conversations: the pinned ones first, then by when they changed, the last one first.
func (v *Vault) Conversations(ctx context.Context, f Filter) (list []Conversation, err error) {
	query := "SELECT " + conversationColumns + " FROM conversation WHERE (deleted <> 0) = ?"
	args := []any{f.Trashed}
	if f.InFolder {
		query, args = query+" AND folder = ?", append(args, f.Folder)
	}
	query += " ORDER BY pinned DESC, changed DESC, id DESC"
	if f.Limit > 0 {
		query, args = query+" LIMIT ?", append(args, f.Limit)
	}
	err = v.do(ctx, "list the conversations", func(t *txn) error {
		return t.each(query, args, func(scan func(...any) error) error {
			c, err := scanConversation(scan)
			list = append(list, c)
			return err
		})
	})
	return list, err
}

// Folders lists the folders that conversations are in, by name.
func (v *Vault) Folders(ctx context.Context) (folders []string, err error) {
	query := "SELECT DISTINCT folder FROM conversation WHERE folder <> '' AND deleted = 0 ORDER BY folder"
	err = v.do(ctx, "list the folders", func(t *txn) error {
		return t.each(query, nil, func(scan func(...any) error) error {
			var folder string
			err := scan(&folder)
			folders = append(folders, folder)
			return err
		})
	})
	return folders, err
}

// UpdateConversation stores title, folder, pin, lifetime and Extra of the conversation with this ID.
func (v *Vault) UpdateConversation(ctx context.Context, c Conversation) error {
	return v.do(ctx, "change a conversation", func(t *txn) error {
		if err := checkExtra(c.Extra); err != nil {
			return err
		}
		return t.update(KindConversation, c.ID, "title = ?, folder = ?, pinned = ?, lifetime = ?, extra = ?",
			c.Title, c.Folder, c.Pinned, int64(max(c.Lifetime, 0)/time.Second), string(c.Extra))
	})
}
