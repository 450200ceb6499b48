package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"time"
)

// Thread is a conversation with all of its messages, outside of a vault. The IDs in it are its own: Parent is
// the ID of a message that comes earlier in Messages, 0 for a first one, and Conversation.Leaf the ID of one of
// them, or 0.
type Thread struct {
	Conversation Conversation
	Messages     []Message
}

// Merged says what merging has done with the rows of each kind.
type Merged struct {
	Conversations, Messages, Documents, Revisions, Items Count
}

// Count is about rows of one kind.
type Count struct {
	Added int
	Same  int // the vault had them already
	Kept  int // the vault has others in their place, which stay
}

// Thread returns a conversation with its messages as they are at one moment, as Messages does.
func (v *Vault) Thread(ctx context.Context, id int64) (h Thread, err error) {
	err = v.do(ctx, "read a conversation", func(t *txn) error {
		if h.Conversation, err = t.conversation(id); err != nil {
			return err
		}
		tree, err := t.tree(id)
		if err != nil {
			return err
		}
		h.Conversation.Leaf = tree.Nearest(h.Conversation.Leaf)
		return t.branches(&h.Messages, id, everyMessage)
	})
	return h, err
}

// Merge adds conversations from elsewhere, all of them or, after an error, none. What the vault has already,
// by its UID, stays as it is: messages that are new are added to it.
func (v *Vault) Merge(ctx context.Context, threads iter.Seq2[Thread, error]) (done Merged, err error) {
	err = v.do(ctx, "add conversations", func(t *txn) error {
		m := merger{t: t}
		for h, err := range threads {
			if err == nil {
				err = m.thread(h)
			}
			if err != nil {
				return err
			}
		}
		done = m.done
		return m.finish()
	})
	if err != nil {
		return Merged{}, err
	}
	return done, nil
}

// ErrContent is returned for rows from elsewhere that do not belong together, or cannot be kept.
var ErrContent = errors.New("the content does not fit together")

// merger adds rows to a vault and changes none that are there.
type merger struct {
	t    *txn
	done Merged
	note string // of the revision that keeps what a document was elsewhere

	conversation int64           // the one that messages are added to
	leaf         UID             // what it showed elsewhere; zero is the last one added
	messages     map[UID]int64   // those of it that have been seen, with their IDs here
	added        map[int64]int64 // the ones that were new, with the IDs of their parents
	last         int64           // the last of these
	latest       time.Time       // when the youngest of these was made

	document int64 // the one that revisions are added to
}

// UIDOf makes a UID of the names that a row has elsewhere: the same one for the same names, so that nothing is
// added twice.
func UIDOf(names ...string) (u UID) {
	h := sha256.New()
	for _, n := range names {
		fmt.Fprintf(h, "%d:%s", len(n), n)
	}
	copy(u[:], h.Sum(nil))
	return u
}

func (m *merger) thread(h Thread) error {
	uids := make(map[int64]UID, len(h.Messages))
	for _, msg := range h.Messages {
		uids[msg.ID] = msg.UID.orRandom()
	}
	if err := m.begin(h.Conversation, uids[h.Conversation.Leaf]); err != nil {
		return err
	}
	for _, msg := range h.Messages {
		msg.UID = uids[msg.ID]
		if err := m.message(msg, uids[msg.Parent]); err != nil {
			return err
		}
	}
	return m.finish()
}

// begin adds a conversation unless it is there. Its messages follow, and then finish.
func (m *merger) begin(c Conversation, leaf UID) error {
	if err := m.finish(); err != nil {
		return err
	}
	c.UID = c.UID.orRandom()
	have, err := m.find(KindConversation, c.UID)
	if err != nil {
		return err
	}
	m.leaf, m.messages, m.added, m.latest = leaf, map[UID]int64{}, map[int64]int64{}, time.Time{}
	if have != 0 {
		m.conversation = have
		m.done.Conversations.Same++
		return nil
	}
	created := m.t.stamp(c.Created)
	m.done.Conversations.Added++
	c.Created = created
	if c.Changed.Before(created) {
		c.Changed = created
	}
	m.conversation, err = m.t.insertConversation(c)
	return err
}

