package writing

import (
	"context"
	"strings"

	"lamplight/engine"
	"lamplight/engine/sample"
)

// condensing is what is done with the parts of a text that does not fit in one piece: what is asked about it is asked about
// the summaries of its parts.
var condensing = Action{ID: "condense", Name: "Condense", Does: Answers,
	Task: "Summarise the text in a few sentences. Keep names, numbers and dates. Use the language of the text. Answer with the summary only."}

// condense puts the summaries of its parts in the place of the one text that is left. ErrTooLong: that does not make it shorter.
func (w *work) condense(ctx context.Context, d *desk) error {
	whole := w.rest[0]
	rest := portions(whole.Text, portion(d.m))
	if len(rest) < 2 {
		return ErrTooLong
	}
	w.step.Total += len(rest)
	summaries := make(map[int]string, len(rest)) // by where the parts begin
	all := rest
	for len(rest) > 0 {
		asked, err := d.ask(condensing, "", rest)
		if err != nil {
			return err
		}
		err = d.answer(ctx, asked, sample.Params{}, func(_ string, tokens int) bool {
			w.step.Tokens += tokens
			return w.send()
		}, func(q question, r *reply) bool {
			summaries[q.Start] = clean(r.text, q.Text)
			w.step.Done++
			return w.send()
		})
		if err != nil {
			return err
		}
		rest = rest[len(asked):]
	}
	var shorter []string
	for _, p := range all {
		shorter = append(shorter, summaries[p.Start])
	}
	text := strings.TrimSpace(strings.Join(shorter, "\n"))
	if text == "" || len(text) >= len(whole.Text) {
		return ErrTooLong
	}
	w.rest[0].Text = text
	return nil
}

// portion is how long the parts of a text may be, in bytes: a byte is at most a token, and in most texts a quarter of one.
func portion(m *engine.Model) int { return min(m.Info().ContextLength, maxContext) / 4 }

// portions cuts a text into parts of at most so many bytes, at the ends of paragraphs or sentences.
func portions(text string, longest int) (list []Passage) {
	start := 0
	for start < len(text) {
		n := len(text) - start
		if n > longest {
			n = sentences(text[start:], longest)
			if i := strings.LastIndexByte(text[start:start+n], '\n'); i > n/2 {
				n = i + 1
			}
		}
		if p := strings.TrimSpace(text[start : start+n]); p != "" {
			list = append(list, Passage{Part: Part{start, start + n}, Text: p})
		}
		start += n
	}
	return list
}
