package assistant

import (
	"slices"
	"strings"

	"lamplight/assistant/attach"
	"lamplight/engine/chat"
)

// Usage is how much of the context a draft would need.
type Usage struct {
	Tokens   int   // of the conversation with the draft, as far as the model would see it
	Context  int   // tokens
	Left     int   // tokens that are free beside Tokens, for the answer first of all
	Dropping []int // turns that have left the model's view, or would leave it, in order
	TooLong  bool  // the draft would be refused: ErrTooLong
	Over     int   // tokens that must go before it would not be
	Files    []int // tokens of each of the files
}

// Measure counts what would be sent if draft were asked now with these files. It reports false while no model is in
// memory.
func (c *Conversation) Measure(draft string, files ...attach.File) (Usage, bool) {
	v := c.runner.tok.Load()
	if v == nil {
		return Usage{}, false
	}
	c.mu.Lock()
	turns, first, answering := slices.Clone(c.turns), c.first, c.answering
	c.mu.Unlock() // counting takes a while
	asks := strings.TrimSpace(draft) != "" && !answering
	if asks {
		turns = append(turns, Turn{Role: chat.User, Text: draft, Files: files})
	}
	first, tokens := fit(v.Tokenizer, turns, first, v.context)
	limit := v.context - reserve(v.context)
	u := Usage{Tokens: tokens, Context: v.context, TooLong: asks && tokens > limit, Over: max(0, tokens-limit)}
	for i := range first {
		u.Dropping = append(u.Dropping, i)
	}
	if !asks { // an answer that has filled the context is no more than that, whatever the bound on its tokens says
		u.Tokens, u.Over = min(u.Tokens, u.Context), 0
	}
	u.Left = max(0, u.Context-u.Tokens)
	return u, true
}
