// Package buffer is a text that is being written: its paragraphs, the selection, undo without a limit, and marks
// that move along with it. It knows no pixels and no model.
//
//	b := buffer.New(text)
//	b.Select(4, 9)
//	b.Insert("lamp")        // in the place of what is selected
//	b.Undo()
//
// Positions are bytes from the beginning of the text. A paragraph ends with "\n", which belongs to no paragraph. The
// cost of an edit is that of the paragraphs it touches, and a number for each that follows.
package buffer

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// Range is a part of the text, in bytes.
type Range struct{ Start, End int }

// Len is the length of the part.
func (r Range) Len() int { return r.End - r.Start }

// Edit puts a text in the place of a part.
type Edit struct {
	Range
	Text string
}

// Selection is what is selected: nothing when both are the same. The cursor is the end that moves.
type Selection struct{ Anchor, Cursor int }

// Range is the part between the two ends.
func (s Selection) Range() Range { return Range{min(s.Anchor, s.Cursor), max(s.Anchor, s.Cursor)} }

// Buffer is the text. It has one user at a time.
type Buffer struct {
	// OnChange, if set, is told of each change: in the place of so many removed paragraphs, from first on, there are
	// so many added ones.
	OnChange func(first, removed, added int)

	paragraphs []string
	starts     []int // where each begins, right for the first `placed` of them
	placed     int
	length     int
	revision   int

	selection Selection
	marks     []Mark // in their order; replaced as a whole, never written into
	past      []step
	future    []step
	typing    bool // the last step may still grow
	followers []*Follower
}

// New makes a buffer. Line ends of other systems become "\n", and bytes that are no text the sign for that.
func New(text string) *Buffer {
	b := &Buffer{}
	b.set(clean(text))
	return b
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

func clean(text string) string {
	if strings.ContainsAny(text, "\r\u2028\u2029") {
		text = lineEnds.Replace(text)
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	return text
}

func (b *Buffer) set(text string) {
	b.paragraphs = strings.Split(text, "\n")
	b.starts, b.placed = make([]int, len(b.paragraphs)), 0
	b.length = len(text)
}

// Text is all of the text.
func (b *Buffer) Text() string { return strings.Join(b.paragraphs, "\n") }

// Len is the length of the text.
func (b *Buffer) Len() int { return b.length }

// Revision is another number after each change of the text.
func (b *Buffer) Revision() int { return b.revision }

// Paragraphs is the number of paragraphs, at least 1.
func (b *Buffer) Paragraphs() int { return len(b.paragraphs) }

// Paragraph is the text of paragraph i, without its end.
func (b *Buffer) Paragraph(i int) string { return b.paragraphs[i] }

// Start is where paragraph i begins.
func (b *Buffer) Start(i int) int {
	for ; b.placed <= i; b.placed++ {
		if b.placed > 0 {
			b.starts[b.placed] = b.starts[b.placed-1] + len(b.paragraphs[b.placed-1]) + 1
		}
	}
	return b.starts[i]
}

// At returns the paragraph that a position is in, and the place within it.
func (b *Buffer) At(position int) (paragraph, within int) {
	position = min(max(position, 0), b.length)
	b.Start(len(b.paragraphs) - 1)
	i := sort.SearchInts(b.starts, position+1) - 1
	return i, position - b.starts[i]
}

// Slice is a part of the text.
func (b *Buffer) Slice(r Range) string {
	r = b.inside(r)
	i, from := b.At(r.Start)
	j, to := b.At(r.End)
	if i == j {
		return b.paragraphs[i][from:to]
	}
	parts := append([]string{b.paragraphs[i][from:]}, b.paragraphs[i+1:j]...)
	return strings.Join(append(parts, b.paragraphs[j][:to]), "\n")
}

// inside brings a range within the text and to the edges of characters.
func (b *Buffer) inside(r Range) Range {
	r.Start = b.edge(r.Start)
	r.End = max(b.edge(r.End), r.Start)
	return r
}

// edge is the position, or the beginning of the character that it is within.
func (b *Buffer) edge(position int) int {
	i, within := b.At(position)
	for p := b.paragraphs[i]; within < len(p) && !utf8.RuneStart(p[within]); {
		within--
	}
	return b.Start(i) + within
}

// splice puts text in the place of a part and returns what was there. Selection and steps are the caller's.
func (b *Buffer) splice(r Range, text string) (removed string) {
	removed = b.Slice(r)
	i, from := b.At(r.Start)
	j, to := b.At(r.End)
	added := strings.Split(b.paragraphs[i][:from]+text+b.paragraphs[j][to:], "\n")
	if len(added) == j-i+1 {
		copy(b.paragraphs[i:], added)
	} else {
		b.paragraphs = append(b.paragraphs[:i:i], append(added, b.paragraphs[j+1:]...)...)
		b.starts = append(b.starts[:i+1], make([]int, len(b.paragraphs)-i-1)...)
	}
	b.placed = min(b.placed, i+1)
	b.length += len(text) - r.Len()
	b.revision++
	b.marks = shifted(b.marks, r, len(text))
	for _, f := range b.followers {
		f.edits = append(f.edits, change{r, len(text)})
	}
	if b.OnChange != nil {
		b.OnChange(i, j-i+1, len(added))
	}
	return removed
}

// Selection is what is selected now.
func (b *Buffer) Selection() Selection { return b.selection }

// Cursor is where the next text goes when nothing is selected.
func (b *Buffer) Cursor() int { return b.selection.Cursor }

// Selected is the text that is selected.
func (b *Buffer) Selected() string { return b.Slice(b.selection.Range()) }

// Select selects what is between two positions. What is typed next is a step of its own.
func (b *Buffer) Select(anchor, cursor int) {
	s := Selection{b.edge(anchor), b.edge(cursor)}
	if s != b.selection {
		b.selection, b.typing = s, false
	}
}

// Move puts the cursor somewhere: alone, or as the end of the selection, which then grows or shrinks.
func (b *Buffer) Move(cursor int, selecting bool) {
	if selecting {
		b.Select(b.selection.Anchor, cursor)
	} else {
		b.Select(cursor, cursor)
	}
}
