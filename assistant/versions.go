package assistant

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"lamplight/assistant/attach"
	"lamplight/engine/chat"
	"lamplight/privacy/vault"
	"lamplight/tokenizer"
)

// A question has versions: it was put differently; and so has an answer: it was written once more. Each version has
// what was said after it. Those that are not shown stay in the store.

// Again lets the answer at a turn be written once more, as a new version, after which nothing follows. It yields it as
// Ask does. If no word of it comes, what was shown before is shown again.
func (c *Conversation) Again(ctx context.Context, turn int) iter.Seq2[Piece, error] {
	return c.answered(ctx, func() error {
		if err := c.checkTurn(turn, chat.Assistant); err != nil {
			return err
		}
		c.another(turn, Turn{})
		return nil
	})
}

// another puts another version of an answer in its place, and nothing after it. The caller has the lock.
func (c *Conversation) another(turn int, t Turn) {
	old := c.turns[turn]
	t.Role, t.State, t.Pinned, t.Version, t.Versions = chat.Assistant, Writing, old.Pinned, 1, 1
	switch {
	case old.id != 0 && old.Text == "" && turn == len(c.turns)-1: // there is nothing to be kept
		t.id, t.Version, t.Versions = old.id, old.Version, old.Versions
		c.cut(turn)
	default:
		if old.id != 0 {
			t.Version, t.Versions = old.Versions+1, old.Versions+1
		}
		c.before = &shown{turns: slices.Clone(c.turns), answer: true}
		c.cut(turn)
	}
	c.turns = append(c.turns, t)
}

// cut leaves n turns. The caller has the lock.
func (c *Conversation) cut(n int) {
	for _, t := range c.turns[n:] {
		if t.changed && t.id != 0 {
			c.unsaved = append(c.unsaved, t)
		}
	}
	c.turns = slices.Clone(c.turns[:n])
}

// checkTurn says that there is no turn of this number and role. The caller has the lock.
func (c *Conversation) checkTurn(turn int, roles ...chat.Role) error {
	if turn < 0 || turn >= len(c.turns) {
		return fmt.Errorf("assistant: there is no turn %d among %d", turn, len(c.turns))
	}
	if len(roles) > 0 && !slices.Contains(roles, c.turns[turn].Role) {
		return fmt.Errorf("assistant: turn %d is the %s's", turn, c.turns[turn].Role)
	}
	return nil
}

