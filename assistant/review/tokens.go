package review

import (
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/segmenter"
)

// split cuts a text into the pieces that are compared: words, numbers, runs of spaces, line ends, and single
// other characters. Scripts that are written without spaces are cut character by character. What is drawn as one
// character, such as a letter with its marks, an emoji of several parts or a flag, is never cut. All pieces together
// are the text.
func split(text string) []string {
	var pieces []string
	parts := graphemes(text)
	start, at := 0, 0
	for at < len(text) {
		at += piece(text[at:])
		if parts(at) {
			pieces = append(pieces, text[start:at])
			start = at
		}
	}
	return pieces
}

// graphemes returns what says whether a text may be cut at a position, asked for one after the other in their order: not within
// what is drawn as one character (extended grapheme clusters, UAX 29).
func graphemes(text string) (parts func(at int) bool) {
	if ascii(text) {
		return func(int) bool { return true } // a line end of two characters is one piece
	}
	var s segmenter.Segmenter
	s.InitWithString(text)
	it, end := s.GraphemeIterator(), 0
	return func(at int) bool {
		for end < at && it.Next() {
			for range it.Grapheme().Text {
				_, n := utf8.DecodeRuneInString(text[end:]) // a byte that is no character stands for one
				end += n
			}
		}
		return end == at
	}
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// piece returns the length in bytes of the first piece of a text that is not empty.
func piece(text string) int {
	first, n := utf8.DecodeRuneInString(text)
	switch {
	case first == '\r' && n < len(text) && text[n] == '\n':
		return n + 1
	case first == '\n' || first == '\r':
		return n
	case blank(first):
		return run(text, n, func(before, r rune) bool { return blank(r) })
	case unspaced(first):
		return n
	case unicode.IsDigit(first):
		return run(text, n, func(before, r rune) bool { return wordRune(r) || unicode.IsDigit(before) && (r == '.' || r == ',') })
	case wordRune(first):
		return run(text, n, func(before, r rune) bool { return wordRune(r) || unicode.IsLetter(before) && (r == '\'' || r == '’') })
	}
	return n
}

// run extends a piece of n bytes while its characters belong together. A last one that only joins what comes
// after it, as an apostrophe does, is left out.
func run(text string, n int, joins func(before, r rune) bool) int {
	before, _ := utf8.DecodeLastRuneInString(text[:n])
	end := n
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		if !joins(before, r) {
			break
		}
		n += size
		if wordRune(r) || blank(r) {
			end = n
		}
		before = r
	}
	return end
}

func blank(r rune) bool { return unicode.IsSpace(r) && r != '\n' && r != '\r' }

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
	}
	const nonJoiner, joiner = '\u200c', '\u200d' // they say how the letters beside them are drawn
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.In(r, unicode.M) || r == '_' || r == nonJoiner || r == joiner) && !unspaced(r)
}

// unspaced reports whether a character belongs to a script that does not put spaces between words.
func unspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && !unicode.In(r, unicode.M)
}
