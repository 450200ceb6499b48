package starter

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// Correction is a sentence with its mistakes, and without.
type Correction struct {
	Wrong, Right string // the same where there is no mistake
}

// marked is "<right~wrong~wrong>".
var marked = regexp.MustCompile(`<([^<>~]+)((?:~[^<>~]+)+)>`)

// correct takes the marks of mistakes out of a sentence.
func correct(text string) string { return tidy(marked.ReplaceAllString(text, "$1")) }

// misspellings are the ways in which people write words.
var misspellings = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	for _, line := range strings.Split(file("misspellings.txt"), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] != "#" {
			for i := range f {
				f[i] = strings.ReplaceAll(f[i], "_", " ")
			}
			all[f[0]] = append(all[f[0]], f[1:]...)
		}
	}
	return all
})

// vandal makes mistakes in a sentence, no two in the same word.
type vandal struct {
	r     *rand.Rand
	words []string // between spaces, marks included
	spoil []bool   // has its mistake
}

// Spoil makes n mistakes in an annotated sentence, or as many as there is room for. With none the sentence is as it should be.
func Spoil(annotated string, n int, r *rand.Rand) Correction {
	right := correct(annotated)
	marks := len(marked.FindAllString(annotated, -1))
	spoilt := map[int]bool{}
	for i := range marks {
		if n > 0 && r.IntN(2) == 0 {
			spoilt[i], n = true, n-1
		}
	}
	i := -1
	text := marked.ReplaceAllStringFunc(annotated, func(s string) string {
		i++
		m := marked.FindStringSubmatch(s)
		if !spoilt[i] {
			return m[1]
		}
		wrongs := strings.Split(m[2], "~")[1:]
		return "\x03" + wrongs[r.IntN(len(wrongs))]
	})
	v := vandal{r: r, words: strings.Fields(tidy(text))}
	v.spoil = make([]bool, len(v.words))
	for i, w := range v.words {
		if strings.Contains(w, "\x03") {
			v.words[i], v.spoil[i] = strings.ReplaceAll(w, "\x03", ""), true
			if i == 0 {
				v.words[i] = strings.ToUpper(v.words[i][:1]) + v.words[i][1:]
			}
		}
	}
	for tries := 0; n > 0 && tries < 40; tries++ {
		if v.mistake() {
			n--
		}
	}
	return Correction{strings.Join(v.words, " "), right}
}

// mistake makes one, if the word that chance has chosen allows it.
func (v *vandal) mistake() bool {
	kinds := []func(i int) bool{
		v.misspell, v.misspell, v.misspell, v.misspell, v.misspell, v.typo, v.typo, v.typo, v.typo, v.typo, v.small, v.small, v.small,
		v.apostrophe, v.apostrophe, v.end, v.end, v.comma, v.twice, v.article, v.tall,
	}
	i := v.r.IntN(len(v.words))
	f := kinds[v.r.IntN(len(kinds))]
	if v.spoil[i] || !f(i) {
		return false
	}
	v.spoil[i] = true
	return true
}

// core splits a word from the marks around it.
func core(word string) (before, letters, after string) {
	letters = strings.TrimLeftFunc(word, unicode.IsPunct)
	before = word[:len(word)-len(letters)]
	letters = strings.TrimRightFunc(letters, unicode.IsPunct)
	return before, letters, word[len(before)+len(letters):]
}

// like gives other the capital of word.
func like(word, other string) string {
	if word != "" && unicode.IsUpper(rune(word[0])) {
		return strings.ToUpper(other[:1]) + other[1:]
	}
	return other
}

func (v *vandal) misspell(i int) bool {
	before, w, after := core(v.words[i])
	list := misspellings()[w]
	if list == nil {
		list = misspellings()[strings.ToLower(w)]
	}
	if list == nil {
		return false
	}
	v.words[i] = before + like(w, list[v.r.IntN(len(list))]) + after
	return true
}

// beside are the neighbours of letters on a keyboard.
var beside = map[byte]string{
	'a': "sq", 'b': "vn", 'c': "xv", 'd': "sf", 'e': "wr", 'f': "dg", 'g': "fh", 'h': "gj", 'i': "uo", 'j': "hk", 'k': "jl", 'l': "k",
	'm': "n", 'n': "bm", 'o': "ip", 'p': "o", 'q': "w", 'r': "et", 's': "ad", 't': "ry", 'u': "yi", 'v': "cb", 'w': "qe", 'x': "zc", 'y': "tu", 'z': "x",
}