// dropEmpty brings back what was shown before a version of an answer of which no word came.
func (c *Conversation) dropEmpty(ctx context.Context) error {
	c.mu.Lock()
	last, before := c.turns[len(c.turns)-1], c.before
	c.mu.Unlock()
	if before == nil || !before.answer || last.Text != "" {
		return nil
	}
	if last.id != 0 {
		err := c.store.RemoveMessage(ctx, last.id)
		if leaf := lastStored(before.turns); err == nil && leaf != 0 {
			err = c.store.Choose(ctx, c.id, leaf)
		}
		if err != nil {
			return unstored(err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turns, c.before = before.turns, nil
	return nil
}

// Edit puts the question at a turn differently, as a new version, and yields its answer as Ask does. After
// [Conversation.Withdraw] the old version is shown again.
func (c *Conversation) Edit(ctx context.Context, turn int, text string, files ...attach.File) iter.Seq2[Piece, error] {
	return c.answered(ctx, func() error {
		if err := c.checkTurn(turn, chat.User); err != nil {
			return err
		}
		q := Turn{Text: text, Files: slices.Clone(files), Pinned: c.turns[turn].Pinned}
		if old := c.turns[turn]; old.id != 0 {
			q.Version, q.Versions = old.Versions+1, old.Versions+1
		}
		c.before = &shown{turns: slices.Clone(c.turns)}
		c.cut(turn)
		c.ask(q)
		return nil
	})
}

// Continue goes on with the last answer, in place, and yields what is added as Ask does. An answer that does not go on
// stays as it is.
func (c *Conversation) Continue(ctx context.Context) iter.Seq2[Piece, error] {
	return c.answered(ctx, func() error {
		last := len(c.turns) - 1
		if last < 0 {
			return errors.New("assistant: there is no answer that could go on")
		}
		if c.turns[last].Text == "" {
			c.another(last, Turn{})
			return nil
		}
		t := &c.turns[last]
		t.was, t.kept, t.State = t.State, len(t.Text), Writing
		return nil
	})
}

// given returns the tokens of the answer that is to go on, nil for a new one. They are those that were generated, if it
// was this model that did. A character of which they have only the half leaves the text: back is its bytes.
func (c *Conversation) given(l *loaded) (ids []tokenizer.ID, back int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, tok := &c.turns[len(c.turns)-1], l.model.Tokenizer()
	if t.Text == "" && len(t.ids) == 0 {
		return nil, 0
	}
	if t.model != l.id || t.ids == nil || !known(t.ids, tok) {
		t.ids, t.model = tok.Encode(t.Text), l.id
		return t.ids, 0
	}
	d := tokenizer.NewDecoder(tok)
	for _, id := range t.ids {
		d.Push(id)
	}
	if half := d.Flush(); half != "" && strings.HasSuffix(t.Text, half) {
		t.Text, back = strings.TrimSuffix(t.Text, half), len(half)
	}
	return t.ids, back
}

// Switch shows a version of a turn, 1 to Versions, and the newest of what was said after it.
func (c *Conversation) Switch(ctx context.Context, turn, version int) error {
	return c.alone(func() error {
		if err := c.checkTurn(turn); err != nil {
			return err
		}
		t := c.turns[turn]
		if version == t.Version {
			return nil
		}
		if err := c.save(ctx); err != nil {
			return err
		}
		tree, err := c.store.Tree(ctx, c.id)
		if err != nil {
			return unstored(err)
		}
		versions := tree.Below(tree.Above(t.id))
		if t.id == 0 || version < 1 || version > len(versions) {
			return fmt.Errorf("assistant: turn %d has no version %d of %d", turn, version, len(versions))
		}
		if err := c.store.Choose(ctx, c.id, versions[version-1]); err != nil {
			return unstored(err)
		}
		return c.reload(ctx)
	})
}

// Fork makes a new conversation of everything up to and including a turn. It is kept where this one is, and has its
// title.
func (c *Conversation) Fork(ctx context.Context, turn int) (fork *Conversation, err error) {
	err = c.alone(func() error {
		if err := c.checkTurn(turn); err != nil {
			return err
		}
		last := lastStored(c.turns[:turn+1])
		if err := c.save(ctx); err != nil {
			return err
		}
		switch s := c.store.(type) {
		case *memory:
			m, err := s.fork(last)
			if err != nil {
				return unstored(err)
			}
			fork = listed(c.runner, m, m.talk)
		case Store:
			v, err := s.Fork(ctx, c.id, last)
			if err != nil {
				return unstored(err)
			}
			fork = listed(c.runner, s, v)
		}
		return fork.Load(ctx)
	})
	if err != nil {
		return nil, err
	}
	return fork, nil
}

// RemoveTurn takes the question and the answer at a turn out of the conversation, with all versions of the answer.
// Nothing else goes: what follows stays. undo brings them back.
func (c *Conversation) RemoveTurn(ctx context.Context, turn int) (undo func(context.Context) error, err error) {
	err = c.alone(func() error {
		if err := c.checkTurn(turn); err != nil {
			return err
		}
		if err := c.save(ctx); err != nil {
			return err
		}
		ids, err := c.pair(ctx, turn)
		if err != nil {
			return err
		}
		leaf := lastStored(c.turns)
		if len(ids) > 0 {
			if err := c.store.DeleteMessages(ctx, c.id, ids...); err != nil {
				return unstored(err)
			}
		}
		err = c.reload(ctx)
		undo = c.undo(ids, leaf, lastStored(c.turns))
		return err
	})
	return undo, err
}

// pair lists the messages of the question and the answer at a turn, with all versions of the answer.
func (c *Conversation) pair(ctx context.Context, turn int) (ids []int64, err error) {
	question, answer := c.turns[turn&^1].id, c.turns[turn|1].id
	if question == 0 && answer == 0 {
		return nil, nil // it could not be stored
	}
	tree, err := c.store.Tree(ctx, c.id)
	if err != nil {
		return nil, unstored(err)
	}
	above := question
	if question != 0 {
		ids = append(ids, question)
	} else {
		above = tree.Above(answer)
	}
	for _, id := range tree.Below(above) {
		if tree.Role(id) == string(chat.Assistant) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// undo brings messages back. What was shown before, which ended with leaf, is shown again, unless something else than
// what ended with after has been chosen or said since.
func (c *Conversation) undo(ids []int64, leaf, after int64) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := c.Load(ctx); err != nil {
			return err
		}
		return c.alone(func() error {
			if err := c.save(ctx); err != nil {
				return err
			}
			if len(ids) == 0 {
				return nil
			}
			same := lastStored(c.turns) == after
			err := c.store.RestoreMessages(ctx, c.id, ids...)
			if err == nil && same {
				err = c.store.Choose(ctx, c.id, leaf)
			}
			if err != nil {
				return unstored(err)
			}
			return c.reload(ctx)
		})
	}
}

// Pin keeps the question and the answer at a turn in the model's view when others leave it, or no longer.
func (c *Conversation) Pin(ctx context.Context, turn int, pinned bool) error {
	return c.alone(func() error {
		if err := c.checkTurn(turn); err != nil {
			return err
		}
		pair := []int{turn &^ 1, turn | 1}
		var ids []int64
		for _, i := range pair {
			if id := c.turns[i].id; id != 0 {
				ids = append(ids, id)
			}
		}
		if err := c.store.PinMessages(ctx, pinned, ids...); err != nil {
			return unstored(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, i := range pair {
			c.turns[i].Pinned = pinned
		}
		return nil
	})
}

var _ Store = (*vault.Vault)(nil)
