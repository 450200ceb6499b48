// Package chat lays a conversation out as the prompt a model was trained on.
//
//	segments, err := chat.Gemma.Render(messages, true)
//	ids := chat.Encode(tok, segments)
//
// A prompt is a list of segments: the layout's own text, whose control tokens are parsed, and the words of
// people and models, which are only ever text. A message that says <end_of_turn> can therefore not end its
// turn. Templates that come inside model files are programs from strangers; they are looked at to recognize
// the layout and never run.
package chat

import (
	"errors"
	"fmt"
	"strings"

	"lamplight/tokenizer"
)

// Role says who speaks.
type Role string

// The roles of a conversation.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
)

// Message is one turn of a conversation.
type Message struct {
	Role Role   `json:"role"`
	Text string `json:"content"`
}

// Format is the layout of a prompt.
type Format uint8

// The layouts.
const (
	Plain Format = iota // a base model: the text and nothing else
	Gemma               // Gemma 3: <start_of_turn>user … <end_of_turn>
)

// ErrOrder is returned for a conversation that the layout cannot express: turns must alternate between user
// and assistant, beginning with the user, after at most one system message.
var ErrOrder = errors.New("the turns of the conversation are out of order")

// Detect chooses the layout by the markers in the model's own template, and by the architecture when the file
// has none: what was converted without its template was most often trained with it all the same.
func Detect(architecture, template string) Format {
	if strings.HasPrefix(architecture, "gemma") && (template == "" || strings.Contains(template, "<start_of_turn>")) {
		return Gemma
	}
	return Plain
}

// Segment is a part of a prompt.
type Segment struct {
	Text    string
	Control bool // from the layout: control tokens in it are parsed
}

// Render lays the messages out. With generate the prompt ends where the model's answer begins.
func (f Format) Render(messages []Message, generate bool) ([]Segment, error) {
	if f == Gemma {
		return renderGemma(messages, generate)
	}
	segments := []Segment{{Text: "<bos>", Control: true}}
	for _, m := range messages {
		segments = append(segments, Segment{Text: m.Text})
	}
	return segments, nil
}

// Text returns the prompt as one string, as the model's own template renders it.
func Text(segments []Segment) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Encode returns the tokens of a prompt.
func Encode(t tokenizer.Tokenizer, segments []Segment) []tokenizer.ID {
	var ids []tokenizer.ID
	for _, s := range segments {
		if s.Control {
			ids = append(ids, t.EncodeWithSpecial(s.Text)...)
		} else {
			ids = append(ids, t.Encode(s.Text)...)
		}
	}
	return ids
}

// renderGemma follows the chat template of google/gemma-3: there is no system role, its text stands before
// the first user message; bodies are trimmed, the system text is not.
func renderGemma(messages []Message, generate bool) ([]Segment, error) {
	prefix := ""
	if len(messages) > 0 && messages[0].Role == System {
		prefix = messages[0].Text + "\n\n"
		messages = messages[1:]
		if len(messages) == 0 {
			return nil, fmt.Errorf("chat: a system message and no other: %w", ErrOrder)
		}
	}
	head := "<bos>" // together with the next turn's start: one segment of the layout
	var segments []Segment
	for i, m := range messages {
		role, want := "user", User
		if i%2 == 1 {
			role, want = "model", Assistant
		}
		if m.Role != want {
			return nil, fmt.Errorf("chat: message %d is from %q, it is the turn of %q: %w", i+1, m.Role, want, ErrOrder)
		}
		segments = append(segments,
			Segment{Text: head + "<start_of_turn>" + role + "\n", Control: true},
			Segment{Text: prefix + trim(m.Text)})
		head, prefix = "<end_of_turn>\n", ""
	}
	if generate {
		head += "<start_of_turn>model\n"
	}
	return append(segments, Segment{Text: head, Control: true}), nil
}

// trim removes what Python's str.strip removes, as the template's trim does: Unicode white space and the
// four separators U+001C to U+001F.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		switch {
		case r >= '\t' && r <= '\r', r >= 0x1C && r <= ' ', r == 0x85, r == 0xA0, r == 0x1680,
			r >= 0x2000 && r <= 0x200A, r == 0x2028, r == 0x2029, r == 0x202F, r == 0x205F, r == 0x3000:
			return true
		}
		return false
	})
}
