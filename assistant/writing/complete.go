package writing

import (
	"context"
	"strings"
	"unicode"

	"lamplight/engine"
	"lamplight/tokenizer"
)

// Bounds of a completion.
const (
	maxRead      = 1200 // characters before the cursor
	maxCompleted = 24   // tokens
)

// Complete returns how a text might go on: the rest of its sentence, or some words of it, never beyond the end of the
// line; "" when the model has nothing to say. Nothing but the text is put before the model.
func Complete(ctx context.Context, lend Lend, before string) (completion string, err error) {
	err = lend(ctx, func(m *engine.Model, _ func() bool) error {
		var ids []tokenizer.ID
		if bos, ok := m.BOS(); ok {
			ids = append(ids, bos)
		}
		// A vocabulary has words with the space before them: the space goes with the completion.
		read := strings.TrimRight(tail(before, maxRead), " ")
		spaces := strings.HasSuffix(before, " ")
		if ids = append(ids, m.Tokenizer().Encode(read)...); len(ids) == 0 {
			return nil
		}
		s, err := m.NewSession(engine.SessionOptions{ContextLength: len(ids) + maxCompleted + 1})
		if err != nil {
			return err
		}
		defer s.Close()
		decoder := tokenizer.NewDecoder(m.Tokenizer())
		for token, err := range s.Generate(ctx, ids, engine.GenerateOptions{MaxTokens: maxCompleted}) {
			if err != nil {
				return err
			}
			completion += decoder.Push(token.ID)
			if n := completed(completion); n >= 0 {
				completion = completion[:n]
				break
			}
		}
		if spaces {
			completion = strings.TrimLeft(completion, " ")
		}
		completion = strings.TrimRightFunc(completion, unicode.IsSpace)
		return nil
	})
	if err != nil || strings.ContainsRune(completion, '\ufffd') {
		return "", err
	}
	return completion, nil
}

// tail is the end of a text, at most n characters.
func tail(text string, n int) string {
	runes := []rune(text)
	return string(runes[max(0, len(runes)-n):])
}

// completed is where a completion ends: before the end of the line, or behind the end of the sentence; -1: it goes on.
func completed(text string) int {
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	for i, r := range text {
		switch {
		case strings.ContainsRune("。！？", r):
			return i + len(string(r))
		case strings.ContainsRune(".!?", r) && i+1 < len(text) && text[i+1] == ' ':
			return i + 1
		}
	}
	return -1
}
