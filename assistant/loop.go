package assistant

import (
	"errors"
	"strings"
	"unicode"

	"lamplight/engine/sample"
	"lamplight/tokenizer"
)

// ErrLoop ends an answer that repeated itself, was taken back, and repeated itself again.
var ErrLoop = errors.New("the answer repeats itself")

// loops watches the tokens of an answer for a cycle: a block of 1 to maxPeriod tokens that was said, and then said again
// and again without a pause, token by token. The rule for how often is
//
//	a block with a word in it   4 times, or 3 when it has 128 tokens; and 256 tokens in all
//	the same between fences     16 times, and 512 tokens in all
//	a block without letters     24 times, and 1,024 tokens in all
//
// Small models that are caught in a loop do not leave it, so it is enough to notice late, and what people ask for must
// pass: refrains come back between verses, a chorus three or four times at the end; rows of tables, boards and matrices
// are alike, ten or twenty of them, and mostly between the fences of a code block; rules are lines of one token; and the
// digits of 1/7 go on as long as somebody wants them. Counting is no cycle, nor is anything else that changes from one
// time to the next, if only by a number: a list whose items differ in nothing but their numbers cannot be told from the
// song about the ninety-nine bottles. A sentence that somebody wants a hundred times is taken for a loop.
type loops struct {
	ids  []tokenizer.ID
	runs [maxPeriod + 1]int // by period: how many tokens at the end are the one that is so far before them
}

const maxPeriod = 512

// add takes the next token.
func (l *loops) add(id tokenizer.ID) {
	n := len(l.ids)
	l.ids = append(l.ids, id)
	for period := 1; period <= min(n, maxPeriod); period++ {
		if l.ids[n-period] == id {
			l.runs[period]++
		} else {
			l.runs[period] = 0
		}
	}
}

// cycle reports whether the tokens have ended in a cycle, and how many tokens there were when the block had been said once.
func (l *loops) cycle(tok tokenizer.Tokenizer) (once int, ok bool) {
	for period := 1; period <= min(len(l.ids)/3, maxPeriod); period++ {
		// What a block of this length makes up, longer ones that are several of it make up as well.
		if all := l.runs[period] + period; all >= 256 && all/period >= 3 {
			return len(l.ids) - l.runs[period], l.enough(tok, period, all)
		}
	}
	return 0, false
}

// enough applies the rule to a block that makes up the last tokens.
func (l *loops) enough(tok tokenizer.Tokenizer, period, all int) bool {
	times, least := all/period, 4
	if period >= 128 {
		least = 3
	}
	switch {
	case !strings.ContainsFunc(tok.Decode(l.ids[len(l.ids)-period:]), unicode.IsLetter):
		return times >= 24 && all >= 1024
	case strings.Count(tok.Decode(l.ids), "```")%2 == 1:
		return times >= 16 && all >= 512
	}
	return times >= least
}

// otherwise returns the parameters of the second try: what was said before must not be said again in the same words
// (DRY), single words less so, and whoever samples sparingly does it a little less; greedy stays greedy.
func otherwise(p sample.Params) sample.Params {
	p.DRY = sample.DRY{Multiplier: max(p.DRY.Multiplier, 0.8), Base: p.DRY.Base, AllowedLength: p.DRY.AllowedLength, Breakers: p.DRY.Breakers}
	p.RepeatPenalty, p.RepeatLastN = max(p.RepeatPenalty, 1.1), 256
	if p.Temperature > 0 {
		p.Temperature = max(p.Temperature, 0.8)
	}
	p.Seed++
	return p
}
