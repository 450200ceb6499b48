package assistant

import (
	"fmt"
	"slices"
	"strings"

	"lamplight/assistant/attach"
	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/tokenizer"
)

// reserve is the room that is kept for the answer: a quarter of the context, at most 512 tokens.
func reserve(context int) int { return min(context/4, 512) }

// prompt fits the conversation into the context window and returns its tokens. Turns that leave the model's
// view are marked. The answer that is to be written is the last turn and not part of it.
func (c *Conversation) prompt(l *loaded) ([]tokenizer.ID, error) {
	set := c.chosen()
	system := set.system(l.card)
	c.mu.Lock()
	said, goesOn := slices.Clone(c.turns[:len(c.turns)-1]), len(c.turns[len(c.turns)-1].ids)
	c.mu.Unlock() // counting takes a while, and nothing is said meanwhile
	context := l.session.ContextLength()
	v := c.counter.view(l.reader, system, said, context)
	if goesOn > 0 && v.tokens+goesOn+reserve(context)/4 > context { // others leave only if there is no room at all
		if v = c.counter.view(l.reader, system, said, context, goesOn); v.over > 0 {
			return nil, fmt.Errorf("assistant: %d tokens are an answer and its question: %w", v.tokens, engine.ErrContextFull)
		}
	}
	if v.over > 0 {
		c.mark(c.counter.view(l.reader, system, said[:len(said)-1], context)) // what is refused lets nothing leave
		return nil, fmt.Errorf("assistant: %d tokens, %d more than the context has beside the answer: %w", v.tokens, v.over, ErrTooLong)
	}
	c.mark(v)
	c.mu.Lock()
	c.turns[len(c.turns)-1].model, c.system = l.id, system
	c.mu.Unlock()
	var seen []Turn
	for i, t := range said {
		if !v.dropped[i] {
			seen = append(seen, t)
		}
	}
	return l.reader.render(system, seen)
}

// mark marks the turns that have left the model's view.
func (c *Conversation) mark(v view) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range min(len(v.dropped), len(c.turns)) {
		c.turns[i].Dropped = v.dropped[i]
	}
}

// remark marks them again when other turns are there or pinned, if the conversation's model is in memory. Until it is,
// and the next question is asked, nobody knows.
func (c *Conversation) remark() {
	v, set := c.runner.tok.Load(), c.chosen()
	if v == nil || !c.runner.answers(v, set.model()) {
		return
	}
	c.mu.Lock()
	turns := slices.Clone(c.turns)
	c.mu.Unlock()
	c.mark(c.counter.view(v.reader, set.system(v.card), turns, v.context))
}

// unanswered reports whether turn i belongs to a question, not the last, that got no answer: the model was
// stopped or failed before its first word. The layouts know no such thing, so the model does not see it.
func unanswered(turns []Turn, i int) bool {
	reply := i | 1
	return reply < len(turns) && turns[reply].Text == "" && turns[reply].State != Writing
}

// reader is how a model reads a conversation.
type reader struct {
	tok    tokenizer.Tokenizer
	format chat.Format
	model  string // its ID: answers of its own go in as the tokens that it wrote

	// Tokens that the layout puts around what is said: in an empty prompt, and for each question and answer.
	empty, question, answer int
}

func newReader(tok tokenizer.Tokenizer, format chat.Format, model string) *reader {
	r := &reader{tok: tok, format: format, model: model}
	frame := func(roles ...chat.Role) int {
		var messages []chat.Message
		for _, role := range roles {
			messages = append(messages, chat.Message{Role: role})
		}
		segments, err := format.Render(messages, true)
		if err != nil {
			return 0 // no layout refuses a question, or one with its answer
		}
		return len(chat.Encode(tok, segments))
	}
	r.empty = frame()
	r.question = frame(chat.User) - r.empty
	r.answer = frame(chat.User, chat.Assistant) - r.empty - r.question
	return r
}

// render lays turns out, the first of which is the user's, after a system prompt, "" for none. An answer goes in as the
// tokens that were generated: encoding its text, which the layout also trims, can give others, and then the KV cache,
// which holds those that were generated, could not be used.
func (r *reader) render(system string, turns []Turn) ([]tokenizer.ID, error) {
	var messages []chat.Message
	var shown []Turn
	if system != "" {
		text := system
		if r.format == chat.Plain { // which puts nothing between messages
			text += paragraphEnd
			shown = append(shown, Turn{Role: chat.System})
		}
		messages = append(messages, chat.Message{Role: chat.System, Text: text})
	}
	for i, t := range turns {
		if unanswered(turns, i) {
			continue
		}
		shown = append(shown, t)
		messages = append(messages, chat.Message{Role: t.Role, Text: t.said()})
	}
	segments, err := r.format.Render(messages, true)
	if err != nil {
		return nil, err
	}
	var ids []tokenizer.ID
	spoken := 0 // segments that are somebody's words: one for each turn
	for _, s := range segments {
		if s.Control {
			ids = append(ids, r.tok.EncodeWithSpecial(s.Text)...)
			continue
		}
		t := shown[spoken]
		spoken++
		if r.wrote(t) {
			ids = append(ids, t.ids...)
			continue
		}
		for _, part := range parts(s.Text, system, t) {
			ids = append(ids, r.tok.Encode(part)...)
		}
	}
	return ids, nil
}

// wrote reports whether a turn is an answer whose tokens the model can take as they are.
func (r *reader) wrote(t Turn) bool {
	return t.ids != nil && t.model == r.model && known(t.ids, r.tok)
}

// paragraphEnd stands behind a system prompt and every file, in all layouts.
const paragraphEnd = "\n\n"

// parts cuts what a layout made of a turn where what can be counted by itself ends: behind the system prompt and behind
// each file. They are encoded one by one, so that a prompt has as many tokens as its parts.
func parts(text, system string, t Turn) (list []string) {
	cut := func(part string) {
		if rest, ok := strings.CutPrefix(text, part); ok {
			list, text = append(list, part), rest
		}
	}
	if system != "" && t.Role == chat.User {
		cut(system + paragraphEnd)
	}
	for _, f := range t.Files {
		cut(quote(f))
	}
	if text != "" {
		list = append(list, text)
	}
	return list
}

// said is what the model reads of a turn: its files, then its words.
func (t Turn) said() string {
	if len(t.Files) == 0 {
		return t.Text
	}
	var b strings.Builder
	for _, f := range t.Files {
		b.WriteString(quote(f))
	}
	b.WriteString(strings.TrimLeft(t.Text, "\n"))
	return b.String()
}

// quote gives a file to a model to read: its name, then its text between two fences, which are longer than any row of
// the same characters in the text. Small models know this form from Markdown.
func quote(f attach.File) string {
	fence := strings.Repeat("`", max(3, longestRow(f.Text, '`')+1))
	end := "\n"
	if strings.HasSuffix(f.Text, "\n") {
		end = ""
	}
	return "File: " + f.Name + "\n" + fence + "\n" + f.Text + end + fence + paragraphEnd
}

// longestRow is how often a character stands in s in a row, at most.
func longestRow(s string, c byte) int {
	longest, row := 0, 0
	for i := range len(s) {
		if s[i] != c {
			row = 0
			continue
		}
		row++
		longest = max(longest, row)
	}
	return longest
}

// known reports whether a tokenizer has all of these tokens: those from a store may be anything.
func known(ids []tokenizer.ID, tok tokenizer.Tokenizer) bool {
	return !slices.ContainsFunc(ids, func(id tokenizer.ID) bool { return id < 0 || int(id) >= tok.Size() })
}
