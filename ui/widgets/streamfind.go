package widgets

import (
	"cmp"
	"slices"
	"sort"

	"lamplight/ui/markdown"
)

// Finder calls found for every part of a text that it looks for, in order and apart from each other, in bytes.
type Finder = func(text string, found func(start, end int))

// found is what is looked for in a conversation, and where it is.
type found struct {
	find    Finder
	only    int     // the turn that it is looked for in; -1 for all
	all     []match // from top to bottom
	current int     // which of them is shown, when there are any
	state   int     // another number whenever other things are to be marked
}

// match is a place in the text of a row as it is drawn.
type match struct {
	turn, row, part int // part is the line of a code block, or the cell of a table
	start, end      int // bytes
	current         bool
}

// Find marks what find finds, in all turns, also in those that come or grow later. The first match from where the last
// search was on is shown. When find is nil, nothing is marked any more.
func (v *StreamView) Find(find Finder) { v.look(find, -1) }

// FindIn marks what find finds in one turn, and shows the first match. Where there is none it shows the beginning of the turn.
func (v *StreamView) FindIn(turn int, find Finder) {
	v.found.all = nil
	v.look(find, turn)
	if len(v.found.all) == 0 {
		v.ScrollToTurn(turn)
	}
}

// Found returns how many matches there are, and which of them, counted from 1, is shown; 0 of 0 when there are none.
func (v *StreamView) Found() (current, total int) {
	if len(v.found.all) == 0 {
		return 0, 0
	}
	return v.found.current + 1, len(v.found.all)
}

// ShowFound goes so many matches on, back if by is negative, from the last one to the first.
func (v *StreamView) ShowFound(by int) {
	if n := len(v.found.all); n > 0 {
		v.setCurrent(((v.found.current+by)%n + n) % n)
		v.showCurrent()
	}
}

func (v *StreamView) look(find Finder, only int) {
	f := &v.found
	from := match{turn: max(0, only)} // where to look from
	if f.find != nil && len(f.all) > 0 {
		from = f.all[f.current]
	} else if r := v.anchor().row; r != nil && only < 0 {
		from.turn = r.turn.index
		if r.kind == textRow {
			from.row = r.index
		}
	}
	f.find, f.only, f.all, f.current = find, only, nil, 0
	f.state++
	v.findAgain(0, 0)
	if i := sort.Search(len(f.all), func(i int) bool { return f.all[i].compare(from) >= 0 }); i < len(f.all) {
		v.setCurrent(i)
	}
	if len(f.all) > 0 {
		v.showCurrent()
	}
	v.place(v.anchor())
}

func (m match) compare(o match) int {
	return cmp.Or(m.turn-o.turn, m.row-o.row, m.part-o.part, m.start-o.start)
}

// findAgain looks again from a row of a turn on, which may have changed with all that follows.
func (v *StreamView) findAgain(turn, row int) {
	f := &v.found
	if f.find == nil {
		return
	}
	first := sort.Search(len(f.all), func(i int) bool { return f.all[i].compare(match{turn: turn, row: row}) >= 0 })
	before := slices.Clone(f.all[first:])
	f.all = f.all[:first]
	for i := turn; i < len(v.turns); i++ {
		if f.only < 0 || f.only == i {
			v.findIn(v.turns[i], row)
		}
		row = 0
	}
	f.current = max(0, min(f.current, len(f.all)-1))
	if f.current >= first && f.current < len(f.all) {
		f.all[f.current].current = true
	}
	if !slices.Equal(before, f.all[first:]) {
		f.state++
		if v.OnFound != nil {
			v.OnFound()
		}
	}
}

// findIn looks in the rows of a turn from number first on.
func (v *StreamView) findIn(t *turn, first int) {
	f := &v.found
	for _, r := range t.rows[min(first, len(t.rows)):] {
		for part, text := range r.texts() {
			f.find(text, func(start, end int) {
				f.all = append(f.all, match{turn: t.index, row: r.index, part: part, start: start, end: end})
			})
		}
	}
}

func (v *StreamView) setCurrent(i int) {
	f := &v.found
	f.all[f.current].current = false
	f.all[i].current = true
	f.current = i
	f.state++
}

// showCurrent scrolls to the current match, unless it can be seen well.
func (v *StreamView) showCurrent() {
	m := v.found.all[v.found.current]
	r := v.turns[m.turn].rows[m.row]
	if v.typo == nil || v.area.Height <= 0 {
		return
	}
	if !r.shown {
		v.follow = false
		v.place(anchor{row: r}) // which lays it out
	}
	y, height := r.view.locate(m)
	top := r.top() + float64(y)
	const around = 24 // above and below a match that can be seen well
	if top-around < v.offset || top+float64(height)+around > v.offset+float64(v.area.Height) {
		v.follow = false
		v.place(anchor{row: r, delta: float64(y - v.area.Height/3)})
		return
	}
	v.place(v.anchor())
}

// texts yields the parts of the row's text as they are drawn, by their numbers.
func (r *row) texts() func(yield func(part int, text string) bool) {
	return func(yield func(int, string) bool) {
		switch b := &r.src; {
		case r.kind != textRow:
		case b.Kind == markdown.Code:
			var rows codeRows
			rows.read(b.Lines)
			for i := range rows.count() {
				if !yield(i, rows.text(b.Lines, i)) {
					return
				}
			}
		case b.Kind == markdown.Table:
			for i, cells := range append([][][]markdown.Span{b.Header}, b.Rows...) {
				for j, spans := range cells {
					if text, _ := joinSpans(spans); !yield(i*len(cells)+j, text) {
						return
					}
				}
			}
		default:
			text, _ := joinSpans(b.Spans)
			yield(0, text)
		}
	}
}

// marks returns the matches in a part of the row.
func (r *row) marks(part int) []match {
	if r.kind != textRow {
		return nil
	}
	all := r.turn.view.found.all
	at := match{turn: r.turn.index, row: r.index, part: part}
	first := sort.Search(len(all), func(i int) bool { return all[i].compare(at) >= 0 })
	at.part++
	n := sort.Search(len(all)-first, func(i int) bool { return all[first+i].compare(at) >= 0 })
	return all[first : first+n]
}
