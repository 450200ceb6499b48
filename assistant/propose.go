package assistant

import (
	"cmp"
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/engine/sample"
	"lamplight/tokenizer"
)

const (
	titleTokens  = 12   // of a proposed title, at most
	titleContext = 640  // tokens of the session that proposes it
	titleExcerpt = 1200 // bytes of the question, and of the answer, that it is made of
)

// ProposeTitle lets the conversation's model say in a few words what its first question and answer are about. It is ""
// when nothing usable came of it. The model reads that in a session of its own, so the KV cache stays as it is.
func (c *Conversation) ProposeTitle(ctx context.Context) (string, error) {
	c.mu.Lock()
	unread, turns := c.unread, c.turns[:min(2, len(c.turns)):min(2, len(c.turns))]
	var question, answer string
	if len(turns) == 2 {
		question, answer = cmp.Or(turns[0].Text, turns[0].said()), turns[1].Text
	}
	c.mu.Unlock()
	if unread {
		return "", ErrUnread
	}
	if question == "" || answer == "" {
		return "", nil
	}
	r := c.runner
	if err := r.acquire(ctx); err != nil {
		return "", err
	}
	defer r.release()
	l, err := r.loadFor(ctx, c.chosen().model())
	if err != nil {
		return "", err
	}
	length := min(titleContext, l.model.Info().ContextLength)
	prompt, err := titlePrompt(l, question, answer, length-titleTokens)
	if err != nil || prompt == nil {
		return "", err
	}
	session, err := l.model.NewSession(engine.SessionOptions{ContextLength: length})
	if err != nil {
		return "", err
	}
	defer session.Close()
	tok := l.model.Tokenizer()
	d, said, n := tokenizer.NewDecoder(tok), "", 0
	for token, err := range session.Generate(ctx, prompt, engine.GenerateOptions{MaxTokens: titleTokens, Sampling: sample.Params{}}) {
		if err != nil {
			return "", err
		}
		if said, n = said+d.Push(token.ID), n+1; strings.Contains(strings.TrimSpace(said), "\n") {
			break
		}
	}
	return asTitle(said, n == titleTokens), nil
}

// titlePrompt asks for a title, with as much of the question and the answer as room allows; nil when that is nothing.
func titlePrompt(l *loaded, question, answer string, room int) ([]tokenizer.ID, error) {
	for n := titleExcerpt; n >= 16; n /= 2 {
		text := "Write a title for this conversation: two to six words, in its language. Answer with the title alone.\n\n" +
			"Question: " + excerpt(question, n) + "\n\nAnswer: " + excerpt(answer, n)
		segments, err := l.model.Chat().Render([]chat.Message{{Role: chat.User, Text: text}}, true)
		if err != nil {
			return nil, err
		}
		if prompt := chat.Encode(l.model.Tokenizer(), segments); len(prompt) <= room {
			return prompt, nil
		}
	}
	return nil, nil
}

// excerpt is the beginning of a text, at most n bytes of it.
func excerpt(text string, n int) string {
	text = strings.TrimSpace(text)
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}

// asTitle makes a title of what a model has said, "" if that is no title. cut says that it might have gone on.
func asTitle(said string, cut bool) string {
	line, _, whole := strings.Cut(strings.TrimSpace(said), "\n")
	words := strings.Fields(line)
	if cut && !whole && len(words) > 2 {
		words = words[:len(words)-1] // it may be half a word
	}
	line = strings.Join(words, " ")
	const marks = "\"'`*_#“”„«»‹›‘’「」『』《》 "
	bare := func() { line = strings.Trim(strings.TrimRight(line, ".。,，;；:： "), marks) }
	bare()
	if before, after, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.Trim(before, marks), "title") {
		line = after
	}
	bare()
	bare() // a period within quotation marks
	if r := []rune(line); len(r) > maxTitle {
		line = string(r[:maxTitle])
		if i := strings.LastIndex(line, " "); i > 0 {
			line = line[:i]
		}
		bare()
	}
	if !sensible(line) {
		return ""
	}
	return line
}

// sensible reports whether a line may be a title: it has letters, no broken characters, and does not say the same again
// and again.
func sensible(line string) bool {
	letters, row := 0, 0
	var last rune
	for _, r := range line {
		if r == utf8.RuneError || unicode.IsControl(r) || strings.ContainsRune("<>{}[]|\\", r) {
			return false
		}
		if unicode.IsLetter(r) {
			letters++
		}
		if row++; r != last {
			last, row = r, 1
		}
		if row > 3 {
			return false
		}
	}
	words := strings.Fields(strings.ToLower(line))
	different := map[string]bool{}
	for i, w := range words {
		if i >= 2 && w == words[i-1] && w == words[i-2] {
			return false
		}
		different[w] = true
	}
	return letters >= 2 && 2*len(different) > len(words)
}
