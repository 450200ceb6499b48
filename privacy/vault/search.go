package vault

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Hit is something that was found.
type Hit struct {
	Kind    Kind  // KindConversation: the title, KindMessage or KindDocument
	ID      int64 // of the conversation, or of the document
	Message int64 // with KindMessage
	Title   string
	Snippet string  // part of the text around the first match
	Marks   []Range // of the matches in the snippet
	Time    time.Time
}

// Range is a part of a string, in bytes.
type Range struct{ Start, End int }

// searches are the queries of Search. All give kind, id, message, title, text and time; the rows with the
// highest ids, which are the newest, come first, because an index gives these without looking at all.
var searches = []string{
	`SELECT 'conversation', c.id, 0, c.title, c.title, c.changed
		FROM conversation_index x JOIN conversation c ON c.id = x.rowid
		WHERE conversation_index MATCH ? AND c.deleted = 0 ORDER BY x.rowid DESC LIMIT ?`,
	`SELECT 'message', c.id, m.id, c.title, m.text, m.created
		FROM message_index x JOIN message m ON m.id = x.rowid JOIN conversation c ON c.id = m.conversation
		WHERE message_index MATCH ? AND c.deleted = 0 AND m.deleted = 0 ORDER BY x.rowid DESC LIMIT ?`,
	`SELECT 'document', d.id, 0, d.title, d.text, d.changed
		FROM document_index x JOIN document d ON d.id = x.rowid
		WHERE document_index MATCH ? AND d.deleted = 0 ORDER BY x.rowid DESC LIMIT ?`,
}

// Search looks for words and "phrases" in titles, messages and documents, except in the trash, and returns at
// most limit hits, the newest first. All words must be there; accents and case do not matter. A word with an
// asterisk, and the last one, may go on.
func (v *Vault) Search(ctx context.Context, query string, limit int) (hits []Hit, err error) {
	terms := parseQuery(query)
	if len(terms) == 0 || limit <= 0 {
		return nil, nil
	}
	expression := matchExpression(terms)
	for _, s := range searches {
		err := v.do(ctx, "search", func(t *txn) error {
			return t.each(s, []any{expression, limit}, func(scan func(...any) error) error {
				var h Hit
				var at int64
				err := scan(&h.Kind, &h.ID, &h.Message, &h.Title, &h.Snippet, &at)
				h.Time = fromMillis(at)
				hits = append(hits, h)
				return err
			})
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(b.Message, a.Message))
	})
	hits = hits[:min(limit, len(hits))]
	for i := range hits {
		hits[i].Snippet, hits[i].Marks = snippet(hits[i].Snippet, terms)
	}
	return hits, nil
}

// How much of a text a snippet shows, in bytes.
const (
	snippetBefore = 60  // at most, before the first match
	snippetLength = 200 // about
)

// snippet returns part of text, on one line, with the first match of the terms, and where matches are in it.
// If there is none it is the beginning of the text.
func snippet(text string, terms []term) (string, []Range) {
	marks := matches(text, terms, snippetLength)
	start, end := 0, min(len(text), snippetLength)
	if len(marks) > 0 && marks[0].End > snippetLength*2/3 {
		start = wordStart(text, max(0, marks[0].Start-snippetBefore), marks[0].Start)
	}
	if len(marks) > 0 {
		end = max(min(len(text), start+snippetLength), marks[0].End)
	}
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	if k := strings.LastIndexFunc(text[start:end], unicode.IsSpace); end < len(text) && k > snippetLength*2/3 {
		end = start + k
	}
	var b strings.Builder
	if start > 0 {
		b.WriteString("… ")
	}
	var moved []Range
	at := start // everything before it is written
	for _, m := range marks {
		if m.Start < at || m.End > end {
			continue
		}
		plainSpace(&b, text[at:m.Start])
		from := b.Len()
		plainSpace(&b, text[m.Start:m.End])
		moved = append(moved, Range{from, b.Len()})
		at = m.End
	}
	plainSpace(&b, text[at:end])
	if end < len(text) {
		b.WriteString(" …")
	}
	return b.String(), moved
}

// wordStart is the first place from i on where a word begins, i itself at the worst, and before limit.
func wordStart(text string, i, limit int) int {
	for i < limit && !utf8.RuneStart(text[i]) {
		i++
	}
	if i == 0 {
		return 0
	}
	if k := strings.IndexFunc(text[i:limit], unicode.IsSpace); k >= 0 && k < snippetBefore/2 {
		return i + k + len(text[i+k:limit]) - len(strings.TrimLeftFunc(text[i+k:limit], unicode.IsSpace))
	}
	return i
}

// plainSpace writes s with every run of white space and control characters as one space.
func plainSpace(b *strings.Builder, s string) {
	space := strings.HasSuffix(b.String(), " ")
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		b.WriteRune(r)
		space = false
	}
}

// matches returns where the terms are in text, in order and apart from each other. It looks no further than
// so many bytes behind the first.
func matches(text string, terms []term, behind int) []Range {
	longest := 0
	for _, t := range terms {
		longest = max(longest, len(t.words))
	}
	var found []Range
	recent := make([]token, 0, 2*longest) // the last tokens
	tokenize(text, func(w token) bool {
		if len(found) > 0 && w.start > found[0].End+behind {
			return false
		}
		if len(recent) == cap(recent) {
			recent = recent[:copy(recent, recent[longest:])]
		}
		recent = append(recent, w)
		start := w.end
		for _, t := range terms {
			if s, ok := t.endsWith(recent); ok {
				start = min(start, s)
			}
		}
		if start == w.end {
			return true
		}
		for len(found) > 0 && found[len(found)-1].End > start { // they overlap: one match
			start = min(start, found[len(found)-1].Start)
			found = found[:len(found)-1]
		}
		found = append(found, Range{start, w.end})
		return true
	})
	return found
}

// endsWith reports whether the last of the tokens are the term's, and where they start.
func (t term) endsWith(tokens []token) (start int, ok bool) {
	if len(tokens) < len(t.words) {
		return 0, false
	}
	tokens = tokens[len(tokens)-len(t.words):]
	for i, w := range t.words {
		last := i == len(t.words)-1
		if tokens[i].text != w && !(last && t.prefix && strings.HasPrefix(tokens[i].text, w)) {
			return 0, false
		}
	}
	return tokens[0].start, true
}