// typo slips on the keyboard within a word that is not a name. What comes of it is no word of ours.
func (v *vandal) typo(i int) bool {
	before, w, after := core(v.words[i])
	if len(w) < 4 || strings.ContainsFunc(w, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return false
	}
	at := 1 + v.r.IntN(len(w)-1)
	var wrong string
	switch v.r.IntN(5) {
	case 0:
		if at == len(w)-1 {
			at--
		}
		wrong = w[:at] + w[at+1:at+2] + w[at:at+1] + w[at+2:]
	case 1:
		wrong = w[:at] + w[at+1:]
	case 2:
		wrong = w[:at] + w[at:at+1] + w[at:]
	case 3:
		near := beside[w[at]]
		wrong = w[:at] + string(near[v.r.IntN(len(near))]) + w[at+1:]
	default:
		near := beside[w[at]]
		wrong = w[:at] + string(near[v.r.IntN(len(near))]) + w[at:]
	}
	if wrong == w || words()[wrong] {
		return false
	}
	v.words[i] = before + wrong + after
	return true
}

// words are all that the grammars of the package use.
var words = sync.OnceValue(func() map[string]bool {
	all := map[string]bool{}
	for _, name := range []string{"sentences.txt", "story.txt", "themes.txt", "twists.txt", "places.txt", "questions.txt", "styles.txt", "own.txt", "synonyms.txt", "adjectives.txt"} {
		for _, w := range strings.FieldsFunc(strings.ToLower(file(name)), func(r rune) bool { return r < 'a' || r > 'z' }) {
			all[w] = true
		}
	}
	return all
})

// small takes a capital away.
func (v *vandal) small(i int) bool {
	w := v.words[i]
	low := strings.ToLower(w[:1]) + w[1:]
	v.words[i] = low
	return low != w
}

// tall puts a capital where none belongs.
func (v *vandal) tall(i int) bool {
	w := v.words[i]
	if i == 0 || len(w) < 4 || w[0] < 'a' || w[0] > 'z' {
		return false
	}
	v.words[i] = strings.ToUpper(w[:1]) + w[1:]
	return true
}

func (v *vandal) apostrophe(i int) bool {
	at := strings.IndexByte(v.words[i], '\'')
	if at <= 0 || strings.ToLower(v.words[i]) == "o'clock" || strings.HasSuffix(v.words[i], "'") {
		return false
	}
	short := v.words[i][:at] + v.words[i][at+1:]
	if _, w, _ := core(strings.ToLower(short)); w == "were" || w == "well" || w == "hell" || w == "ill" || w == "shell" || w == "id" || w == "shed" || w == "wed" {
		return false // another word, which only a wider look could tell
	}
	v.words[i] = short
	return true
}

// end drops the mark at the end.
func (v *vandal) end(i int) bool {
	last := len(v.words) - 1
	w := strings.TrimRight(v.words[last], ".?")
	if i != last || w == v.words[last] {
		return false
	}
	v.words[last] = w
	return true
}

// comma drops a comma, or puts the space on its wrong side.
func (v *vandal) comma(i int) bool {
	w, ok := strings.CutSuffix(v.words[i], ",")
	if !ok || i+1 >= len(v.words) || v.spoil[i+1] {
		return false
	}
	switch v.r.IntN(3) {
	case 0:
		v.words[i] = w
	case 1:
		v.words[i] = w + " ,"
	default:
		v.words[i] = w + " ," + v.words[i+1]
		v.words = append(v.words[:i+1], v.words[i+2:]...)
		v.spoil = append(v.spoil[:i+1], v.spoil[i+2:]...)
	}
	return true
}

// twice says a short word twice.
func (v *vandal) twice(i int) bool {
	if i == 0 || len(v.words[i]) > 4 || strings.ContainsFunc(v.words[i], unicode.IsPunct) {
		return false
	}
	v.words[i] += " " + v.words[i]
	return true
}

// article takes the other article.
func (v *vandal) article(i int) bool {
	switch v.words[i] {
	case "a":
		v.words[i] = "an"
	case "an":
		v.words[i] = "a"
	default:
		return false
	}
	return true
}
