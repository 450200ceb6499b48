package tokenizer

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Ids of the tokens that a learnt vocabulary begins with, those of Gemma.
const (
	learntPad ID = iota
	learntEOS
	learntBOS
	learntUnknown
)

// Learn makes a vocabulary of size tokens for a kind of text: byte-pair encoding (Sennrich et al., arXiv 1508.07909), in
// which the two neighbours that are found most often become one piece, again and again, but never across words, digits
// or marks. whole are texts that are one token each. Gemma's control tokens and a token for each byte come first, so that
// any text can be written. The same texts make the same vocabulary.
func Learn(texts iter.Seq[string], whole []string, size int) (Vocab, error) {
	l := learner{}
	for _, text := range []string{"<pad>", "<eos>", "<bos>"} {
		l.add(text, Control)
	}
	l.add("<unk>", Unknown)
	l.add("<start_of_turn>", Control)
	l.add("<end_of_turn>", Control)
	for _, text := range append([]string{"\n", "\n\n"}, whole...) {
		l.add(text, UserDefined)
	}
	for b := range 256 {
		l.add(fmt.Sprintf("<0x%02X>", b), Byte)
	}
	chunks, letters := count(texts, whole)
	if len(l.v.Tokens)+len(letters) > size {
		return Vocab{}, fmt.Errorf("tokenizer: %d tokens and %d characters do not fit into a vocabulary of %d", len(l.v.Tokens), len(letters), size)
	}
	for len(l.v.Tokens)+len(letters) < size {
		piece, ok := merge(chunks)
		if !ok {
			break
		}
		l.add(piece, Normal)
	}
	for _, letter := range letters {
		l.add(letter, Normal)
	}
	l.v.BOS, l.v.EOS, l.v.Unknown, l.v.Padding, l.v.AddBOS = learntBOS, learntEOS, learntUnknown, learntPad, true
	return l.v, nil
}

type learner struct {
	v     Vocab
	known map[string]bool
	rank  int
}

func (l *learner) add(text string, kind Kind) {
	if l.known == nil {
		l.known = map[string]bool{}
	}
	if l.known[text] {
		return
	}
	l.known[text] = true
	score := float32(0)
	if kind == Normal {
		score = float32(-l.rank)
		l.rank++
	}
	l.v.Tokens, l.v.Scores, l.v.Kinds = append(l.v.Tokens, text), append(l.v.Scores, score), append(l.v.Kinds, kind)
}

// chunk is a run of characters that are merged with each other only.
type chunk struct {
	pieces []string
	n      int // how often it was found
}

// count cuts texts into chunks, and returns the characters of all of them, in order.
func count(texts iter.Seq[string], whole []string) (chunks []*chunk, letters []string) {
	found := map[string]int{}
	for text := range texts {
		for _, w := range whole {
			text = strings.ReplaceAll(text, w, "\n")
		}
		for _, line := range strings.Split(text, "\n") {
			cut(strings.ReplaceAll(line, " ", space), func(s string) { found[s]++ })
		}
	}
	seen := map[string]bool{space: true}
	for c := '!'; c <= '~'; c++ {
		seen[string(c)] = true
	}
	for _, text := range slices.Sorted(maps.Keys(found)) {
		c := &chunk{n: found[text]}
		for _, r := range text {
			c.pieces = append(c.pieces, string(r))
			seen[string(r)] = true
		}
		if len(c.pieces) > 1 {
			chunks = append(chunks, c)
		}
	}
	return chunks, slices.Sorted(maps.Keys(seen))
}

// cut calls f for every word, apostrophes and the space before it included, and for every other character.
func cut(text string, f func(string)) {
	start, word := 0, false
	for i, r := range text {
		letter := unicode.IsLetter(r) || r == '\''
		if i > start && !(letter && (word || text[start:i] == space)) {
			f(text[start:i])
			start = i
		}
		word = letter
	}
	if start < len(text) {
		f(text[start:])
	}
}

// merge makes one piece of the two neighbours that are found most often, of equals the first in the order of texts.
func merge(chunks []*chunk) (piece string, ok bool) {
	pairs := map[[2]string]int{}
	for _, c := range chunks {
		for i := 1; i < len(c.pieces); i++ {
			pairs[[2]string{c.pieces[i-1], c.pieces[i]}] += c.n
		}
	}
	var best [2]string
	most := 1 // what is found once is not learnt
	for pair, n := range pairs {
		if n > most || n == most && ok && cmp.Compare(pair[0]+"\x00"+pair[1], best[0]+"\x00"+best[1]) < 0 {
			best, most, ok = pair, n, true
		}
	}
	if !ok {
		return "", false
	}
	for _, c := range chunks {
		for i := 1; i < len(c.pieces); i++ {
			if c.pieces[i-1] == best[0] && c.pieces[i] == best[1] {
				c.pieces[i-1] += c.pieces[i]
				c.pieces = slices.Delete(c.pieces, i, i+1)
			}
		}
	}
	return best[0] + best[1], true
}
