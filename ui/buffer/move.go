package buffer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/segmenter"
)

// window is how far is looked back, in bytes, for a place where characters certainly part.
const window = 256

// NextCharacter is where the character after a position ends: what is drawn as one is never split.
func (b *Buffer) NextCharacter(position int) int {
	i, within := b.At(position)
	p := b.paragraphs[i]
	if within >= len(p) {
		return min(position+1, b.length)
	}
	end := len(p)
	graphemes(p, within, min(len(p), within+window), func(from, to int) bool {
		if to > within {
			end = to
		}
		return to <= within
	})
	return b.Start(i) + end
}

// PreviousCharacter is where the character before a position begins.
func (b *Buffer) PreviousCharacter(position int) int {
	i, within := b.At(position)
	if within == 0 {
		return max(position-1, 0)
	}
	start := 0
	graphemes(b.paragraphs[i], within, within, func(from, to int) bool {
		start = from
		return to < within
	})
	return b.Start(i) + start
}

// graphemes calls f with what is drawn as one character, from a safe place before `at` to `end`, until f has seen enough.
func graphemes(p string, at, end int, f func(from, to int) bool) {
	from := max(at-1, 0)
	for limit := max(at-window, 0); from > limit && !(p[from] < utf8.RuneSelf && p[from-1] < utf8.RuneSelf); {
		from--
	}
	for from > 0 && !utf8.RuneStart(p[from]) {
		from--
	}
	for end < len(p) && !utf8.RuneStart(p[end]) {
		end++
	}
	var s segmenter.Segmenter
	s.InitWithString(p[from:end])
	for it := s.GraphemeIterator(); it.Next(); {
		to := from
		for _, r := range it.Grapheme().Text {
			to += utf8.RuneLen(r)
		}
		if !f(from, to) {
			return
		}
		from = to
	}
}

// class says what belongs together when the cursor moves by words.
type class uint8

const (
	space class = iota
	letter
	sign
	ideograph // each is a word
)

func classOf(r rune) class {
	switch {
	case unicode.IsSpace(r):
		return space
	case r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return ideograph
	case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r) || r == '_':
		return letter
	}
	return sign
}

// NextWord is where the next word begins, or the paragraph ends.
func (b *Buffer) NextWord(position int) int {
	i, within := b.At(position)
	p := b.paragraphs[i]
	if within == len(p) {
		return min(position+1, b.length)
	}
	within = wordEnd(p, within)
	for within < len(p) {
		r, n := utf8.DecodeRuneInString(p[within:])
		if classOf(r) != space {
			break
		}
		within += n
	}
	return b.Start(i) + within
}

// PreviousWord is where the word before a position begins, or the paragraph.
func (b *Buffer) PreviousWord(position int) int {
	i, within := b.At(position)
	if within == 0 {
		return max(position-1, 0)
	}
	text := strings.TrimRightFunc(b.paragraphs[i][:within], unicode.IsSpace)
	return b.Start(i) + wordStart(text, len(text))
}

// wordEnd is where the piece of text that begins at a place ends.
func wordEnd(p string, at int) int {
	first, n := utf8.DecodeRuneInString(p[at:])
	at += n
	for at < len(p) && classOf(first) != ideograph {
		r, n := utf8.DecodeRuneInString(p[at:])
		if classOf(r) != classOf(first) && !apostrophe(p, at) {
			break
		}
		at += n
	}
	for at < len(p) { // a mark belongs to what it stands on
		r, n := utf8.DecodeRuneInString(p[at:])
		if !unicode.Is(unicode.M, r) && r != '\u200d' {
			break
		}
		at += n
	}
	return at
}

// wordStart is where the piece of text that ends at a place begins.
func wordStart(p string, at int) int {
	last, n := utf8.DecodeLastRuneInString(p[:at])
	at -= n
	for unicode.Is(unicode.M, last) && at > 0 {
		last, n = utf8.DecodeLastRuneInString(p[:at])
		at -= n
	}
	for at > 0 && classOf(last) != ideograph {
		r, n := utf8.DecodeLastRuneInString(p[:at])
		if classOf(r) != classOf(last) && !apostrophe(p, at-n) {
			break
		}
		at -= n
	}
	return at
}

// apostrophe reports whether the character at a place stands within a word, as in “don't”.
func apostrophe(p string, at int) bool {
	r, n := utf8.DecodeRuneInString(p[at:])
	if r != '\'' && r != '’' || at == 0 || at+n >= len(p) {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(p[:at])
	after, _ := utf8.DecodeRuneInString(p[at+n:])
	return classOf(before) == letter && classOf(after) == letter
}

// WordAt is the word around a position, or what else stands there: spaces, signs.
func (b *Buffer) WordAt(position int) Range {
	i, within := b.At(position)
	p, start := b.paragraphs[i], b.Start(i)
	if p == "" {
		return Range{start, start}
	}
	if within == len(p) {
		return Range{start + wordStart(p, within), start + within}
	}
	for !utf8.RuneStart(p[within]) {
		within--
	}
	_, n := utf8.DecodeRuneInString(p[within:])
	return Range{start + wordStart(p, min(within+n, len(p))), start + wordEnd(p, within)}
}

// ParagraphAt is the paragraph around a position, without its end.
func (b *Buffer) ParagraphAt(position int) Range {
	i, _ := b.At(position)
	return Range{b.Start(i), b.Start(i) + len(b.paragraphs[i])}
}

// ParagraphsOf are all of the paragraphs that a part touches, from the beginning of the first to the end of the last.
func (b *Buffer) ParagraphsOf(r Range) Range {
	return Range{b.ParagraphAt(r.Start).Start, b.ParagraphAt(r.End).End}
}
