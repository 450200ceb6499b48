package assistant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lamplight/engine/chat"
	"lamplight/privacy/vault"
	"lamplight/tokenizer"
)

var (
	// ErrStore is returned when something could not be stored, or read from the store.
	ErrStore = errors.New("the conversation could not be stored or read")
	// ErrUnread is returned when a conversation of the store is asked before it was read.
	ErrUnread = errors.New("the conversation was not read yet")
)

// Store keeps conversations: what a [vault.Vault] can do, as far as it is needed here.
type Store interface {
	NewConversation(context.Context, vault.Conversation) (vault.Conversation, error)
	Conversation(ctx context.Context, id int64) (vault.Conversation, error)
	Conversations(context.Context, vault.Filter) ([]vault.Conversation, error)
	UpdateConversation(context.Context, vault.Conversation) error
	AddMessage(ctx context.Context, conversation int64, m vault.Message) (vault.Message, error)
	SetMessage(context.Context, vault.Message) error
	RemoveMessage(ctx context.Context, id int64) error
	Path(ctx context.Context, conversation int64) ([]vault.Message, error)
	Choose(ctx context.Context, conversation, message int64) error
	Trash(context.Context, vault.Ref) error
	Restore(context.Context, vault.Ref) error
	Purge(context.Context, ...vault.Ref) error
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
		list[i] = &Conversation{runner: r, store: s, id: v.ID, heading: v.Title,
			lifetime: v.Lifetime, changedAt: v.Changed, leaf: v.Leaf, unread: true}
	}
	return list, nil
}

// ID is that of the conversation in its store, 0 while it is not there.
func (c *Conversation) ID() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// Update takes over what has changed in the store since: listed is the same conversation, listed anew. It
// reports whether what was said has changed too, which is then to be read again.
func (c *Conversation) Update(listed *Conversation) (unread bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heading, c.leaf = listed.heading, listed.leaf
	c.lifetime, c.changedAt = listed.lifetime, listed.changedAt
	if c.answering || c.unread || c.lastStored() == c.leaf {
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

// maxTitle is the length of a title, in characters.
const maxTitle = 48

// title is the beginning of the first thing said.
func title(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(line); len(r) > maxTitle {
		line = strings.TrimSpace(string(r[:maxTitle])) + "…"
	}
	return line
}

// Title is the beginning of the first thing said, "" while nothing was.
func (c *Conversation) Title() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heading == "" && len(c.turns) > 0 {
		return title(c.turns[0].Text)
	}
	return c.heading
}

// Read reports whether what was said is in memory. It is, except of a conversation from a store before
// [Conversation.Load].
func (c *Conversation) Read() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unread
}

// Load reads what was said from the store.
func (c *Conversation) Load(ctx context.Context) error {
	if c.Read() {
		return nil
	}
	path, err := c.store.Path(ctx, c.id)
	if err != nil {
		return unstored(err)
	}
	var turns []Turn
	for _, m := range path {
		answer := chat.Role(m.Role) == chat.Assistant
		if answer != (len(turns)%2 == 1) { // the other half of the pair is not there: it failed, or came from elsewhere
			turns = append(turns, missing(len(turns)))
		}
		turns = append(turns, stored(m, answer))
	}
	if len(turns)%2 == 1 {
		turns = append(turns, missing(len(turns)))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unread { // nobody was faster
		c.turns, c.first, c.unread = turns, 0, false
	}
	return nil
}

// Show makes sure that a message of the store is among what was said, and returns the number of its turn. If it
// belongs to another version of the conversation, that is the one which goes on from here: switched says so.
// It must not be answering then.
func (c *Conversation) Show(ctx context.Context, message int64) (turn int, switched bool, err error) {
	if err := c.Load(ctx); err != nil {
		return 0, false, err
	}
	if turn, ok := c.turnOf(message); ok {
		return turn, false, nil
	}
	c.mu.Lock()
	id, answering := c.id, c.answering
	c.mu.Unlock()
	if answering {
		return 0, false, ErrAnswering
	}
	if err := c.store.Choose(ctx, id, message); err != nil {
		return 0, false, unstored(err)
	}
	c.mu.Lock()
	if c.answering {
		c.mu.Unlock()
		return 0, false, ErrAnswering
	}
	c.unread = true
	c.mu.Unlock()
	if err := c.Load(ctx); err != nil {
		return 0, true, err
	}
	turn, ok := c.turnOf(message)
	if !ok {
		return 0, true, unstored(vault.ErrNotFound)
	}
	return turn, true, nil
}

// turnOf returns the number of the turn that a message of the store is.
func (c *Conversation) turnOf(message int64) (int, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.turns, func(t Turn) bool { return message != 0 && t.id == message })
	return max(i, 0), i >= 0
}

