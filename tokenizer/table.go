package tokenizer

import (
	"fmt"
	"hash/maphash"
	"strings"
)

// texts are the spellings of all tokens, one behind the other. As strings they would take three times the memory.
type texts struct {
	all    string
	starts []uint32 // of each token, and the end of the last
}

// newTexts copies the tokens. It fails if they have more than maxText bytes together.
func newTexts(tokens []string) (texts, error) {
	starts := make([]uint32, 1, len(tokens)+1)
	total := 0
	for _, text := range tokens {
		if total += len(text); total > maxText {
			return texts{}, fmt.Errorf("tokens of more than %d bytes", maxText)
		}
		starts = append(starts, uint32(total))
	}
	return texts{strings.Join(tokens, ""), starts}, nil
}

func (t *texts) at(id ID) string { return t.all[t.starts[id]:t.starts[id+1]] }

func (t *texts) len() int { return len(t.starts) - 1 }

// table finds a piece by its text. It is an open-addressed hash table over the list of tokens, a third of the
// size of a map and faster to fill.
type table struct {
	texts texts
	slots []int32 // id+1, 0 for free; a power of two, at most half of them in use
	seed  maphash.Seed
}

func newTable(texts texts) table {
	size := 1
	for size < 2*texts.len() {
		size *= 2
	}
	return table{texts, make([]int32, size), maphash.MakeSeed()}
}

// insert adds a token. Of equal ones the first stays.
func (t *table) insert(id ID) {
	text := t.texts.at(id)
	mask := uint64(len(t.slots) - 1)
	at := maphash.String(t.seed, text) & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		if t.texts.at(ID(t.slots[at]-1)) == text {
			return
		}
	}
	t.slots[at] = int32(id) + 1
}

func (t *table) find(text string) (ID, bool) {
	mask := uint64(len(t.slots) - 1)
	for at := maphash.String(t.seed, text) & mask; t.slots[at] != 0; at = (at + 1) & mask {
		if id := ID(t.slots[at] - 1); t.texts.at(id) == text {
			return id, true
		}
	}
	return 0, false
}
