package tokenizer

import "hash/maphash"

// table finds a piece by its text. It is an open-addressed hash table over the list of tokens, a third of the
// size of a map and faster to fill.
type table struct {
	tokens []string
	slots  []int32 // id+1, 0 for free; a power of two, at most half of them in use
	seed   maphash.Seed
}

func newTable(tokens []string) table {
	size := 1
	for size < 2*len(tokens) {
		size *= 2
	}
	return table{tokens, make([]int32, size), maphash.MakeSeed()}
}

// insert adds a token. Of equal ones the first stays.
func (t *table) insert(id ID) {
	text := t.tokens[id]
	mask := uint64(len(t.slots) - 1)
	at := maphash.String(t.seed, text) & mask
	for ; t.slots[at] != 0; at = (at + 1) & mask {
		if t.tokens[t.slots[at]-1] == text {
			return
		}
	}
	t.slots[at] = int32(id) + 1
}

func (t *table) find(text string) (ID, bool) {
	mask := uint64(len(t.slots) - 1)
	for at := maphash.String(t.seed, text) & mask; t.slots[at] != 0; at = (at + 1) & mask {
		if id := ID(t.slots[at] - 1); t.tokens[id] == text {
			return id, true
		}
	}
	return 0, false
}
