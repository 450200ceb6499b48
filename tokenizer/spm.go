package tokenizer

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// space is how normal pieces write a space (U+2581).
const space = "▁"

// Limits of a vocabulary. Real ones have 262,144 pieces of at most a few dozen bytes, and tokens that are
// matched as a whole with 0.1 MB in all, which take many times that in memory.
const (
	maxTokens  = 1 << 22
	maxPiece   = 1 << 12 // bytes
	maxSpecial = 4 << 20 // bytes of all control and user-defined tokens
	maxText    = 1 << 30 // bytes of all tokens
)

// SPM is a SentencePiece-style byte-pair encoder (Kudo & Richardson, arXiv 1808.06226) as Gemma uses it:
// spaces become ▁, user-defined tokens are cut out first, then the adjacent pair whose concatenation has the
// highest score is merged until none is left, and what is still no piece becomes byte tokens.
type SPM struct {
	v       Vocab // without the spellings
	texts   texts // which are here
	pieces  table // the normal pieces
	special trie  // user-defined and control tokens
	bytes   [256]ID
}

// NewSPM builds the encoder and checks the vocabulary.
func NewSPM(v Vocab) (*SPM, error) {
	if err := v.check(); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	all, err := newTexts(v.Tokens)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	t := &SPM{v: v, texts: all, pieces: newTable(all), special: newTrie()}
	t.v.Tokens = nil
	for i := range t.bytes {
		t.bytes[i] = v.Unknown
	}
	for i, text := range v.Tokens {
		switch v.Kinds[i] {
		case Normal:
			t.pieces.insert(ID(i))
		case Control, UserDefined:
			t.special.add(text, ID(i))
		case Byte:
			b, ok := parseByte(text)
			if !ok {
				return nil, fmt.Errorf("tokenizer: token %d: %.80q is no byte token", i, text)
			}
			t.bytes[b] = ID(i)
		}
	}
	if slices.Contains(t.bytes[:], v.Unknown) { // then text may become the unknown token, and must never become a control token
		if v.Unknown < 0 || v.Kinds[v.Unknown] == Control {
			return nil, fmt.Errorf("tokenizer: the vocabulary has no unknown token that text may become, and lacks some of the 256 byte tokens")
		}
	}
	return t, nil
}

func (v *Vocab) check() error {
	n := len(v.Tokens)
	switch {
	case n == 0 || n > maxTokens:
		return fmt.Errorf("a vocabulary of %d tokens", n)
	case len(v.Scores) != n || len(v.Kinds) != n:
		return fmt.Errorf("%d tokens, %d scores, %d kinds", n, len(v.Scores), len(v.Kinds))
	}
	special := 0
	for i, text := range v.Tokens {
		if v.Kinds[i] == Control || v.Kinds[i] == UserDefined {
			special += len(text)
		}
		switch {
		case special > maxSpecial:
			return fmt.Errorf("control and user-defined tokens of more than %d bytes", maxSpecial)
		case len(text) > maxPiece:
			return fmt.Errorf("token %d has %d bytes", i, len(text))
		case math.IsNaN(float64(v.Scores[i])) || math.IsInf(float64(v.Scores[i]), 0):
			return fmt.Errorf("token %d has the score %v", i, v.Scores[i])
		case v.Kinds[i] < Normal || v.Kinds[i] > Byte:
			return fmt.Errorf("token %d is of kind %d", i, v.Kinds[i])
		case text == "" && v.Kinds[i] == Normal:
			return fmt.Errorf("token %d is empty", i)
		}
	}
	for name, id := range map[string]ID{"begin": v.BOS, "end": v.EOS, "unknown": v.Unknown, "padding": v.Padding} {
		if id < -1 || int(id) >= n {
			return fmt.Errorf("the %s token has id %d, the vocabulary %d tokens", name, id, n)
		}
	}
	return nil
}

// parseByte reads the spelling of a byte token, <0x00> to <0xFF>.
func parseByte(text string) (byte, bool) {
	if len(text) != 6 || text[:3] != "<0x" || text[5] != '>' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[3:5], 16, 8)
	return byte(n), err == nil
}

// Encode implements Tokenizer.
func (t *SPM) Encode(text string) []ID { return t.encode(text, false) }

