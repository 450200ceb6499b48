package assistant

import (
	"context"
	"slices"

	"lamplight/engine/chat"
	"lamplight/privacy/vault"
	"lamplight/tokenizer"
)

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
	turns, err := c.fetch(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.unread { // nobody was faster
		c.turns, c.unread, c.before = turns, false, nil
	}
	c.mu.Unlock()
	c.remark()
	return nil
}

// fetch reads what is to be shown from the store, in pairs.
func (c *Conversation) fetch(ctx context.Context) ([]Turn, error) {
	path, err := c.store.Path(ctx, c.id)
	if err != nil {
		return nil, unstored(err)
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
	for i := 0; i < len(turns); i += 2 {
		pinned := turns[i].Pinned
		if turns[i].id == 0 {
			pinned = turns[i+1].Pinned
		}
		turns[i].Pinned, turns[i+1].Pinned = pinned, pinned
	}
	return turns, nil
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
	err = c.alone(func() error {
		if err := c.save(ctx); err != nil {
			return err
		}
		if err := c.store.Choose(ctx, c.id, message); err != nil {
			return unstored(err)
		}
		return c.reload(ctx)
	})
	if err != nil {
		return 0, false, err
	}
	turn, ok := c.turnOf(message)
	if !ok {
		return 0, true, unstored(vault.ErrNotFound)
	}
	return turn, true, nil
}

// alone lets f change what is shown, while nobody asks. [ErrAnswering] and [ErrUnread]: it cannot be changed now.
func (c *Conversation) alone(f func() error) error {
	if err := c.begin(func() error { return nil }); err != nil {
		return err
	}
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.answering = false
	}()
	if err := f(); err != nil {
		return err
	}
	c.remark()
	return nil
}

// reload reads what is shown now from the store. It is for whoever has c for himself. When it fails, what is shown is to
// be read again.
func (c *Conversation) reload(ctx context.Context) error {
	turns, err := c.fetch(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.before = nil; err != nil {
		c.unread = true
		return err
	}
	c.turns = turns
	return nil
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
	t := Turn{Role: chat.User, Text: m.Text, Pinned: m.Pinned, Version: m.Version, Versions: m.Versions, id: m.ID}
	t.setExtra(m.Extra)
	if !answer {
		return t
	}
	t.Role, t.State, t.model = chat.Assistant, State(m.State), m.Model
	switch {
	case t.State == Writing:
		t.State = CutOff
	case t.State > CutOff:
		t.State = Stopped
	}
	for _, id := range m.Tokens {
		t.ids = append(t.ids, tokenizer.ID(id))
	}
	return t
}

// missing is the turn that is not in the store, where n turns are before it.
func missing(n int) Turn {
	if n%2 == 0 {
		return Turn{Role: chat.User, Version: 1, Versions: 1}
	}
	return Turn{Role: chat.Assistant, State: Stopped, Version: 1, Versions: 1}
}
