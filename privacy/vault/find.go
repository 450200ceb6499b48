package vault

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A Finder calls found for every part of a text that it looks for, in order and apart from each other, in bytes. It is
// not safe for concurrent use.
type Finder = func(text string, found func(start, end int))

// FindPart returns a Finder for a part of a text as it is written, spaces and signs too, but whatever the case of its
// letters, and with or without their accents.
func FindPart(part string) Finder {
	var p, t foldedText
	p.read(part)
	if strings.TrimSpace(string(p.text)) == "" {
		return func(string, func(int, int)) {}
	}
	return func(text string, found func(start, end int)) {
		t.read(text)
		for at, end := 0, 0; ; {
			i := bytes.Index(t.text[at:], p.text)
			if i < 0 {
				return
			}
			first, last := at+i, at+i+len(p.text)-1
			if from := t.from[first]; from >= end { // else it is another letter of the same character
				end = t.to[last]
				found(from, end)
			}
			at = last + 1
		}
	}
}

// FindQuery returns a Finder for what [Vault.Search] looks for with the same query.
func FindQuery(query string) Finder {
	terms := parseQuery(query)
	return func(text string, found func(start, end int)) {
		if len(terms) == 0 {
			return
		}
		for _, r := range matches(text, terms, len(text)) {
			found(r.Start, r.End)
		}
	}
}

// foldedText is a text in lower case, without accents, and where each of its bytes comes from.
type foldedText struct {
	text     []byte
	from, to []int // the character of the original
}

func (f *foldedText) read(text string) {
	f.text, f.from, f.to = f.text[:0], f.from[:0], f.to[:0]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r < common && commonLetters()[r].class != several && alone(text[i+n:]) {
			f.add(r, commonLetters()[r], i, i+n)
		} else {
			n = max(norm.NFKC.NextBoundaryInString(text[i:], true), 1)
			for _, r := range norm.NFKC.String(text[i : i+n]) {
				f.add(r, foldOf(r), i, i+n)
			}
		}
		i += n
	}
}

// add takes a character and what it becomes in a word; between words it is itself, and every space the same.
func (f *foldedText) add(r rune, l folded, from, to int) {
	before := len(f.text)
	switch {
	case l.class != between:
		f.text = append(f.text, l.letters...)
	case unicode.IsSpace(r):
		f.text = append(f.text, ' ')
	default:
		f.text = utf8.AppendRune(f.text, r)
	}
	for range len(f.text) - before {
		f.from, f.to = append(f.from, from), append(f.to, to)
	}
}
