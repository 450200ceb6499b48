package sample

import (
	"math"
	"slices"

	"lamplight/tokenizer"
)

// dry is the working memory of the DRY penalty.
type dry struct {
	reversed []tokenizer.ID
	z        []int
	longest  map[tokenizer.ID]int // candidate → length of the repetition it would continue
}

// look finds, for every token that followed an earlier occurrence of the text's end, how long that occurrence is.
func (d *dry) look(p *DRY, recent []tokenizer.ID) {
	if p.Window > 0 && p.Window < len(recent) {
		recent = recent[len(recent)-p.Window:]
	}
	limit := sinceBreaker(recent, p.Breakers)
	if limit < p.AllowedLength {
		return
	}
	d.matches(recent, limit)
	for id, n := range d.longest {
		if n < p.AllowedLength || isBreaker(id, p.Breakers) {
			delete(d.longest, id)
		}
	}
}

// penalty returns what the logit of a token loses: multiplier·base^(length-allowed).
func (d *dry) penalty(p *DRY, id tokenizer.ID) float32 {
	n, ok := d.longest[id]
	if !ok {
		return 0
	}
	highest := int(88.72 / math.Log(max(float64(p.Base), 1.000001))) // where base^n leaves float32
	return p.Multiplier * float32(math.Pow(float64(p.Base), float64(min(n-p.AllowedLength, highest))))
}

// matches fills longest. With the text reversed, the common suffix of text and text[..e] is the common
// prefix of the reversed text and its tail from there: the Z function, computed in linear time.
func (d *dry) matches(recent []tokenizer.ID, limit int) {
	n := len(recent)
	d.reversed = append(d.reversed[:0], recent...)
	slices.Reverse(d.reversed)
	d.z = append(d.z[:0], make([]int, n)...)
	for i, left, right := 1, 0, 0; i < n; i++ {
		if i < right {
			d.z[i] = min(right-i, d.z[i-left])
		}
		for i+d.z[i] < n && d.reversed[d.z[i]] == d.reversed[i+d.z[i]] {
			d.z[i]++
		}
		if i+d.z[i] > right {
			left, right = i, i+d.z[i]
		}
	}
	if d.longest == nil {
		d.longest = map[tokenizer.ID]int{}
	}
	clear(d.longest)
	for i := 1; i < n; i++ { // reversed[i] ends an earlier occurrence, reversed[i-1] followed it
		next := d.reversed[i-1]
		d.longest[next] = max(d.longest[next], min(d.z[i], limit))
	}
}

// sinceBreaker returns the number of tokens after the last breaker, of all tokens when there is none.
func sinceBreaker(recent []tokenizer.ID, breakers [][]tokenizer.ID) int {
	for end := len(recent); end > 0; end-- {
		for _, b := range breakers {
			if len(b) > 0 && len(b) <= end && slices.Equal(recent[end-len(b):end], b) {
				return len(recent) - end
			}
		}
	}
	return len(recent)
}

func isBreaker(id tokenizer.ID, breakers [][]tokenizer.ID) bool {
	return slices.ContainsFunc(breakers, func(b []tokenizer.ID) bool { return len(b) == 1 && b[0] == id })
}
