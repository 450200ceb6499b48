package widgets

import (
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

var (
	_ fyne.Tappable      = (*shadedText)(nil)
	_ fyne.Focusable     = (*shadedText)(nil)
	_ desktop.Hoverable  = (*shadedText)(nil)
	_ desktop.Cursorable = (*shadedText)(nil)
)

// lineOf returns the runs of the line that a run is in: from first to before end.
func (s *shadedText) lineOf(i int) (first, end int) {
	runs := s.laid.runs
	first = sort.Search(len(runs), func(k int) bool { return runs[k].y >= runs[i].y })
	end = sort.Search(len(runs), func(k int) bool { return runs[k].y > runs[i].y })
	return first, end
}

// runAt returns the number of the run at a place, the space before it included, and -1 where there is none.
func (s *shadedText) runAt(p fyne.Position) int {
	if s.typo == nil {
		return -1
	}
	runs, font := s.laid.runs, s.typo.body()
	first := sort.Search(len(runs), func(k int) bool { return runs[k].y+font.line > p.Y })
	if first == len(runs) || runs[first].y > p.Y {
		return -1
	}
	_, end := s.lineOf(first)
	for i := first; i < end; i++ {
		left := runs[i].x - shadePad
		if i > first {
			left = min(left, runs[i-1].x+runs[i-1].width+shadePad)
		}
		if p.X >= left && p.X <= runs[i].x+runs[i].width+shadePad {
			return i
		}
	}
	return -1
}

// Tapped implements [fyne.Tappable]: the word opens.
func (s *shadedText) Tapped(e *fyne.PointEvent) {
	if i := s.runAt(e.Position); i >= 0 {
		s.at = i
		s.show()
		s.open(i)
	}
}

// MouseIn implements [desktop.Hoverable].
func (s *shadedText) MouseIn(e *desktop.MouseEvent) { s.MouseMoved(e) }

// MouseMoved implements [desktop.Hoverable].
func (s *shadedText) MouseMoved(e *desktop.MouseEvent) {
	word := -1
	if i := s.runAt(e.Position); i >= 0 {
		word = s.laid.runs[i].span
	}
	s.hover(word)
}

// MouseOut implements [desktop.Hoverable].
func (s *shadedText) MouseOut() { s.hover(-1) }

func (s *shadedText) hover(word int) {
	if s.hovered == word {
		return
	}
	s.hovered = word
	s.show()
	if word < 0 && s.focused && len(s.laid.runs) > 0 {
		word = s.laid.runs[s.at].span
	}
	s.tell(word)
}

func (s *shadedText) tell(word int) {
	if s.c.OnWord != nil {
		s.c.OnWord(word)
	}
}

// Cursor implements [desktop.Cursorable].
func (s *shadedText) Cursor() desktop.Cursor {
	if s.hovered >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// FocusGained implements [fyne.Focusable].
func (s *shadedText) FocusGained() {
	s.focused = true
	s.moveTo(s.at)
}

// FocusLost implements [fyne.Focusable].
func (s *shadedText) FocusLost() {
	s.focused = false
	s.show()
}

// TypedRune implements [fyne.Focusable].
func (s *shadedText) TypedRune(rune) {}

// TypedKey implements [fyne.Focusable]: arrows go from word to word.
func (s *shadedText) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyEscape && s.c.OnEscape != nil {
		s.c.OnEscape()
		return
	}
	runs := s.laid.runs
	if len(runs) == 0 {
		passKey(s, e)
		return
	}
	page := max(1, int(pageShare*s.c.scroll.Size().Height/s.typo.body().line))
	switch e.Name {
	case fyne.KeyLeft:
		i := s.at
		for i > 0 && runs[i].span == runs[s.at].span {
			i--
		}
		s.moveTo(i)
	case fyne.KeyRight:
		i := s.at
		for i < len(runs)-1 && runs[i].span == runs[s.at].span {
			i++
		}
		s.moveTo(i)
	case fyne.KeyUp:
		s.moveLines(-1)
	case fyne.KeyDown:
		s.moveLines(1)
	case fyne.KeyPageUp:
		s.moveLines(-page)
	case fyne.KeyPageDown:
		s.moveLines(page)
	case fyne.KeyHome:
		s.moveTo(0)
	case fyne.KeyEnd:
		s.moveTo(len(runs) - 1)
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		s.open(s.at)
	default:
		passKey(s, e)
	}
}

// moveLines goes so many lines down, or up, to the word that is nearest there.
func (s *shadedText) moveLines(n int) {
	runs := s.laid.runs
	x, to := runs[s.at].x+runs[s.at].width/2, s.at
	for ; n < 0; n++ {
		if first, _ := s.lineOf(to); first > 0 {
			to = first - 1
		}
	}
	for ; n > 0; n-- {
		if _, end := s.lineOf(to); end < len(runs) {
			to = end
		}
	}
	first, end := s.lineOf(to)
	for to = first; to < end-1 && runs[to].x+runs[to].width < x; {
		to++
	}
	s.moveTo(to)
}

// moveTo puts the keyboard on a run, and scrolls there.
func (s *shadedText) moveTo(i int) {
	if len(s.laid.runs) == 0 {
		return
	}
	s.at = i
	r, scroll := s.laid.runs[i], s.c.scroll
	top, bottom := r.y-r.font.line, r.y+2*r.font.line
	switch height := scroll.Size().Height; {
	case top < scroll.Offset.Y:
		scroll.ScrollToOffset(fyne.NewPos(0, max(0, top)))
	case bottom > scroll.Offset.Y+height:
		scroll.ScrollToOffset(fyne.NewPos(0, bottom-height))
	}
	s.show()
	s.tell(r.span)
}
