package assistant

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lamplight/engine/adapter"
	"lamplight/engine/chat"
	"lamplight/tokenizer"
)

// ErrChances is returned when the probabilities of an answer cannot be known: its tokens or its receipt are not there, or
// the model or the prompt are no longer what they were.
var ErrChances = errors.New("how sure the model was cannot be known")

// Chance says how likely a token of an answer was, by the model's own probabilities: at temperature 1, of the whole
// vocabulary, without penalties.
type Chance struct {
	Text   string // what the token added to the answer; "" in the middle of a character
	P      float32
	Others []Other // at most five of the likeliest in its place, without the token itself, the likeliest first
}

// Other is a token that an answer might have had in the place of another.
type Other struct {
	ID   tokenizer.ID
	Text string
	P    float32
}

// maxOthers is how many other tokens a Chance has.
const maxOthers = 5

// sameUse reports whether an adapter has the same effect in both.
func sameUse(a, b adapter.Use) bool { return a.SHA256 == b.SHA256 && a.Strength == b.Strength }

// Chances returns how likely each token of an answer was, in their order: their texts together are the answer's. They
// are computed now, by the model that wrote the answer, which reads it once more in large steps; its logits are the
// same as when it wrote. It waits until nobody else works with the model. The error is [ErrChances] when they cannot be
// known.
func (c *Conversation) Chances(ctx context.Context, turn int) ([]Chance, error) {
	past, err := c.past(turn)
	if err != nil {
		return nil, fmt.Errorf("assistant: %w: %w", ErrChances, err)
	}
	r := c.runner
	if err := r.acquire(ctx); err != nil {
		return nil, err
	}
	defer r.release()
	l, err := r.loadModel(ctx, past.receipt.Model)
	if err != nil {
		return nil, err
	}
	prompt, changed, err := c.again(l, past)
	if err != nil {
		return nil, err
	}
	for _, d := range changed {
		if d.What == ModelFile || d.What == AdapterFiles || d.What == PromptTokens {
			return nil, fmt.Errorf("assistant: %w: %s was %.80q and is %.80q", ErrChances, d.What, d.Was, d.Is)
		}
	}
	session, done, err := l.sessionOf(past.receipt.Context)
	if err != nil {
		return nil, err
	}
	defer done()
	for _, part := range past.parts() { // an answer is read with what it was written with
		if !slices.EqualFunc(part.Adapters, past.receipt.Adapters, sameUse) {
			return nil, fmt.Errorf("assistant: %w: its parts were written with different adapters", ErrChances)
		}
	}
	if _, _, err := r.wear(l, session, past.receipt.Adapters); err != nil {
		return nil, err
	}
	chances := make([]Chance, 0, len(past.ids))
	tok := l.model.Tokenizer()
	decoder := tokenizer.NewDecoder(tok)
	for chance, err := range session.Chances(ctx, prompt, past.ids, maxOthers) {
		if err != nil {
			return nil, err
		}
		n := Chance{P: chance.P}
		for _, o := range chance.Others {
			n.Others = append(n.Others, Other{ID: o.ID, Text: decoder.Peek(o.ID), P: o.P})
		}
		n.Text = decoder.Push(past.ids[len(chances)])
		chances = append(chances, n)
	}
	chances[len(chances)-1].Text += decoder.Flush()
	return chances, nil
}

// past is an answer as it stands, and what it was made from.
type past struct {
	turns   []Turn // what was said before it
	ids     []tokenizer.ID
	state   State
	receipt Receipt
}

// past returns the answer at turn. What is not known of it is an error.
func (c *Conversation) past(turn int) (past, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if turn < 0 || turn >= len(c.turns) || c.turns[turn].Role != chat.Assistant {
		return past{}, fmt.Errorf("turn %d is no answer", turn)
	}
	t := c.turns[turn]
	switch {
	case t.State == Writing:
		return past{}, ErrAnswering
	case len(t.ids) == 0 || t.Receipt == nil:
		return past{}, fmt.Errorf("turn %d has no receipt", turn)
	case t.Receipt.Given < 0 || t.Receipt.Given > len(t.ids):
		return past{}, fmt.Errorf("turn %d has the receipt of another answer", turn)
	}
	return past{turns: append([]Turn(nil), c.turns[:turn]...), ids: t.ids, state: t.State, receipt: *t.Receipt}, nil
}
