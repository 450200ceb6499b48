package buffer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// step is what one Undo takes back.
type step struct {
	edits                   []done // in the order in which they were made
	before, after           Selection
	marksBefore, marksAfter []Mark
}

// done is an edit that was made: at a position, added took the place of removed.
type done struct {
	at             int
	removed, added string
}

// Apply makes several edits as one step. They are about the text as it is now, in their order, and do not overlap; one that
// begins before the end of the one before it is left out. The selection stays on the words it was on.
func (b *Buffer) Apply(edits ...Edit) { b.apply(edits, b.marks) }

// apply makes edits as a step that Undo takes back to these marks.
func (b *Buffer) apply(edits []Edit, before []Mark) {
	s := step{before: b.selection, marksBefore: before}
	kept, end := edits[:0:0], 0
	for _, e := range edits {
		e.Range = b.inside(e.Range)
		if e.Text = clean(e.Text); e.Start >= end && (e.Len() > 0 || e.Text != "") {
			kept, end = append(kept, e), e.End
		}
	}
	selection := b.selection
	for _, e := range slices.Backward(kept) { // the last one first, so that the positions of the others stay right
		s.edits = append(s.edits, done{e.Start, b.splice(e.Range, e.Text), e.Text})
		selection = Selection{moved(selection.Anchor, e), moved(selection.Cursor, e)}
	}
	b.selection = Selection{b.edge(selection.Anchor), b.edge(selection.Cursor)}
	b.typing = false
	b.record(s)
}

// moved is where a position is after an edit. Within what was replaced it keeps its distance from the beginning.
func moved(position int, e Edit) int {
	switch {
	case position >= e.End && (position > e.Start || e.Len() > 0):
		return position + len(e.Text) - e.Len()
	case position > e.Start:
		return min(position, e.Start+len(e.Text))
	}
	return position
}

func (b *Buffer) record(s step) {
	if len(s.edits) == 0 && len(s.marksBefore) == len(b.marks) {
		return
	}
	s.after, s.marksAfter = b.selection, b.marks
	b.past, b.future = append(b.past, s), nil
}

// Insert puts a text in the place of what is selected, as one step, and the cursor behind it.
func (b *Buffer) Insert(text string) {
	b.typing = false
	b.replace(b.selection.Range(), clean(text))
	b.typing = false
}

// Type inserts what is typed. What is typed in a row is one step for each word.
func (b *Buffer) Type(text string) {
	text = clean(text)
	r := b.selection.Range()
	if last := b.grown(); last != nil && r.Len() == 0 && r.Start == last.at+len(last.added) && joins(last.added, text) {
		b.splice(r, text)
		last.added += text
		b.landed(r.Start + len(text))
		return
	}
	b.replace(r, text)
	b.typing = !strings.Contains(text, "\n")
}

// joins reports whether text goes on with the word that before ends with, or with the spaces after it.
func joins(before, text string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && before != "" && !strings.Contains(text, "\n") && (!unicode.IsSpace(last) || unicode.IsSpace(first))
}

// Delete removes a part, as Backspace and Delete do: the character or word next to the cursor. What is removed in a row
// is one step.
func (b *Buffer) Delete(r Range) {
	r = b.inside(r)
	if r.Len() == 0 {
		return
	}
	if last := b.grown(); last != nil && last.added == "" {
		switch last.at {
		case r.End:
			last.removed = b.splice(r, "") + last.removed
			last.at = r.Start
			b.landed(r.Start)
			return
		case r.Start:
			last.removed += b.splice(r, "")
			b.landed(r.Start)
			return
		}
	}
	b.replace(r, "")
	b.typing = true
}

// grown is the edit that the last step may still grow by.
func (b *Buffer) grown() *done {
	if !b.typing || len(b.past) == 0 || len(b.past[len(b.past)-1].edits) != 1 {
		return nil
	}
	return &b.past[len(b.past)-1].edits[0]
}

// landed puts the cursor where an edit has ended that belongs to the last step.
func (b *Buffer) landed(cursor int) {
	b.selection = Selection{cursor, cursor}
	last := &b.past[len(b.past)-1]
	last.after, last.marksAfter, b.future = b.selection, b.marks, nil
}

// replace is an edit as a step, with the cursor behind it.
func (b *Buffer) replace(r Range, text string) {
	if r.Len() == 0 && text == "" {
		return
	}
	s := step{before: b.selection, marksBefore: b.marks}
	s.edits = []done{{r.Start, b.splice(r, text), text}}
	b.selection = Selection{r.Start + len(text), r.Start + len(text)}
	b.record(s)
}

// CanUndo reports whether there is a step to be taken back.
func (b *Buffer) CanUndo() bool { return len(b.past) > 0 }

// CanRedo reports whether there is a step that was taken back.
func (b *Buffer) CanRedo() bool { return len(b.future) > 0 }

// Undo takes the last step back, with the selection and the marks as they were. It reports whether there was one.
func (b *Buffer) Undo() bool {
	if len(b.past) == 0 {
		return false
	}
	s := b.past[len(b.past)-1]
	b.past = b.past[:len(b.past)-1]
	for _, e := range slices.Backward(s.edits) {
		b.splice(Range{e.at, e.at + len(e.added)}, e.removed)
	}
	b.selection, b.typing = s.before, false
	b.restore(s.marksBefore, s.marksAfter)
	b.future = append(b.future, s)
	return true
}

// Redo makes the step again that was taken back last. It reports whether there was one.
func (b *Buffer) Redo() bool {
	if len(b.future) == 0 {
		return false
	}
	s := b.future[len(b.future)-1]
	b.future = b.future[:len(b.future)-1]
	for _, e := range s.edits {
		b.splice(Range{e.at, e.at + len(e.removed)}, e.added)
	}
	b.selection, b.typing = s.after, false
	b.restore(s.marksAfter, s.marksBefore)
	b.past = append(b.past, s)
	return true
}
