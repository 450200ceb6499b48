// Package data makes examples for training of the files that people have: conversations, prompts with their answers,
// plain texts.
//
//	rows, problems, err := data.ReadFile("examples.jsonl")
//	set := data.Prepare(rows, nil, data.Options{Tokenizer: tok, Format: format, MaxTokens: 512, HoldBack: 0.1})
//
// What is wrong with a row is reported with its line, and the row is left out. What people wrote is only ever text: a row
// that says <end_of_turn> does not end its turn.
package data

import (
	"crypto/sha256"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"

	"lamplight/engine/chat"
	"lamplight/engine/train"
	"lamplight/tokenizer"
)

// Row is an example as its file has it: a conversation, or a plain text.
type Row struct {
	Line     int // of the file, or the number of the record; counted from 1
	Messages []chat.Message
	Text     string // if there are no messages
}

// Kind says what is wrong with a row.
type Kind string

// The kinds of problems. Rows with any of them are left out.
const (
	Unreadable Kind = "unreadable" // no JSON or CSV, or of no shape that is known
	Empty      Kind = "empty"      // nothing to learn: no answer, or only white space
	Order      Kind = "order"      // turns that do not alternate
	TooLong    Kind = "too long"   // more tokens than a pass over the weights takes
	Duplicate  Kind = "duplicate"  // the same as a row before
	Leak       Kind = "leak"       // held back for evaluation, and its question is learnt from too
)

// Problem is a row that is left out.
type Problem struct {
	Line   int    `json:"line"`
	Held   bool   `json:"held,omitempty"` // it is in the file of those held back
	Kind   Kind   `json:"kind"`
	Detail string `json:"detail,omitempty"` // never with the words of the row
}

// Report says what a data set is like.
type Report struct {
	Train    int       `json:"train"`   // examples to learn from
	Held     int       `json:"held"`    // examples held back
	Tokens   int       `json:"tokens"`  // of the examples to learn from
	Targets  int       `json:"targets"` // tokens among them that are learnt
	Longest  int       `json:"longest"` // tokens of the longest example
	Problems []Problem `json:"problems"`
}

// Options say how rows become examples.
type Options struct {
	Tokenizer tokenizer.Tokenizer
	Format    chat.Format
	MaxTokens int     // of an example
	HoldBack  float64 // the part of the questions that is held back where no rows are given for that
	Seed      uint64  // of their choice
}

// Set is what training takes.
type Set struct {
	Train, Held []train.Example
	Report      Report
}

// Prepare makes examples of rows, and of held, if there are any, those to evaluate with.
func Prepare(rows, held []Row, o Options) Set {
	p := preparer{o: o, whole: map[key]bool{}}
	learn := p.rows(rows, false)
	var back []prepared
	if len(held) > 0 {
		back = p.rows(held, true)
	} else {
		learn, back = split(learn, o)
	}
	asked := map[key]bool{}
	for _, e := range learn {
		asked[e.question] = true
		p.set.Train = append(p.set.Train, e.Example)
		p.set.Report.Tokens += len(e.Tokens)
		for _, t := range e.Target {
			if t {
				p.set.Report.Targets++
			}
		}
	}
	for _, e := range back {
		if asked[e.question] {
			p.problem(e.line, true, Leak, "")
			continue
		}
		p.set.Held = append(p.set.Held, e.Example)
	}
	for _, e := range slices.Concat(p.set.Train, p.set.Held) {
		p.set.Report.Longest = max(p.set.Report.Longest, len(e.Tokens))
	}
	p.set.Report.Train, p.set.Report.Held = len(p.set.Train), len(p.set.Held)
	return p.set
}

type key [sha256.Size]byte

// prepared is an example with what it is compared by.
type prepared struct {
	train.Example
	line     int
	question key // everything but the last answer
}

type preparer struct {
	o     Options
	whole map[key]bool // rows seen
	set   Set
}

func (p *preparer) problem(line int, held bool, kind Kind, detail string) {
	p.set.Report.Problems = append(p.set.Report.Problems, Problem{line, held, kind, detail})
}

func (p *preparer) rows(rows []Row, held bool) (list []prepared) {
	for _, r := range rows {
		e, kind, detail := p.row(r)
		if kind != "" {
			p.problem(r.Line, held, kind, detail)
			continue
		}
		whole := digest(r.Messages, r.Text)
		if held { // that a row is in both files is a leak
			whole[0] ^= 1
		}
		if p.whole[whole] {
			p.problem(r.Line, held, Duplicate, "")
			continue
		}
		p.whole[whole] = true
		question := digest(nil, r.Text)
		if n := len(r.Messages); n > 0 {
			question = digest(r.Messages[:n-1], "")
		}
		list = append(list, prepared{e, r.Line, question})
	}
	return list
}

// digest identifies a text, whatever its white space.
func digest(messages []chat.Message, text string) key {
	var parts []string
	for _, m := range messages {
		parts = append(parts, string(m.Role), strings.Join(strings.Fields(m.Text), " "))
	}
	b, _ := json.Marshal(append(parts, strings.Join(strings.Fields(text), " "))) // texts only, so it does not fail
	return sha256.Sum256(b)
}

// split takes about a part of the questions away, each with all its answers.
func split(list []prepared, o Options) (learn, back []prepared) {
	var questions []key
	seen := map[key]bool{}
	for _, e := range list {
		if !seen[e.question] {
			seen[e.question], questions = true, append(questions, e.question)
		}
	}
	n := int(o.HoldBack*float64(len(questions)) + 0.5)
	if o.HoldBack > 0 && n == 0 && len(questions) > 1 {
		n = 1
	}
	n = min(n, len(questions)-1)
	chosen := map[key]bool{}
	for _, i := range rand.New(rand.NewPCG(o.Seed, 0)).Perm(len(questions))[:max(0, n)] {
		chosen[questions[i]] = true
	}
	for _, e := range list {
		if chosen[e.question] {
			back = append(back, e)
		} else {
			learn = append(learn, e)
		}
	}
	return learn, back
}
