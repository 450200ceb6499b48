package writing

import (
	"strings"
	"unicode/utf8"

	"lamplight/engine/chat"
)

// Lengths of the context around a passage, in characters.
const (
	maxBefore = 300
	maxAfter  = 150
)

// Prompt is what a model is asked for a passage: the task with its examples as turns that were answered already, so that they
// are the same for all passages, then the passage. asked is the user's answer, if the action asks for one.
func (a Action) Prompt(p Passage, asked string) []chat.Message {
	task := a.task(asked)
	var messages []chat.Message
	for _, e := range a.Examples {
		messages = append(messages,
			chat.Message{Role: chat.User, Text: task + "\n\nText:\n" + e.Text},
			chat.Message{Role: chat.Assistant, Text: e.Answer})
	}
	var b strings.Builder
	b.WriteString(task)
	if p.Before != "" {
		b.WriteString("\n\nWhat stands before it, only to understand it:\n" + p.Before)
	}
	if p.After != "" {
		b.WriteString("\n\nWhat comes after it, only to understand it:\n" + p.After)
	}
	b.WriteString("\n\nText:\n" + p.Text)
	return append(messages, chat.Message{Role: chat.User, Text: b.String()})
}

// task is what is asked for, with the user's answer in it.
func (a Action) task(asked string) string {
	return strings.ReplaceAll(a.Task, slot, strings.TrimSpace(asked))
}

// lastOf is the end of a text, from the beginning of a word on, at most n characters.
func lastOf(text string, n int) string {
	text = strings.TrimSpace(text)
	cut := len(text)
	for range n {
		if cut == 0 {
			return text
		}
		_, size := utf8.DecodeLastRuneInString(text[:cut])
		cut -= size
	}
	if cut == 0 {
		return text
	}
	if i := strings.IndexAny(text[cut:], " \n"); i >= 0 {
		cut += i
	}
	return "…" + strings.TrimSpace(text[cut:])
}

// firstOf is the beginning of a text, up to the end of a word, at most n characters.
func firstOf(text string, n int) string {
	text = strings.TrimSpace(text)
	cut := 0
	for range n {
		if cut == len(text) {
			return text
		}
		_, size := utf8.DecodeRuneInString(text[cut:])
		cut += size
	}
	if cut == len(text) {
		return text
	}
	if i := strings.LastIndexAny(text[:cut], " \n"); i > 0 {
		cut = i
	}
	return strings.TrimSpace(text[:cut]) + "…"
}

// labels are what small models put before an answer though they were asked for nothing but the answer.
var labels = []string{"text:", "corrected text:", "corrected:", "rewritten text:", "new text:", "answer:", "translation:", "summary:", "title:", "output:", "changed text:", "shorter text:", "longer text:"}

// clean takes from an answer what is not part of it: spaces around it, a label, quotation marks or a fence that the text does
// not have.
func clean(answer, text string) string {
	answer = strings.TrimSpace(strings.ToValidUTF8(answer, "\ufffd"))
	text = strings.TrimSpace(text)
	if s, ok := strings.CutPrefix(answer, "```"); ok && !strings.HasPrefix(text, "```") && strings.HasSuffix(s, "```") {
		s = strings.TrimSuffix(s, "```")
		if _, rest, ok := strings.Cut(s, "\n"); ok {
			answer = strings.TrimSpace(rest)
		}
	}
	for _, l := range labels {
		if len(answer) > len(l) && strings.EqualFold(answer[:len(l)], l) && !(len(text) >= len(l) && strings.EqualFold(text[:len(l)], l)) {
			answer = strings.TrimSpace(answer[len(l):])
			break
		}
	}
	for _, q := range [][2]string{{`"""`, `"""`}, {`"`, `"`}, {"“", "”"}, {"«", "»"}, {"„", "“"}} {
		if len(answer) > len(q[0])+len(q[1]) && strings.HasPrefix(answer, q[0]) && strings.HasSuffix(answer, q[1]) && !strings.HasPrefix(text, q[0]) {
			if inner := answer[len(q[0]) : len(answer)-len(q[1])]; !strings.Contains(inner, q[0]) {
				answer = strings.TrimSpace(inner)
			}
		}
	}
	return answer
}
