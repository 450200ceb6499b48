package tokenizer

import (
	"strings"
	"sync"
)

// merger is the working memory of one encoding: the symbols of a text as a linked list, and the pairs that
// could be merged as a heap. A text of n characters takes O(n log n) steps.
type merger struct {
	text    string
	symbols []symbol
	heap    []pair
}

// symbol is a run of bytes [at, at+n) of the text. n is 0 once it was merged into its left neighbour.
type symbol struct {
	at, n      int32
	prev, next int32 // -1: none
}

// pair is two neighbours whose concatenation is a piece. It is stale when either has changed since, which
// size tells.
type pair struct {
	score       float32
	left, right int32
	size        int32 // bytes of both together
}

// before orders pairs: the highest score, and of equals the leftmost.
func (a pair) before(b pair) bool {
	return a.score > b.score || a.score == b.score && a.left < b.left
}

var mergers = sync.Pool{New: func() any { return new(merger) }}

// encode appends the tokens of text, which holds no token that is matched as a whole.
func (m *merger) encode(t *SPM, ids []ID, text string) []ID {
	if text == "" {
		return ids
	}
	m.text = strings.ReplaceAll(text, " ", space)
	m.symbols, m.heap = m.symbols[:0], m.heap[:0]
	symbols(m.text, func(at, n int) {
		i := int32(len(m.symbols))
		m.symbols = append(m.symbols, symbol{int32(at), int32(n), i - 1, i + 1})
	})
	m.symbols[len(m.symbols)-1].next = -1
	for i := 1; i < len(m.symbols); i++ {
		m.offer(t, int32(i-1), int32(i))
	}
	for len(m.heap) > 0 {
		m.merge(t, m.pop())
	}
	for i := int32(0); i >= 0; i = m.symbols[i].next {
		ids = m.emit(t, ids, m.symbols[i])
	}
	m.text = "" // the pool must not keep a user's words alive
	return ids
}

// offer puts two neighbours on the heap if they make a piece.
func (m *merger) offer(t *SPM, left, right int32) {
	if left < 0 || right < 0 {
		return
	}
	a, b := m.symbols[left], m.symbols[right]
	if id, ok := t.pieces.find(m.text[a.at : b.at+b.n]); ok {
		m.push(pair{t.v.Scores[id], left, right, a.n + b.n})
	}
}

func (m *merger) merge(t *SPM, p pair) {
	a, b := &m.symbols[p.left], &m.symbols[p.right]
	if a.n == 0 || b.n == 0 || a.n+b.n != p.size {
		return
	}
	a.n += b.n
	b.n = 0
	if a.next = b.next; a.next >= 0 {
		m.symbols[a.next].prev = p.left
	}
	m.offer(t, a.prev, p.left)
	m.offer(t, p.left, a.next)
}

// emit appends the token of a symbol, or its bytes when it is no piece.
func (m *merger) emit(t *SPM, ids []ID, s symbol) []ID {
	text := m.text[s.at : s.at+s.n]
	if id, ok := t.pieces.find(text); ok {
		return append(ids, id)
	}
	for i := range len(text) {
		ids = append(ids, t.bytes[text[i]])
	}
	return ids
}

func (m *merger) push(p pair) {
	m.heap = append(m.heap, p)
	h, i := m.heap, len(m.heap)-1
	for i > 0 && h[i].before(h[(i-1)/2]) {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		i = (i - 1) / 2
	}
}

func (m *merger) pop() pair {
	h := m.heap
	top, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	m.heap = h
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return top
		}
		if child+1 < last && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(h[i]) {
			return top
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
