package train

import (
	"lamplight/tokenizer"
)

// Example is a text to learn from: its tokens, BOS included, and which of them the model should have said.
type Example struct {
	Tokens []tokenizer.ID
	Target []bool // for each token; the first one cannot be a target
}

// targets counts the tokens that are learnt.
func (e Example) targets() (n int) {
	for _, t := range e.Target[1:] {
		if t {
			n++
		}
	}
	return n
}

// positions is the number of rows that it takes in a batch: the last token is only predicted.
func (e Example) positions() int { return len(e.Tokens) - 1 }

// batch is what one pass over the weights computes: examples one after the other, of which none sees another. Row t has
// the position t - start[t] in its example.
type batch struct {
	input  []tokenizer.ID // [T]
	target []tokenizer.ID // [T] the token that follows; -1 where it is not learnt
	start  []int          // [T] row where its example begins
	id     uint64         // tells dropouts apart
}

func (b *batch) add(e Example) {
	first := len(b.input)
	for i, id := range e.Tokens[:e.positions()] {
		b.input = append(b.input, id)
		b.start = append(b.start, first)
		target := tokenizer.ID(-1)
		if e.Target[i+1] {
			target = e.Tokens[i+1]
		}
		b.target = append(b.target, target)
	}
}

// pack puts examples, in their order, into batches of at most so many positions. An example that is longer than that is a
// batch of its own.
func pack(examples []Example, positions int) (batches []batch) {
	for _, e := range examples {
		n := len(batches)
		if n == 0 || len(batches[n-1].input)+e.positions() > positions {
			batches = append(batches, batch{})
			n++
		}
		batches[n-1].add(e)
	}
	return batches
}
