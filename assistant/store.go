package assistant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lamplight/engine/chat"
	"lamplight/privacy/vault"
)

var (
	// ErrStore is returned when something could not be stored, or read from the store.
	ErrStore = errors.New("the conversation could not be stored or read")
	// ErrUnread is returned when a conversation of the store is asked before it was read.
	ErrUnread = errors.New("the conversation was not read yet")
)

// keeper keeps one conversation: a tree of messages, of which the way to the leaf is shown.
type keeper interface {
	NewConversation(context.Context, vault.Conversation) (vault.Conversation, error)
	Conversation(ctx context.Context, id int64) (vault.Conversation, error)
	UpdateConversation(context.Context, vault.Conversation) error
	AddMessage(ctx context.Context, conversation int64, m vault.Message) (vault.Message, error)
	SetMessage(context.Context, vault.Message) error
	PinMessages(ctx context.Context, pinned bool, ids ...int64) error
	DeleteMessages(ctx context.Context, conversation int64, ids ...int64) error
	RestoreMessages(ctx context.Context, conversation int64, ids ...int64) error
	RemoveMessage(ctx context.Context, id int64) error
	Path(ctx context.Context, conversation int64) ([]vault.Message, error)
	Tree(ctx context.Context, conversation int64) (vault.Tree, error)
	Choose(ctx context.Context, conversation, message int64) error
	Purge(context.Context, ...vault.Ref) error
}

// Store keeps conversations: what a [vault.Vault] can do, as far as it is needed here.
type Store interface {
	keeper
	Conversations(context.Context, vault.Filter) ([]vault.Conversation, error)
	Fork(ctx context.Context, conversation, message int64) (vault.Conversation, error)
	Trash(context.Context, vault.Ref) error
	Restore(context.Context, vault.Ref) error
}

// saveEvery is how often an answer that is being written is stored. Tests are less patient.
var saveEvery = time.Second

// Conversations lists what is in a store, the last changed first. What was said in them is not read yet, see
// [Conversation.Load].
func Conversations(ctx context.Context, r *Runner, s Store) ([]*Conversation, error) {
	stored, err := s.Conversations(ctx, vault.Filter{})
	if err != nil {
		return nil, unstored(err)
	}
	slices.SortStableFunc(stored, func(a, b vault.Conversation) int { return b.Changed.Compare(a.Changed) })
	list := make([]*Conversation, len(stored))
	for i, v := range stored {
		list[i] = listed(r, s, v)
	}
	return list, nil
}

// listed is a conversation of a store, which was not read yet.
func listed(r *Runner, s keeper, v vault.Conversation) *Conversation {
	return &Conversation{runner: r, store: s, id: v.ID, row: rowOf(v), changedAt: v.Changed, leaf: v.Leaf, unread: true}
}

// ID is that of the conversation in its store, 0 while it is not there, or if it has none.
func (c *Conversation) ID() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stored()
}

// stored is ID for a caller that has the lock.
func (c *Conversation) stored() int64 {
	if _, ok := c.store.(Store); !ok {
		return 0
	}
	return c.id
}

// Update takes over what has changed in the store since: listed is the same conversation, listed anew. It
// reports whether what was said has changed too, which is then to be read again.
func (c *Conversation) Update(listed *Conversation) (unread bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.row, c.leaf, c.changedAt = listed.row, listed.leaf, listed.changedAt
	if c.answering || c.unread || lastStored(c.turns) == c.leaf {
		return false
	}
	c.unread = true
	return true
}

// unstored marks an error of the store.
func unstored(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("assistant: %w: %w", ErrStore, err)
}

