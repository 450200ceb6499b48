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

// Measure counts what would be sent if draft were asked now with these files: what leaves the model's view then is what
// it says. It reports false while the conversation's model is not in memory. It may take a while the first time, for what
// was said is counted, and is quick from then on.
func (c *Conversation) Measure(draft string, files ...attach.File) (Usage, bool) {
	v := c.runner.tok.Load()
	set := c.chosen()
	if v == nil || !c.runner.answers(v, set.model()) {
		return Usage{}, false
	}
	system := set.system(v.card)
	c.mu.Lock()
	turns, answering := slices.Clone(c.turns), c.answering
	c.mu.Unlock() // counting takes a while
	u := Usage{Context: v.context, Files: c.counter.ofFiles(v.reader, files)}
	seen := c.counter.view(v.reader, system, turns, v.context)
	u.Tokens = min(seen.tokens, u.Context) // an answer that has filled the context is no more than that
	if !answering && (strings.TrimSpace(draft) != "" || len(files) > 0) {
		asked := c.counter.view(v.reader, system, append(turns, Turn{Role: chat.User, Text: draft, Files: files}), v.context)
		u.Tokens, u.Over, u.TooLong = asked.tokens, asked.over, asked.over > 0
		if !u.TooLong { // what is refused lets nothing leave
			seen = asked
		}
	}
	for i, dropped := range seen.dropped {
		if dropped {
			u.Dropping = append(u.Dropping, i)
		}
	}
	u.Left = max(0, u.Context-u.Tokens)
	return u, true
}
