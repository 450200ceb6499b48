package tuning

import (
	"context"
	"path/filepath"
	"strings"

	"lamplight/assistant/writing"
	"lamplight/engine/chat"
	"lamplight/engine/train"
	"lamplight/engine/train/data"
	"lamplight/tokenizer"
)

// ReadFile reads examples of a file, see [data.ReadFile].
func ReadFile(path string) (Source, error) {
	rows, problems, err := data.ReadFile(path)
	return Source{Name: filepath.Base(path), Rows: rows, Problems: problems}, err
}

// Accepted makes examples of the edits that the user has accepted: the passage as it was, and as they wanted it.
func Accepted(ctx context.Context, s writing.Store) (Source, error) {
	pairs, err := writing.Accepted(ctx, s)
	if err != nil {
		return Source{}, err
	}
	var all Source
	for i, p := range pairs {
		all.Rows = append(all.Rows, data.Row{Line: i + 1, Messages: []chat.Message{{Role: chat.User, Text: p.Prompt}, {Role: chat.Assistant, Text: p.Answer}}})
	}
	return all, nil
}

// Problem is a row that is left out.
type Problem struct {
	data.Problem
	Source int // of the lesson
}

// Prepared is a lesson as a model would get it.
type Prepared struct {
	Base     *Base
	Settings Settings // those that were given, with what is usual in the place of zeros
	Report   data.Report
	Problems []Problem
	Need     int64 // bytes of memory

	train, held []train.Example
}

// Prepare lays the examples out as the model will see them, says what is wrong with them, and chooses the settings that
// were not given. [ErrNoExamples]: nothing of them can be learnt; what is wrong is said all the same.
func Prepare(b *Base, l Lesson, s Settings) (*Prepared, error) {
	rows, lines := numbered(l)
	p := &Prepared{Base: b, Settings: s.filled(len(rows), b)}
	set := data.Prepare(rows, nil, data.Options{Tokenizer: b.tok, Format: b.format, MaxTokens: p.Settings.MaxTokens, HoldBack: p.Settings.HoldBack, Seed: p.Settings.Seed})
	p.train, p.held, p.Report = set.Train, set.Held, set.Report
	for i, s := range l.Sources {
		for _, wrong := range s.Problems {
			p.Problems = append(p.Problems, Problem{wrong, i})
		}
	}
	for _, wrong := range set.Report.Problems {
		at := lines[wrong.Line-1]
		wrong.Line = at.line
		p.Problems = append(p.Problems, Problem{wrong, at.source})
	}
	p.Report.Problems = nil
	if len(p.train) == 0 {
		return p, ErrNoExamples
	}
	p.Settings = s.filled(len(p.train), b)
	need, err := train.Need(b.Path, p.Report.Longest, p.options())
	p.Need = need
	return p, err
}

// place is where a row stands.
type place struct{ source, line int }

// numbered puts the rows of all sources one after the other, with numbers of their own.
func numbered(l Lesson) (rows []data.Row, places []place) {
	for i, s := range l.Sources {
		for _, r := range s.Rows {
			places = append(places, place{i, r.Line})
			r.Line = len(places)
			rows = append(rows, r)
		}
	}
	return rows, places
}

// Examples is how many there are: those to learn from first, then those that are held back.
func (p *Prepared) Examples() int { return len(p.train) + len(p.held) }

// Piece is a part of an example that is learnt, or that is only read.
type Piece struct {
	Text   string
	Learnt bool
}

// Example returns an example as the model gets it, its control tokens in their spelling, and whether it is held back.
func (p *Prepared) Example(i int) (pieces []Piece, tokens int, held bool) {
	list := p.train
	if held = i >= len(p.train); held {
		i -= len(p.train)
		list = p.held
	}
	e := list[i]
	for at := 0; at < len(e.Tokens); {
		end := at + 1
		for end < len(e.Tokens) && e.Target[end] == e.Target[at] {
			end++
		}
		pieces = append(pieces, Piece{p.Base.spell(e.Tokens[at:end]), e.Target[at]})
		at = end
	}
	return pieces, len(e.Tokens), held
}

// spell writes tokens down, those that have no text as the vocabulary spells them.
func (b *Base) spell(ids []tokenizer.ID) string {
	var text []byte
	for _, id := range ids {
		if b.tok.Kind(id) == tokenizer.Control {
			text = append(text, b.tok.Text(id)...)
		} else {
			text = b.tok.AppendBytes(text, id)
		}
	}
	return strings.ToValidUTF8(string(text), "\ufffd")
}

// question parts an example at its last answer: what is asked, and what should be answered, without the token that ends it.
// A text that is learnt from its beginning is parted in its middle.
func question(e train.Example) (asked, answer []tokenizer.ID) {
	end := len(e.Tokens)
	at := end
	for at > 1 && e.Target[at-1] {
		at--
	}
	if at <= 1 {
		at = (end + 1) / 2
	}
	return e.Tokens[:at], e.Tokens[at : end-1]
}
