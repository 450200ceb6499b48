package assistant

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"lamplight/engine/chat"
	"lamplight/tokenizer"
)

// Branch makes a new version of the answer at a turn: the same up to a token, then another one in its place, such as an
// [Other] of [Conversation.Chances], and then what the model goes on with. It is written by the model that wrote the
// answer, and yielded as Ask does; the first piece with text is what the two versions have in common.
func (c *Conversation) Branch(ctx context.Context, turn, token int, other tokenizer.ID) iter.Seq2[Piece, error] {
	return c.answered(ctx, func() error {
		if err := c.checkTurn(turn, chat.Assistant); err != nil {
			return err
		}
		old := c.turns[turn]
		if token < 0 || token >= len(old.ids) {
			return fmt.Errorf("assistant: the answer at turn %d has no token %d among %d", turn, token, len(old.ids))
		}
		c.another(turn, Turn{ids: append(slices.Clone(old.ids[:token]), other), model: old.model})
		return nil
	})
}

// branch returns the last turn if it is a branch without its text: only the model that wrote it has the words for its
// tokens. The caller has the lock.
func (c *Conversation) branch() (t *Turn, ok bool) {
	t = &c.turns[len(c.turns)-1]
	return t, t.Text == "" && len(t.ids) > 0
}

// writtenBy is the ID of the model that must write the answer, "" when any may.
func (c *Conversation) writtenBy() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.branch(); ok {
		return t.model
	}
	return ""
}

// spell gives the text of its tokens to a branch, and returns it.
func (c *Conversation) spell(l *loaded) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.branch()
	if !ok {
		return "", nil
	}
	if t.model != l.id || !known(t.ids, l.model.Tokenizer()) {
		return "", fmt.Errorf("assistant: the tokens are those of %s: %w", t.model, ErrChances)
	}
	switch kind := l.model.Tokenizer().Kind(t.ids[len(t.ids)-1]); kind {
	case tokenizer.Control, tokenizer.Unused, tokenizer.Unknown:
		return "", fmt.Errorf("assistant: token %d is never part of an answer", t.ids[len(t.ids)-1])
	}
	decoder := tokenizer.NewDecoder(l.model.Tokenizer())
	for _, id := range t.ids {
		t.Text += decoder.Push(id)
	}
	return t.Text, nil
}

// spell sends what a branch has in common with the answer that it is a version of.
func (a *answer) spell(l *loaded) error {
	text, err := a.c.spell(l)
	if err != nil || text == "" {
		return err
	}
	return a.send(Piece{Stage: Answering, Text: text})
}
