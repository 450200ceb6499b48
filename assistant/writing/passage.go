package writing

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/segmenter"
)

// Part is a part of a text, in bytes.
type Part struct{ Start, End int }

// Passage is a piece of a text that a model is asked about at once.
type Passage struct {
	Part
	Text          string // without the spaces around it and the marks of a list, a heading or a quotation before it
	Before, After string // what stands around it, as far as it helps to understand it
}

// maxPassage is the length of a passage, in bytes; a longer paragraph is cut between sentences. Small models lose their
// way in longer ones.
const maxPassage = 1200

// marker are the marks of Markdown before the words of a line: quotation, heading, list, task.
var marker = regexp.MustCompile(`^[ \t]*(?:>[ \t]*)*(?:#{1,6}[ \t]+|[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,9}[.)][ \t]+)?`)

// tableRow is a line that belongs to a table.
var tableRow = regexp.MustCompile(`^[ \t]*\|.*\|[ \t]*$`)

// passages cuts a part of a text into what a model is asked about: paragraphs, and sentences of long ones. Empty lines, code
// between fences, tables and what has no letters are left out.
func passages(text string, part Part) (list []Passage) {
	all := paragraphs(text)
	for i, p := range all {
		from, to := max(p.Start, part.Start), min(p.End, part.End)
		if from >= to {
			continue
		}
		before, after := text[p.Start:from], text[to:p.End]
		if strings.TrimSpace(before) == "" && i > 0 {
			before = all[i-1].Text
		}
		if strings.TrimSpace(after) == "" && i+1 < len(all) {
			after = all[i+1].Text
		}
		for _, piece := range cut(text[from:to], from) { // one, without the spaces at its ends
			piece.Before, piece.After = lastOf(before, maxBefore), firstOf(after, maxAfter)
			list = append(list, piece)
		}
	}
	return list
}

// paragraphs are the passages of a whole text, without what stands around them.
func paragraphs(text string) (list []Passage) {
	fenced := ""
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		start := at
		at += len(line) + 1
		if f := fence(line); f != "" && (fenced == "" || f == fenced) {
			if fenced == "" {
				fenced = f
			} else {
				fenced = ""
			}
			continue
		}
		if fenced != "" || tableRow.MatchString(line) {
			continue
		}
		skip := len(marker.FindString(line))
		for _, p := range cut(line[skip:], start+skip) {
			if strings.ContainsFunc(p.Text, unicode.IsLetter) {
				list = append(list, p)
			}
		}
	}
	return list
}

// fence is the sign that begins or ends a block of code, or "".
func fence(line string) string {
	s := strings.TrimLeft(line, " ")
	for _, sign := range []string{"```", "~~~"} {
		if strings.HasPrefix(s, sign) {
			return sign
		}
	}
	return ""
}

// cut makes passages of a paragraph that begins at a place in the text.
func cut(paragraph string, at int) (list []Passage) {
	for paragraph != "" {
		n := len(paragraph)
		if n > maxPassage {
			n = sentences(paragraph, maxPassage)
		}
		piece := paragraph[:n]
		text := strings.TrimSpace(piece)
		start := at + strings.Index(piece, text)
		if text != "" {
			list = append(list, Passage{Part: Part{start, start + len(text)}, Text: text})
		}
		at += n
		paragraph = paragraph[n:]
	}
	return list
}

// sentences is where the last sentence ends that begins and ends within n bytes; if there is none, the last word; if there
// is none, the last character.
func sentences(text string, n int) int {
	for !utf8.RuneStart(text[n]) {
		n--
	}
	head := text[:n]
	for i := len(head); i > 0; {
		r, size := utf8.DecodeLastRuneInString(head[:i])
		if strings.ContainsRune("。！？", r) {
			return i
		}
		if unicode.IsSpace(r) {
			before := strings.TrimRight(head[:i-size], `"”’»)]`)
			if strings.HasSuffix(before, ".") || strings.HasSuffix(before, "!") || strings.HasSuffix(before, "?") || strings.HasSuffix(before, "…") {
				return i
			}
		}
		i -= size
	}
	if i := strings.LastIndexFunc(head, unicode.IsSpace); i > 0 {
		_, size := utf8.DecodeRuneInString(head[i:])
		return i + size
	}
	var s segmenter.Segmenter
	s.InitWithString(text[:min(len(text), n+64)])
	end := 0
	for it := s.GraphemeIterator(); it.Next(); {
		next := end
		for _, r := range it.Grapheme().Text {
			next += utf8.RuneLen(r)
		}
		if next > n && end > 0 {
			break
		}
		end = next
	}
	return end
}
