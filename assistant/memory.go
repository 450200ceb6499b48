package assistant

import (
	"context"
	"slices"
	"sync"
	"time"

	"lamplight/privacy/vault"
)

// memory keeps one conversation as a vault would, but nowhere else than in memory: the same tree of messages, from
// which what was deleted can be brought back.
type memory struct {
	mu       sync.Mutex
	talk     vault.Conversation // ID 0: there is none
	messages []vault.Message    // message i has ID i+1, or 0 when it was removed
}

func newMemory() *memory { return &memory{} }

// NewConversation makes the conversation.
func (m *memory) NewConversation(_ context.Context, v vault.Conversation) (vault.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	v.ID, v.Created, v.Changed, v.Leaf = 1, now, now, 0
	m.talk = v
	return v, nil
}

// Conversation returns it.
func (m *memory) Conversation(_ context.Context, id int64) (vault.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id == 0 || id != m.talk.ID {
		return vault.Conversation{}, vault.ErrNotFound
	}
	return m.talk, nil
}

// UpdateConversation changes what a user can change of it.
func (m *memory) UpdateConversation(_ context.Context, v vault.Conversation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.talk.Title, m.talk.Folder, m.talk.Pinned, m.talk.Lifetime, m.talk.Extra = v.Title, v.Folder, v.Pinned, v.Lifetime, v.Extra
	return nil
}

// tree is made anew each time: these conversations are short.
func (m *memory) tree() vault.Tree {
	there := slices.DeleteFunc(slices.Clone(m.messages), func(msg vault.Message) bool { return msg.ID == 0 })
	return vault.NewTree(there)
}

// at is a message that was not removed.
func (m *memory) at(id int64) (*vault.Message, error) {
	if id < 1 || id > int64(len(m.messages)) || m.messages[id-1].ID == 0 {
		return nil, vault.ErrNotFound
	}
	return &m.messages[id-1], nil
}

// AddMessage adds a message, which becomes the leaf.
func (m *memory) AddMessage(_ context.Context, _ int64, msg vault.Message) (vault.Message, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if msg.Parent != 0 {
		if _, err := m.at(msg.Parent); err != nil {
			return msg, err
		}
	}
	msg.ID, msg.Created = int64(len(m.messages)+1), time.Now()
	m.messages = append(m.messages, msg)
	m.talk.Leaf, m.talk.Changed = msg.ID, msg.Created
	m.tree().Place(&msg)
	return msg, nil
}

// SetMessage stores what changes while an answer is written.
func (m *memory) SetMessage(_ context.Context, msg vault.Message) error {
	return m.change(func(have *vault.Message) {
		have.Text, have.State, have.Model, have.Tokens, have.Extra = msg.Text, msg.State, msg.Model, msg.Tokens, msg.Extra
	}, msg.ID)
}

// PinMessages pins messages, or no longer.
func (m *memory) PinMessages(_ context.Context, pinned bool, ids ...int64) error {
	return m.change(func(have *vault.Message) { have.Pinned = pinned }, ids...)
}

// DeleteMessages takes messages out of the tree.
func (m *memory) DeleteMessages(_ context.Context, _ int64, ids ...int64) error {
	return m.change(func(have *vault.Message) { have.Deleted = time.Now() }, ids...)
}

// RestoreMessages brings them back.
func (m *memory) RestoreMessages(_ context.Context, _ int64, ids ...int64) error {
	return m.change(func(have *vault.Message) { have.Deleted = time.Time{} }, ids...)
}

// change changes messages, and lets the leaf be one that is shown.
func (m *memory) change(f func(*vault.Message), ids ...int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		have, err := m.at(id)
		if err != nil {
			return err
		}
		f(have)
	}
	m.follow(m.talk.Leaf)
	return nil
}

func (m *memory) follow(id int64) {
	t := m.tree()
	m.talk.Leaf = t.Newest(t.Nearest(id))
}

// RemoveMessage removes a message and all below it.
func (m *memory) RemoveMessage(_ context.Context, id int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	top, err := m.at(id)
	if err != nil {
		return err
	}
	parent, gone := top.Parent, map[int64]bool{id: true}
	for i := range m.messages {
		if msg := &m.messages[i]; msg.ID != 0 && (gone[msg.ID] || gone[msg.Parent]) {
			gone[msg.ID] = true
			*msg = vault.Message{}
		}
	}
	if gone[m.talk.Leaf] {
		m.follow(parent)
	}
	return nil
}

// Path is what is shown.
func (m *memory) Path(context.Context, int64) (path []vault.Message, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tree()
	for _, id := range t.Path(m.talk.Leaf) {
		msg := m.messages[id-1]
		t.Place(&msg)
		path = append(path, msg)
	}
	return path, nil
}

// Tree is how the messages hang together.
func (m *memory) Tree(context.Context, int64) (vault.Tree, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.tree(), nil
}

// Choose shows another version.
func (m *memory) Choose(_ context.Context, _, id int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tree()
	if _, err := m.at(id); err != nil || t.Nearest(id) != id {
		return vault.ErrNotFound
	}
	m.talk.Leaf = t.Newest(id)
	return nil
}

// Purge forgets all of it.
func (m *memory) Purge(context.Context, ...vault.Ref) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.talk, m.messages = vault.Conversation{}, nil
	return nil
}

// fork is a memory of its own with what leads to a message: none of the two keeps anything of the other.
func (m *memory) fork(id int64) (*memory, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := m.tree()
	if _, err := m.at(id); err != nil || t.Nearest(id) != id {
		return nil, vault.ErrNotFound
	}
	f := newMemory()
	f.talk = m.talk
	f.talk.Pinned, f.talk.Created, f.talk.Changed = false, time.Now(), time.Now()
	for i, id := range t.Path(id) {
		msg := m.messages[id-1]
		msg.ID, msg.Parent = int64(i+1), int64(i)
		f.messages = append(f.messages, msg)
	}
	f.talk.Leaf = int64(len(f.messages))
	return f, nil
}
