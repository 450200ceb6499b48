package buffer

import "slices"

// Mark is a note on a part of the text, such as a change that is proposed, or a word that was found. The text does not
// have it: New is shown behind the part, and is not there until [Buffer.Resolve] takes it.
type Mark struct {
	Range
	New  string
	Kind Kind
	ID   int // the owner's
}

// Kind says what a mark is for, and so how it looks.
type Kind uint8

// The kinds of marks.
const (
	Proposal Kind = iota // the part is to be removed and New to be put in its place
	Warning              // something to look at
	Match                // it was searched for
	Ghost                // New is how the text might go on
)

// Verdict is what becomes of a proposal.
type Verdict uint8

// The verdicts.
const (
	Undecided Verdict = iota // it stays
	Taken                    // New takes the place of the part
	Left                     // the part stays as it was
)

// Marks are the marks in the order of their parts. The list is not to be written into.
func (b *Buffer) Marks() []Mark { return b.marks }

// SetMarks replaces all marks. One that overlaps the one before it is left out. It is no step of undo.
func (b *Buffer) SetMarks(marks []Mark) {
	marks = slices.Clone(marks)
	slices.SortStableFunc(marks, func(x, y Mark) int { return x.Start - y.Start })
	kept, end := marks[:0], 0
	for _, m := range marks {
		if m.Range = b.inside(m.Range); m.Start >= end {
			m.New = clean(m.New)
			kept, end = append(kept, m), m.End
		}
	}
	b.replaceMarks(kept)
}

// SetMarksOf replaces the marks of one kind, and leaves those of other kinds. Where marks overlap, the one whose kind comes
// first is kept.
func (b *Buffer) SetMarksOf(kind Kind, marks []Mark) {
	var first, last []Mark
	for _, m := range b.marks {
		switch {
		case m.Kind < kind:
			first = append(first, m)
		case m.Kind > kind:
			last = append(last, m)
		}
	}
	of := make([]Mark, 0, len(marks))
	for _, m := range marks {
		m.Range, m.Kind, m.New = b.inside(m.Range), kind, clean(m.New)
		of = append(of, m)
	}
	if kind == Proposal || kind == Warning { // a step that grows would seem to have brought them
		b.typing = false
	}
	b.replaceMarks(merged(merged(first, of), last))
}

// merged are two lists of marks in one order. Of the second one those are left out that overlap any of the first, or the one
// before them.
func merged(first, second []Mark) []Mark {
	second = slices.Clone(second)
	slices.SortStableFunc(second, func(x, y Mark) int { return x.Start - y.Start })
	all, i, end := make([]Mark, 0, len(first)+len(second)), 0, 0
	for _, m := range second {
		for i < len(first) && first[i].End <= m.Start {
			all = append(all, first[i])
			end = max(end, first[i].End)
			i++
		}
		if m.Start >= end && (i == len(first) || m.End <= first[i].Start) {
			all, end = append(all, m), m.End
		}
	}
	return append(all, first[i:]...)
}

// passing reports whether a mark is only a view of the text as it is now, and no step brings it back.
func (m Mark) passing() bool { return m.Kind == Match || m.Kind == Ghost }

// restore brings the marks back that there were before a step, or after it. What is a view of the text stays as it is now, and
// so does what has come since then: what neither side of the step has.
func (b *Buffer) restore(marks, otherSide []Mark) {
	type name struct {
		kind Kind
		id   int
	}
	known := map[name]bool{}
	var kept, now []Mark
	for _, m := range otherSide {
		known[name{m.Kind, m.ID}] = true
	}
	for _, m := range marks {
		known[name{m.Kind, m.ID}] = true
		if !m.passing() {
			kept = append(kept, m)
		}
	}
	for _, m := range b.marks {
		if m.passing() || !known[name{m.Kind, m.ID}] {
			now = append(now, m)
		}
	}
	b.replaceMarks(merged(kept, now))
}

// replaceMarks puts other marks in the place of those that are there, and tells of the paragraphs with either.
func (b *Buffer) replaceMarks(marks []Mark) {
	old := b.marks
	b.marks = marks
	b.touch(old, marks)
}

// touch tells that the paragraphs with these marks look different. Where both lists have the same mark nothing changes.
func (b *Buffer) touch(old, now []Mark) {
	if b.OnChange == nil {
		return
	}
	seen := map[Mark]int{}
	for _, m := range old {
		seen[m]++
	}
	for _, m := range now {
		seen[m]--
	}
	paragraphs := map[int]bool{}
	for m, n := range seen {
		if n == 0 {
			continue
		}
		first, _ := b.At(m.Start)
		last, _ := b.At(m.End)
		for i := first; i <= last; i++ {
			paragraphs[i] = true
		}
	}
	for i := range paragraphs {
		b.OnChange(i, 1, 1)
	}
}

// Resolve decides about proposals, all in one step of undo: those that are taken become text, and those that are taken or left
// are marked no longer. It returns how many were decided.
func (b *Buffer) Resolve(verdict func(Mark) Verdict) (decided int) {
	var edits []Edit
	var gone, rest []Mark
	for _, m := range b.marks {
		v := Undecided
		if m.Kind == Proposal {
			v = verdict(m)
		}
		switch v {
		case Taken:
			edits = append(edits, Edit{m.Range, m.New})
		case Left:
		default:
			rest = append(rest, m)
			continue
		}
		gone = append(gone, m)
	}
	if len(gone) == 0 {
		return 0
	}
	before := b.marks
	b.touch(gone, nil)
	b.marks = rest
	b.apply(edits, before)
	return len(gone)
}

// shifted are the marks after an edit that put n bytes in the place of a part. Those that the part overlaps are gone: what they
// were about is no longer there.
func shifted(marks []Mark, r Range, n int) []Mark {
	if len(marks) == 0 || marks[len(marks)-1].End <= r.Start {
		return marks
	}
	now := make([]Mark, 0, len(marks))
	for _, m := range marks {
		switch {
		case m.End <= r.Start:
		case m.Start >= r.End:
			m.Start += n - r.Len()
			m.End += n - r.Len()
		default:
			continue
		}
		now = append(now, m)
	}
	return now
}
