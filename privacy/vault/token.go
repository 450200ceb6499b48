package vault

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3/ext/fts5"
	"golang.org/x/text/unicode/norm"
)

// tokenizerName is what the schema calls the tokenizer.
const tokenizerName = "lamplight"

// longestToken is where a token is cut, in bytes. Nobody looks for the rest of what is longer.
const longestToken = 96

// token is a word of a text: folded, and where it stands, in bytes.
type token struct {
	text       string
	start, end int
}

// tokenize calls yield for every token of text until yield returns false.
//
// A token is a run of letters, digits and marks in lower case, without accents, or a single character where
// words have no spaces between them: Han, kana, Hangul, and symbols such as emoji. So two-character words
// are found as phrases of two tokens. A token's own tokens are the token itself.
func tokenize(text string, yield func(token) bool) {
	t := tokens{yield: yield}
	for i := 0; i < len(text) && !t.stopped; {
		if c := text[i]; c < utf8.RuneSelf && (i+1 == len(text) || text[i+1] < utf8.RuneSelf) {
			t.ascii(c, i)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if r < common && commonLetters()[r].class != several && alone(text[i+n:]) {
			t.fold(commonLetters()[r], i, i+n)
		} else {
			n = max(norm.NFKC.NextBoundaryInString(text[i:], true), 1)
			for _, r := range norm.NFKC.String(text[i : i+n]) {
				t.fold(foldOf(r), i, i+n)
			}
		}
		i += n
	}
	t.flush()
}

// tokens gathers the letters of a token.
type tokens struct {
	yield      func(token) bool
	stopped    bool
	word       []byte
	start, end int
}

func (t *tokens) ascii(c byte, at int) {
	switch {
	case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		t.letter(rune(c), at, at+1)
	case 'A' <= c && c <= 'Z':
		t.letter(rune(c|0x20), at, at+1)
	default:
		t.flush()
	}
}

// fold takes what foldOf says of a character of the text.
func (t *tokens) fold(f folded, start, end int) {
	if f.class != inside {
		t.flush()
	}
	for _, l := range f.letters {
		t.letter(l, start, end)
	}
	if f.class == whole {
		t.flush()
	}
}

func (t *tokens) letter(r rune, start, end int) {
	if len(t.word) == 0 {
		t.start = start
	}
	if t.end = end; len(t.word)+utf8.RuneLen(r) <= longestToken {
		t.word = utf8.AppendRune(t.word, r)
	}
}

func (t *tokens) flush() {
	if len(t.word) > 0 && !t.stopped {
		t.stopped = !t.yield(token{string(t.word), t.start, t.end})
	}
	t.word = t.word[:0]
}

// folded is what a character contributes to tokens.
type folded struct {
	class   class
	letters string // "" for an accent
}

type class uint8

const (
	between class = iota // it is between tokens
	whole                // it is a token
	inside               // it is part of one
	several              // in the form NFKC it is several characters
)

// foldOf folds a character that is in the form NFKC.
func foldOf(r rune) folded {
	switch {
	case r == utf8.RuneError:
		return folded{}
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.So):
		return folded{whole, string(r)}
	case !letter(r):
		return folded{}
	}
	var b strings.Builder
	for _, d := range norm.NFKD.String(string(r)) {
		if plain, ok := plainLetters[d]; ok {
			b.WriteString(plain)
		} else if letter(d) && !accent(d) {
			b.WriteRune(unicode.ToLower(unicode.ToUpper(d))) // the same for all cases
		}
	}
	return folded{inside, b.String()}
}

// common are the characters below it, alphabets all of them: they are folded once.
const common = 0x2000

var commonLetters = sync.OnceValue(func() *[common]folded {
	var table [common]folded
	for r := range rune(common) {
		s := norm.NFKC.String(string(r))
		if c, n := utf8.DecodeRuneInString(s); n == len(s) {
			table[r] = foldOf(c)
		} else {
			table[r] = folded{class: several}
		}
	}
	return &table
})

// alone reports whether a character before rest is not changed by what follows.
func alone(rest string) bool {
	return rest == "" || norm.NFKC.PropertiesString(rest).BoundaryBefore()
}

func letter(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || unicode.Is(unicode.Co, r)
}

// accent is for marks that people leave out when they look for a word: accents, and the points of Hebrew and
// Arabic. In other scripts a mark is a vowel.
func accent(r rune) bool {
	return r >= 0x0300 && (r <= 0x036f || r >= 0x0591 && r <= 0x05c7 && unicode.IsMark(r) ||
		r >= 0x064b && r <= 0x065f || r == 0x0670 || r >= 0x1ab0 && r <= 0x1aff ||
		r >= 0x1dc0 && r <= 0x1dff || r >= 0x20d0 && r <= 0x20ff || r >= 0xfe00 && r <= 0xfe0f ||
		r >= 0xfe20 && r <= 0xfe2f)
}

// plainLetters are letters that Unicode does not take apart.
var plainLetters = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l", 'đ': "d", 'Đ': "d", 'ð': "d", 'Ð': "d",
	'þ': "th", 'Þ': "th", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ı': "i", 'ς': "σ",
}

// ftsTokenizer gives the tokens to SQLite's index.
type ftsTokenizer struct{}

func newTokenizer([]string) (fts5.Tokenizer, error) { return ftsTokenizer{}, nil }

func (ftsTokenizer) Tokenize(_ fts5.TokenizeFlag, text, _ string, emit fts5.TokenCallback) (err error) {
	tokenize(text, func(t token) bool {
		err = emit(0, t.text, t.start, t.end)
		return err == nil
	})
	return err
}

// term is a word, or a phrase, of what is looked for.
type term struct {
	words  []string // tokens that follow each other
	prefix bool     // the last of them may go on
}

// longestQuery is how many terms, and how many words of a phrase, are looked for. The rest of what somebody has
// pasted is left out.
const longestQuery = 32

// parseQuery takes apart what a user looks for: words and "phrases", all of which must be in a hit. A word
// that ends in an asterisk may go on, and so may the last one, which is perhaps still being typed.
func parseQuery(query string) []term {
	var terms []term
	add := func(text string, prefix bool) {
		t := term{prefix: prefix}
		tokenize(text, func(w token) bool {
			t.words = append(t.words, w.text)
			return len(t.words) < longestQuery
		})
		if len(t.words) > 0 && len(terms) < longestQuery {
			terms = append(terms, t)
		}
	}
	for i, part := range strings.Split(query, `"`) {
		if i%2 == 1 {
			add(part, false)
			continue
		}
		words := strings.Fields(part)
		for k, w := range words {
			last := k == len(words)-1 && strings.HasSuffix(query, w)
			add(w, last || strings.HasSuffix(w, "*"))
		}
	}
	return terms
}

// matchExpression is the terms in FTS5's language. Tokens have no signs that it knows.
func matchExpression(terms []term) string {
	var b strings.Builder
	for i, t := range terms {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(`"` + strings.Join(t.words, " ") + `"`)
		if t.prefix {
			b.WriteByte('*')
		}
	}
	return b.String()
}