// stored makes a turn of a message. Turns are pairs: what is no answer stands in the place of a question.
func stored(m vault.Message, answer bool) Turn {
	if !answer {
		t := Turn{Role: chat.User, Text: m.Text, id: m.ID}
		t.setExtra(m.Extra)
		return t
	}
	t := Turn{Role: chat.Assistant, Text: m.Text, State: State(m.State), id: m.ID, model: m.Model}
	switch {
	case t.State == Writing:
		t.State = CutOff
	case t.State > CutOff:
		t.State = Stopped
	}
	for _, id := range m.Tokens {
		t.ids = append(t.ids, tokenizer.ID(id))
	}
	t.setExtra(m.Extra)
	return t
}

// missing is the turn that is not in the store, where n turns are before it.
func missing(n int) Turn {
	if n%2 == 0 {
		return Turn{Role: chat.User}
	}
	return Turn{Role: chat.Assistant, State: Stopped}
}

// keep stores the question that was just asked, and what could not be stored before. Nothing is computed
// before it is on the disk.
func (c *Conversation) keep(ctx context.Context) error {
	if c.store == nil {
		return nil
	}
	if err := c.save(ctx); err != nil {
		return err
	}
	c.mu.Lock()
	question, parent, first, lifetime := c.turns[len(c.turns)-2], c.lastStored(), title(c.turns[0].Text), c.kept()
	c.mu.Unlock()
	if c.id == 0 {
		v, err := c.store.NewConversation(ctx, vault.Conversation{Title: first, Lifetime: lifetime})
		if err != nil {
			return unstored(err)
		}
		c.mu.Lock()
		c.id, c.heading, c.lifetime, c.changedAt = v.ID, v.Title, v.Lifetime, v.Changed
		c.mu.Unlock()
	}
	m, err := c.store.AddMessage(ctx, c.id, vault.Message{Parent: parent, Role: string(chat.User), Text: question.Text, Extra: question.extra()})
	if err != nil {
		return unstored(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turns[len(c.turns)-2].id, c.changedAt = m.ID, m.Created
	return nil
}

// keepAnswer stores the answer that is about to be written, and then, until stop is called, what there is of
// it from time to time.
func (c *Conversation) keepAnswer(ctx context.Context) (stop func(), err error) {
	if c.store == nil {
		return func() {}, nil
	}
	c.mu.Lock()
	model, parent := c.turns[len(c.turns)-1].model, c.lastStored()
	c.mu.Unlock()
	m, err := c.store.AddMessage(ctx, c.id,
		vault.Message{Parent: parent, Role: string(chat.Assistant), State: uint8(Writing), Model: model})
	if err != nil {
		return nil, unstored(err)
	}
	c.mu.Lock()
	c.turns[len(c.turns)-1].id, c.changedAt = m.ID, m.Created
	c.mu.Unlock()
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
	if c.store == nil {
		return nil
	}
	c.mu.Lock()
	var changed []Turn
	for i, t := range c.turns {
		if t.changed && t.id != 0 {
			changed = append(changed, t)
			c.turns[i].changed = false
		}
	}
	c.mu.Unlock()
	for n, t := range changed {
		var tokens []int32
		for _, id := range t.ids {
			tokens = append(tokens, int32(id))
		}
		m := vault.Message{ID: t.id, Text: t.Text, State: uint8(t.State), Model: t.model, Tokens: tokens, Extra: t.extra()}
		if err := c.store.SetMessage(ctx, m); err != nil {
			c.setChanged(changed[n:])
			return unstored(err)
		}
	}
	return nil
}

// setChanged marks turns as not stored.
func (c *Conversation) setChanged(unsaved []Turn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.turns {
		if slices.ContainsFunc(unsaved, func(t Turn) bool { return t.id == c.turns[i].id }) {
			c.turns[i].changed = true
		}
	}
}

// lastStored is the last turn that is in the store, 0 while none is. The caller has the lock.
func (c *Conversation) lastStored() int64 {
	for _, t := range slices.Backward(c.turns) {
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
	id, answering := c.id, c.answering
	c.mu.Unlock()
	if answering {
		return ErrAnswering
	}
	if id == 0 {
		return nil
	}
	return unstored(f(c.store, ctx, ref(id)))
}