// keep stores the question that is to be answered, unless it is there, and what could not be stored before. Nothing is
// computed before it is on the disk.
func (c *Conversation) keep(ctx context.Context) error {
	if err := c.save(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	last := len(c.turns) - 2
	question, parent, before, v := c.turns[last], lastStored(c.turns[:last]), c.row, c.asRow()
	there := question.id != 0 || !question.asked && question.Text == "" // what came from elsewhere may lack its question
	c.mu.Unlock()
	if c.id == 0 {
		v, err := c.store.NewConversation(ctx, v)
		if err != nil {
			return unstored(err)
		}
		c.mu.Lock()
		c.id, c.row, c.changedAt, c.fresh = v.ID, rowOf(v), v.Changed, &before
		c.mu.Unlock()
	}
	if there {
		return nil
	}
	m, err := c.store.AddMessage(ctx, c.id, vault.Message{Parent: parent, Role: string(chat.User), Text: question.Text,
		Pinned: question.Pinned, Extra: question.extra()})
	if err != nil {
		return unstored(err)
	}
	c.added(last, m)
	return nil
}

// added notes that a turn is in the store.
func (c *Conversation) added(turn int, m vault.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &c.turns[turn]
	t.id, t.Version, t.Versions = m.ID, m.Version, m.Versions
	c.changedAt = m.Created
}

// keepAnswer stores the answer that is about to be written, unless it goes on, and then, until stop is called, what
// there is of it from time to time.
func (c *Conversation) keepAnswer(ctx context.Context) (stop func(), err error) {
	c.mu.Lock()
	last := len(c.turns) - 1
	answer, parent := c.turns[last], lastStored(c.turns[:last])
	c.mu.Unlock()
	if answer.id == 0 {
		m := answer.message()
		m.Parent, m.Role, m.Pinned = parent, string(chat.Assistant), answer.Pinned
		if m, err = c.store.AddMessage(ctx, c.id, m); err != nil {
			return nil, unstored(err)
		}
		c.added(last, m)
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(saveEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_ = c.save(ctx) // it is tried again, and at the end it counts
			}
		}
	}()
	return func() { cancel(); <-ended }, nil
}

// save stores the answers that have changed since they were stored.
func (c *Conversation) save(ctx context.Context) error {
	c.mu.Lock()
	changed := c.unsaved
	c.unsaved = nil
	for i, t := range c.turns {
		if t.changed && t.id != 0 {
			changed = append(changed, t)
			c.turns[i].changed = false
		}
	}
	c.mu.Unlock()
	for n, t := range changed {
		if err := c.store.SetMessage(ctx, t.message()); err != nil {
			c.setChanged(changed[n:])
			return unstored(err)
		}
	}
	return nil
}

// message is what the store has of an answer.
func (t *Turn) message() vault.Message {
	m := vault.Message{ID: t.id, Text: t.Text, State: uint8(t.State), Model: t.model, Extra: t.extra()}
	for _, id := range t.ids {
		m.Tokens = append(m.Tokens, int32(id))
	}
	return m
}

// setChanged marks turns as not stored.
func (c *Conversation) setChanged(unsaved []Turn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range unsaved {
		if i := slices.IndexFunc(c.turns, func(t Turn) bool { return t.id == u.id }); i >= 0 {
			c.turns[i].changed = true
		} else {
			c.unsaved = append(c.unsaved, u)
		}
	}
}

// lastStored is the last of the turns that is in the store, 0 while none is.
func lastStored(turns []Turn) int64 {
	for _, t := range slices.Backward(turns) {
		if t.id != 0 {
			return t.id
		}
	}
	return 0
}

func ref(id int64) vault.Ref { return vault.Ref{Kind: vault.KindConversation, ID: id} }

// Trash moves the conversation to the store's trash. One that is in memory only stays as it is. It must not
// be answering.
func (c *Conversation) Trash(ctx context.Context) error { return c.move(ctx, Store.Trash) }

// Restore brings the conversation back from the trash.
func (c *Conversation) Restore(ctx context.Context) error { return c.move(ctx, Store.Restore) }

func (c *Conversation) move(ctx context.Context, f func(Store, context.Context, vault.Ref) error) error {
	c.mu.Lock()
	id, answering := c.stored(), c.answering
	c.mu.Unlock()
	if answering {
		return ErrAnswering
	}
	if id == 0 {
		return nil
	}
	return unstored(f(c.store.(Store), ctx, ref(id)))
}
