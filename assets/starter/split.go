package starter

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// Side says what text may be used for: to learn from, or to be measured by. What decides is a hash of what was asked, so that
// nothing that a model was trained on can be among what it is measured on, whatever the seed.
type Side uint8

// The sides.
const (
	Train Side = iota
	Held
)

// heldPart is the part of everything that is held back: one of so many.
const heldPart = 16

// SideOf returns the side of something that can be asked: the options of a story, a sentence, a question. Neither case nor
// white space nor marks make a difference.
func SideOf(kind, text string) Side {
	h := fnv.New64a()
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r <= '/' || r >= ':' && r <= '@' })
	h.Write([]byte(kind + "\x00" + strings.Join(words, " ")))
	if mix(h.Sum64())%heldPart == 0 {
		return Held
	}
	return Train
}

// mix spreads the bits of x (the finalizer of MurmurHash3).
func mix(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}

// source makes the random numbers of item number i of a kind.
func source(seed uint64, kind string, i int) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(kind))
	return rand.New(rand.NewPCG(mix(seed)^h.Sum64(), uint64(i)))
}