// message adds a message to the conversation that has begun, below one that came before it.
func (m *merger) message(msg Message, parent UID) error {
	if m.conversation == 0 {
		return fmt.Errorf("%w: a message comes before its conversation", ErrContent)
	}
	if _, twice := m.messages[msg.UID]; twice {
		return fmt.Errorf("%w: the message %v is there twice", ErrContent, msg.UID)
	}
	var above int64
	if parent != (UID{}) {
		if above = m.messages[parent]; above == 0 {
			return fmt.Errorf("%w: the message %v comes before its parent %v", ErrContent, msg.UID, parent)
		}
	}
	have, err := m.find(KindMessage, msg.UID)
	if err != nil {
		return err
	}
	if have != 0 {
		m.messages[msg.UID] = have
		if err := m.t.belongs(have, m.conversation); errors.Is(err, ErrNotFound) {
			return fmt.Errorf("%w: the message %v is of another conversation", ErrContent, msg.UID)
		} else if err != nil {
			return err
		}
		var same bool
		err := m.t.one("SELECT text = ? FROM message WHERE id = ?", []any{msg.Text, have}, &same)
		m.done.Messages.there(same)
		return err
	}
	msg.Created, msg.Parent = m.t.stamp(msg.Created), above
	id, err := m.t.insertMessage(m.conversation, msg)
	m.done.Messages.Added++
	m.messages[msg.UID], m.added[id], m.last = id, above, id
	if msg.Created.After(m.latest) {
		m.latest = msg.Created
	}
	return err
}

// finish chooses what the conversation shows: what it showed elsewhere when it is new or when that continues
// what it shows here, and what it shows here otherwise.
func (m *merger) finish() error {
	id := m.conversation
	m.conversation = 0
	if id == 0 || len(m.added) == 0 {
		return nil
	}
	c, err := m.t.conversation(id)
	if err != nil {
		return err
	}
	leaf := m.last
	if m.leaf != (UID{}) {
		if leaf = m.messages[m.leaf]; leaf == 0 {
			return fmt.Errorf("%w: the leaf %v is none of the messages", ErrContent, m.leaf)
		}
	}
	above := leaf
	for above != c.Leaf && above != 0 {
		above = m.added[above] // 0 for one that was here before
	}
	if above != c.Leaf {
		leaf = c.Leaf
	}
	return m.t.update(KindConversation, id, "leaf = ?, changed = ?", leaf, max(millis(c.Changed), millis(m.latest)))
}

// addDocument adds a document unless it is there. If it is there with another text, the one from elsewhere
// becomes a revision of it. Its revisions follow.
func (m *merger) addDocument(d Document) error {
	have, err := m.find(KindDocument, d.UID)
	if err != nil {
		return err
	}
	if have == 0 {
		m.done.Documents.Added++
		m.document, err = m.t.insert(KindDocument, "uid, title, text, created, changed, deleted",
			d.UID[:], d.Title, d.Text, millis(d.Created), millis(d.Changed), millis(d.Deleted))
		return err
	}
	m.document = have
	here, err := m.t.document(have)
	if err != nil {
		return err
	}
	same := here.Title == d.Title && here.Text == d.Text
	m.done.Documents.there(same)
	if same {
		return nil
	}
	return m.revision(Revision{UID: UIDOf("document", d.UID.String(), d.Title, d.Text), Note: m.note, Title: d.Title,
		Text: d.Text, Created: m.t.stamp(d.Changed)})
}

// revision adds a revision to the document that came last.
func (m *merger) revision(r Revision) error {
	if m.document == 0 {
		return fmt.Errorf("%w: a revision comes before its document", ErrContent)
	}
	have, err := m.find(KindRevision, r.UID)
	if err != nil {
		return err
	}
	if have != 0 {
		m.done.Revisions.Same++
		return nil
	}
	m.done.Revisions.Added++
	_, err = m.t.insert(KindRevision, "uid, document, note, title, text, created",
		r.UID[:], m.document, r.Note, r.Title, r.Text, millis(r.Created))
	return err
}

// item adds an item unless it is there, or another one of its name.
func (m *merger) item(i Item) error {
	var value string
	err := m.t.one(`SELECT value FROM item WHERE uid = ?1 OR ?4 AND kind = ?2 AND name = ?3 AND deleted = 0
		ORDER BY uid = ?1 DESC`, []any{i.UID[:], string(i.Kind), i.Name, i.Deleted.IsZero()}, &value)
	switch {
	case err == nil:
		m.done.Items.there(value == string(i.Value))
		return nil
	case !errors.Is(err, ErrNotFound):
		return err
	}
	m.done.Items.Added++
	_, err = m.t.insert(KindItem, "uid, kind, name, value, created, changed, deleted",
		i.UID[:], string(i.Kind), i.Name, string(i.Value), millis(i.Created), millis(i.Changed), millis(i.Deleted))
	return err
}

func (c *Count) there(same bool) {
	if same {
		c.Same++
	} else {
		c.Kept++
	}
}

// find returns the ID of the row with this UID, 0 if there is none.
func (m *merger) find(kind Kind, u UID) (id int64, err error) {
	err = m.t.one("SELECT id FROM "+string(kind)+" WHERE uid = ?", []any{u[:]}, &id)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return id, err
}
