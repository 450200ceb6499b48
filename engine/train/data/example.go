package data

import (
	"errors"
	"fmt"
	"strings"

	"lamplight/engine/chat"
	"lamplight/engine/train"
	"lamplight/tokenizer"
)

// row makes an example of a row, or says why that is not possible.
func (p *preparer) row(r Row) (e train.Example, kind Kind, detail string) {
	if len(r.Messages) == 0 {
		if strings.TrimSpace(r.Text) == "" {
			return e, Empty, "no text"
		}
		e = p.text(r.Text)
	} else {
		for i, m := range r.Messages {
			if strings.TrimSpace(m.Text) == "" && m.Role != chat.System {
				return e, Empty, fmt.Sprintf("message %d has no text", i+1)
			}
		}
		if r.Messages[len(r.Messages)-1].Role != chat.Assistant {
			return e, Empty, "the last message is no answer"
		}
		var err error
		if e, err = p.conversation(r.Messages); errors.Is(err, chat.ErrOrder) {
			return e, Order, ""
		} else if err != nil {
			return e, Unreadable, err.Error()
		}
	}
	if len(e.Tokens) > p.o.MaxTokens {
		return e, TooLong, fmt.Sprintf("%d tokens, %d are possible", len(e.Tokens), p.o.MaxTokens)
	}
	return e, "", ""
}

// text learns everything, the end included.
func (p *preparer) text(text string) (e train.Example) {
	p.add(&e, p.o.Tokenizer.EncodeWithSpecial("<bos>"), false)
	p.add(&e, p.o.Tokenizer.Encode(text), true)
	p.end(&e)
	return e
}

// end adds the token that ends a text, if the vocabulary has one.
func (p *preparer) end(e *train.Example) {
	if id, ok := p.o.Tokenizer.Special("<eos>"); ok {
		p.add(e, []tokenizer.ID{id}, true)
	}
}

// conversation learns every answer and the token that ends it: the first one of the layout behind the answer. What
// follows the last one is left away.
func (p *preparer) conversation(messages []chat.Message) (e train.Example, err error) {
	segments, err := p.o.Format.Render(messages, false)
	if err != nil {
		return e, err
	}
	if messages[0].Role == chat.System && p.o.Format != chat.Plain {
		messages = messages[1:] // it has no turn of its own
	}
	answer, at := false, 0
	for i, s := range segments {
		if !s.Control {
			answer = messages[at].Role == chat.Assistant
			at++
			p.add(&e, p.o.Tokenizer.Encode(s.Text), answer)
			continue
		}
		ids := p.o.Tokenizer.EncodeWithSpecial(s.Text)
		if i == len(segments)-1 && len(ids) > 1 {
			ids = ids[:1]
		}
		first := len(e.Tokens)
		p.add(&e, ids, false)
		if answer && len(ids) > 0 {
			e.Target[first] = true
		}
		answer = false
	}
	if p.o.Format == chat.Plain {
		p.end(&e)
	}
	return e, nil
}

func (p *preparer) add(e *train.Example, ids []tokenizer.ID, target bool) {
	for _, id := range ids {
		e.Tokens = append(e.Tokens, id)
		e.Target = append(e.Target, target && len(e.Tokens) > 1)
	}
}
