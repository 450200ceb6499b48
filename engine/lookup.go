package engine

import (
	"time"

	"lamplight/tokenizer"
)

// Prompt lookup (https://github.com/apoorvumang/prompt-lookup-decoding): an answer that corrects or rewrites a text
// repeats most of it, so what followed the last few tokens earlier in the prompt or the answer is a good guess at
// what comes next. A pass over the weights reads several tokens at nearly the cost of one; the guesses that the
// sampler agrees with are the answer, token by token as without them.

const (
	longestKey   = 4  // tokens that must have occurred before, if they did
	shortestKey  = 2  // at least
	firstGuess   = 4  // tokens drafted at first
	longestGuess = 15 // one pass takes them and the token before
	firstPause   = 8  // tokens without drafts once they do not pay
	longestPause = 512
)

// drafter proposes continuations by lookup and sees whether that pays.
type drafter struct {
	length int // of the next draft
	pause  int // tokens until the next try
	rest   int // length of the next pause

	began        time.Time
	plain, draft rate
}

// rate is the speed of passes, as moving averages.
type rate struct{ tokens, seconds float64 }

func (r *rate) add(tokens int, d time.Duration) {
	const keep = 0.8
	r.tokens = keep*r.tokens + float64(tokens)
	r.seconds = keep*r.seconds + d.Seconds()
}

func (r *rate) known() bool { return r.tokens > 0 }

func (r *rate) value() float64 { return r.tokens / r.seconds }

func (d *drafter) reset() { *d = drafter{length: firstGuess, rest: firstPause} }

// propose appends to dst at most n tokens that may follow text.
func (d *drafter) propose(dst, text []tokenizer.ID, n int) []tokenizer.ID {
	d.began = time.Now()
	if d.pause > 0 {
		d.pause--
		return dst
	}
	n = min(n, d.length)
	if n < 1 {
		return dst
	}
	for key := longestKey; key >= shortestKey; key-- {
		if at := lastRepeat(text, key); at >= 0 {
			return append(dst, text[at:min(at+n, len(text))]...)
		}
	}
	return dst
}

// lastRepeat returns where the last earlier occurrence of the final key tokens of text ends, -1 if there is none.
func lastRepeat(text []tokenizer.ID, key int) int {
	if len(text) <= key {
		return -1
	}
	end := text[len(text)-key:]
search:
	for at := len(text) - 1; at >= key; at-- {
		for i := range end {
			if text[at-1-i] != end[key-1-i] {
				continue search
			}
		}
		return at
	}
	return -1
}

// learn takes note that of so many drafted tokens the first few were right. Drafts grow while they are right; when
// passes with drafts make fewer tokens a second than passes without, there are none for a while.
func (d *drafter) learn(drafted, right int) {
	took := time.Since(d.began)
	if drafted == 0 {
		d.plain.add(1, took)
		return
	}
	d.draft.add(right+1, took)
	switch {
	case right == drafted:
		d.length = min(2*d.length, longestGuess)
	case right < drafted/2:
		d.length = max(d.length/2, 1)
	}
	if right > 0 {
		d.rest = firstPause
	}
	if right == 0 || d.plain.known() && d.draft.value() < d.plain.value() {
		d.pause, d.rest = d.rest, min(2*d.rest, longestPause)
	}
}