// EncodeWithSpecial implements Tokenizer.
func (t *SPM) EncodeWithSpecial(text string) []ID { return t.encode(text, true) }

// encode cuts the tokens that are matched as a whole out of text, the leftmost first and the longest of
// those that begin there, and merges what lies between.
func (t *SPM) encode(text string, control bool) []ID {
	if t.v.AddSpacePrefix && text != "" {
		text = " " + text
	}
	ids := make([]ID, 0, len(text)/3+1)
	m := mergers.Get().(*merger)
	defer mergers.Put(m)
	start := 0
	for at := 0; at < len(text); {
		id, n := t.special.longest(text[at:], func(id ID) bool { return control || t.v.Kinds[id] == UserDefined })
		if n == 0 {
			at++
			continue
		}
		ids = m.encode(t, ids, text[start:at])
		ids = append(ids, id)
		at += n
		start = at
	}
	return m.encode(t, ids, text[start:])
}

// Decode implements Tokenizer.
func (t *SPM) Decode(ids []ID) string {
	var b []byte
	for _, id := range ids {
		b = t.AppendBytes(b, id)
	}
	return valid(b)
}

// AppendBytes implements Tokenizer.
func (t *SPM) AppendBytes(dst []byte, id ID) []byte {
	switch t.Kind(id) {
	case Normal, UserDefined:
		text := t.texts.at(id)
		for {
			before, after, found := strings.Cut(text, space)
			dst = append(dst, before...)
			if !found {
				return dst
			}
			dst, text = append(dst, ' '), after
		}
	case Byte:
		b, _ := parseByte(t.texts.at(id))
		return append(dst, b)
	}
	return dst
}

// Special implements Tokenizer.
func (t *SPM) Special(name string) (ID, bool) {
	id, n := t.special.longest(name, func(id ID) bool { return t.v.Kinds[id] == Control })
	return id, n > 0 && n == len(name)
}

// Text implements Tokenizer.
func (t *SPM) Text(id ID) string {
	if id < 0 || int(id) >= t.texts.len() {
		return ""
	}
	return t.texts.at(id)
}

// Kind implements Tokenizer.
func (t *SPM) Kind(id ID) Kind {
	if id < 0 || int(id) >= len(t.v.Kinds) {
		return Unknown
	}
	return t.v.Kinds[id]
}

// Size implements Tokenizer.
func (t *SPM) Size() int { return t.texts.len() }

// trie finds tokens at the front of a text. Edges of all nodes share one map: a vocabulary has some
// thousand special tokens, most of which begin alike.
type trie struct {
	first [256]bool        // a token begins with this byte
	edges map[uint64]int32 // node<<8 | byte → node
	ids   []ID             // of the token that ends at a node, -1: none
}

func newTrie() trie { return trie{edges: map[uint64]int32{}, ids: []ID{-1}} }

func (t *trie) add(text string, id ID) {
	if text == "" {
		return
	}
	t.first[text[0]] = true
	node := int32(0)
	for i := range len(text) {
		edge := uint64(node)<<8 | uint64(text[i])
		next, ok := t.edges[edge]
		if !ok {
			next = int32(len(t.ids))
			t.edges[edge] = next
			t.ids = append(t.ids, -1)
		}
		node = next
	}
	if t.ids[node] < 0 {
		t.ids[node] = id
	}
}

// longest returns the longest token that text begins with and that is allowed, and its length, 0 for none.
func (t *trie) longest(text string, allowed func(ID) bool) (id ID, n int) {
	if text == "" || !t.first[text[0]] {
		return 0, 0
	}
	node := int32(0)
	for i := range len(text) {
		next, ok := t.edges[uint64(node)<<8|uint64(text[i])]
		if !ok {
			break
		}
		node = next
		if found := t.ids[node]; found >= 0 && allowed(found) {
			id, n = found, i+1
		}
	}
	return id, n
}

// symbols splits text into characters; a byte that belongs to none stands alone.
func symbols(text string, f func(at, n int)) {
	for at := 0; at < len(text); {
		_, n := utf8.DecodeRuneInString(text[at:])
		f(at, n)
		at += n
	}
}
