package tokenizer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Decoder turns tokens into text as they come. It holds back the bytes of a character until the last of them
// is there.
type Decoder struct {
	t       Tokenizer
	pending []byte // the beginning of a character, at most three bytes after Push
}

// NewDecoder makes a decoder for one answer.
func NewDecoder(t Tokenizer) *Decoder { return &Decoder{t: t} }

// Push takes the next token and returns the text that is complete with it. Bytes that can never become a
// character are returned as U+FFFD.
func (d *Decoder) Push(id ID) string {
	d.pending = d.t.AppendBytes(d.pending, id)
	ready := len(d.pending)
	for back := 1; back < utf8.UTFMax && back <= len(d.pending); back++ {
		if at := len(d.pending) - back; utf8.RuneStart(d.pending[at]) {
			if !utf8.FullRune(d.pending[at:]) {
				ready = at
			}
			break
		}
	}
	text := valid(d.pending[:ready])
	d.pending = append(d.pending[:0], d.pending[ready:]...)
	return text
}

// Flush returns what is held back at the end of an answer: U+FFFD for an unfinished character.
func (d *Decoder) Flush() string {
	text := valid(d.pending)
	d.pending = d.pending[:0]
	return text
}

// Peek returns what Push and Flush would return for a token, which is not taken.
func (d *Decoder) Peek(id ID) string {
	return valid(d.t.AppendBytes(slices.Clone(d.pending), id))
}

// valid replaces every byte that belongs to no character by U+FFFD.
func valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		s.WriteRune(r)
		b = b[n:]
	}
	return s.String()
}
