package review

import (
	"unicode"
	"unicode/utf8"
)

// split cuts a text into the pieces that are compared: words, numbers, runs of spaces, line ends, and single
// other characters. Scripts that are written without spaces are cut character by character. All pieces together
// are the text.
func split(text string) []string {
	var pieces []string
	for text != "" {
		n := piece(text)
		pieces = append(pieces, text[:n])
		text = text[n:]
	}
	return pieces
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
		return whole(text, n)
	case unicode.IsDigit(first):
		return run(text, n, func(before, r rune) bool { return wordRune(r) || unicode.IsDigit(before) && (r == '.' || r == ',') })
	case wordRune(first):
		return run(text, n, func(before, r rune) bool { return wordRune(r) || unicode.IsLetter(before) && (r == '\'' || r == '’') })
	}
	return whole(text, n)
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

// whole extends a character of n bytes by what is drawn together with it: marks, and the parts of an emoji.
func whole(text string, n int) int {
	first, _ := utf8.DecodeRuneInString(text)
	flag := regional(first)
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		switch {
		case unicode.In(r, unicode.M) || r >= 0x1F3FB && r <= 0x1F3FF: // the latter are the colours of skin
		case r == joiner:
			_, next := utf8.DecodeRuneInString(text[n+size:])
			size += next
		case flag && regional(r):
			flag = false
		default:
			return n
		}
		n += size
	}
	return n
}

const joiner = '\u200d' // zero width joiner

func blank(r rune) bool { return unicode.IsSpace(r) && r != '\n' && r != '\r' }

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
	}
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.In(r, unicode.M) || r == '_') && !unspaced(r)
}

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF } // two of them are a flag

// unspaced reports whether a character belongs to a script that does not put spaces between words.
func unspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) && !unicode.In(r, unicode.M)
}
