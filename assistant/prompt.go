package assistant

import (
	"fmt"
	"slices"

	"lamplight/engine/chat"
	"lamplight/tokenizer"
)

// overhead bounds the tokens that a layout puts around a turn, and around the whole prompt.
const overhead = 8

// reserve is the room that is kept for the answer: a quarter of the context, at most 512 tokens.
func reserve(context int) int { return min(context/4, 512) }

// prompt fits the conversation into the context window and returns its tokens. Turns that leave the model's
// view are marked. The answer that is to be written is the last turn and not part of it.
func (c *Conversation) prompt(l *loaded) ([]tokenizer.ID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	tok, context := l.model.Tokenizer(), l.session.ContextLength()
	said, answer := c.turns[:len(c.turns)-1], &c.turns[len(c.turns)-1]
	answer.model = l.id
	if answer.State == Writing {
		context -= len(answer.ids) // it goes on
	}

	first, tokens := fit(tok, said, c.first, context)
	if tokens > context-reserve(context) {
		return nil, fmt.Errorf("assistant: %d tokens, the context has %d with room for an answer: %w", tokens, context-reserve(context), ErrTooLong)
	}
	c.first = first
	for i := range said {
		said[i].Dropped = i < first
	}
	return render(l.model.Chat(), tok, l.id, said[first:])
}

// fit returns the first turn that the model is to see, at or after the one it saw last, and a bound on the
// tokens from there on. When the conversation has outgrown the context, enough goes to leave it half empty: a
// prompt whose beginning changes must be read anew, which should not happen with every question. Turns go in
// pairs, so that the user's always stands first; the last question stays.
func fit(tok tokenizer.Tokenizer, turns []Turn, first, context int) (from, tokens int) {
	tokens = overhead
	counts := make([]int, len(turns))
	for i := first; i < len(turns); i++ {
		if unanswered(turns, i) {
			continue
		}
		counts[i] = overhead + len(turns[i].ids)
		if turns[i].ids == nil {
			counts[i] += len(tok.Encode(turns[i].Text))
		}
		tokens += counts[i]
	}
	if tokens <= context-reserve(context) {
		return first, tokens
	}
	for tokens > context/2 && first+2 < len(turns) {
		tokens -= counts[first] + counts[first+1]
		first += 2
	}
	return first, tokens
}

// unanswered reports whether turn i belongs to a question, not the last, that got no answer: the model was
// stopped or failed before its first word. The layouts know no such thing, so the model does not see it.
func unanswered(turns []Turn, i int) bool {
	reply := i | 1
	return reply < len(turns) && turns[reply].Text == ""
}

// render lays the turns out, the first of which is the user's. An answer goes in as the tokens that were
// generated: encoding its text, which the layout also trims, can give others, and then the KV cache, which
// holds those that were generated, could not be used.
func render(format chat.Format, tok tokenizer.Tokenizer, model string, turns []Turn) ([]tokenizer.ID, error) {
	var messages []chat.Message
	var shown []Turn
	for i, t := range turns {
		if unanswered(turns, i) {
			continue
		}
		shown = append(shown, t)
		messages = append(messages, chat.Message{Role: t.Role, Text: t.Text})
	}
	segments, err := format.Render(messages, true)
	if err != nil {
		return nil, err
	}
	var ids []tokenizer.ID
	spoken := 0 // segments that are somebody's words: one for each turn
	for _, s := range segments {
		if s.Control {
			ids = append(ids, tok.EncodeWithSpecial(s.Text)...)
			continue
		}
		t := shown[spoken]
		spoken++
		if t.ids != nil && t.model == model && known(t.ids, tok) {
			ids = append(ids, t.ids...)
		} else {
			ids = append(ids, tok.Encode(s.Text)...)
		}
	}
	return ids, nil
}

// known reports whether a tokenizer has all of these tokens: those from a store may be anything.
func known(ids []tokenizer.ID, tok tokenizer.Tokenizer) bool {
	return !slices.ContainsFunc(ids, func(id tokenizer.ID) bool { return id < 0 || int(id) >= tok.Size() })
}
