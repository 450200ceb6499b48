package writing

import (
	"time"
	"unicode"

	"github.com/go-text/typesetting/segmenter"
)

// Counts are what is counted of a text.
type Counts struct {
	Words      int // in scripts without spaces, each character is one
	Characters int // as a reader sees them, line ends excepted
	Paragraphs int // that have something in them
}

// Reading speeds of grown-ups who read silently: Brysbaert, "How many words do we read per minute?", 2019, for words, and
// the like for characters of Chinese and Japanese.
const wordsPerMinute = 238

// ReadingTime is how long it takes to read so many words.
func (c Counts) ReadingTime() time.Duration {
	return time.Duration(c.Words) * time.Minute / wordsPerMinute
}

// Count counts a text.
func Count(text string) (c Counts) {
	var s segmenter.Segmenter
	s.InitWithString(text)
	inWord, inParagraph := false, false
	for it := s.GraphemeIterator(); it.Next(); {
		r := it.Grapheme().Text[0]
		if r == '\n' || r == '\r' {
			inWord, inParagraph = false, false
			continue
		}
		c.Characters++
		switch {
		case unicode.IsSpace(r):
			inWord = false
			continue
		case r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			c.Words++
			inWord = false
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			// signs neither begin nor end a word
		case !inWord:
			c.Words++
			inWord = true
		}
		if !inParagraph {
			c.Paragraphs++
			inParagraph = true
		}
	}
	return c
}
