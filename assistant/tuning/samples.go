package tuning

import (
	"context"
	"errors"
	"slices"
	"strings"

	"lamplight/engine"
	"lamplight/tokenizer"
)

// Borrower works with a model that was lent. wanted says that somebody else waits for it: then it should return soon, and is
// called again.
type Borrower func(m *engine.Model, wanted func() bool) error

// errWanted ends a loan because somebody else waits for the model. It never leaves the package.
var errWanted = errors.New("somebody waits for the model")

// Bounds of what is asked before and after.
const (
	mostAsked  = 40   // questions
	mostTokens = 1500 // that the answers should have, all together
	leastAsked = 4
	shown      = 6 // questions of which the answers are kept
)

// quiz are the questions that are asked before and after: examples that were held back, or else some that were learnt, which
// says less.
type quiz struct {
	asked, expected [][]tokenizer.ID
	answers         []string
}

func (p *Prepared) quiz() *quiz {
	list := p.held
	if len(list) == 0 {
		list = p.train[:min(len(p.train), shown)]
	}
	q := &quiz{}
	tokens := 0
	for _, e := range list[:min(len(list), mostAsked)] {
		asked, expected := question(e)
		if tokens += len(expected); tokens > mostTokens && len(q.asked) >= leastAsked {
			break
		}
		q.asked, q.expected = append(q.asked, asked), append(q.expected, expected)
	}
	return q
}

// ask has the model answer, question by question, until somebody else waits for it. tell is told how many have been answered.
func (q *quiz) ask(ctx context.Context, m *engine.Model, s *engine.Session, wanted func() bool, tell func(int)) error {
	for len(q.answers) < len(q.asked) {
		if wanted() {
			return errWanted
		}
		i := len(q.answers)
		var ids []tokenizer.ID
		most := min(2*len(q.expected[i])+16, s.ContextLength()-len(q.asked[i]))
		if most > 0 {
			for t, err := range s.Generate(ctx, q.asked[i], engine.GenerateOptions{MaxTokens: most}) {
				if errors.Is(err, engine.ErrContextFull) {
					break
				}
				if err != nil {
					return err
				}
				ids = append(ids, t.ID)
			}
		}
		q.answers = append(q.answers, m.Tokenizer().Decode(ids))
		tell(len(q.answers))
	}
	return nil
}

// score compares the answers with what was expected, whatever the white space around them.
func (q *quiz) score(b *Base) (s Score) {
	for i, a := range q.answers {
		s.Of++
		if strings.TrimSpace(a) == strings.TrimSpace(b.tok.Decode(q.expected[i])) {
			s.Right++
		}
	}
	return s
}

// samples are the first questions, without what the layout puts around them.
func (q *quiz) samples(b *Base) (list []Sample) {
	for i := range q.asked[:min(len(q.asked), shown)] {
		list = append(list, Sample{Asked: b.lastAsked(q.asked[i]), Expected: b.tok.Decode(q.expected[i])})
	}
	return list
}

// lastAsked is the text of the last turn before the answer: what stands between the control tokens there.
func (b *Base) lastAsked(ids []tokenizer.ID) string {
	var parts []string
	for _, part := range slices.Collect(chunks(ids, func(id tokenizer.ID) bool { return b.tok.Kind(id) == tokenizer.Control })) {
		if text := strings.TrimSpace(b.tok.Decode(part)); text != "" {
			parts = append(parts, text)
		}
	}
	switch n := len(parts); {
	case n == 0:
		return ""
	case n == 1:
		return parts[0]
	default: // the last part is the name of whose turn it is, the one before begins with one
		_, text, found := strings.Cut(parts[n-2], "\n")
		if !found {
			text = parts[n-2]
		}
		return text
	}
}

// chunks yields what lies between the ids that part says to be a boundary.
func chunks(ids []tokenizer.ID, part func(tokenizer.ID) bool) func(func([]tokenizer.ID) bool) {
	return func(yield func([]tokenizer.ID) bool) {
		at := 0
		for i := 0; i <= len(ids); i++ {
			if i == len(ids) || part(ids[i]) {
				if !yield(ids[at:i]) {
					return
				}
				at = i + 1
			}
		}
	}
}
