package widgets

// Place is where a conversation is scrolled to. It holds for another width and other sizes of text too, as nearly as can be.
type Place struct {
	Turn  int     `json:"turn"`
	Row   int     `json:"row"`   // of the turn: a paragraph, its controls
	Share float64 `json:"share"` // of the row's height that is above the upper edge
}

// Place returns what the upper edge of the view cuts, and false if the end is visible.
func (v *StreamView) Place() (p Place, ok bool) {
	a := v.anchor()
	if a.row == nil || v.follow {
		return Place{}, false
	}
	p.Turn = a.row.turn.index
	for r := range a.row.turn.all() {
		if r == a.row {
			break
		}
		p.Row++
	}
	if a.height > 0 {
		p.Share = a.delta / float64(a.height)
	}
	return p, true
}

// ScrollToPlace shows a place that Place has returned. One that is not there is not looked for.
func (v *StreamView) ScrollToPlace(p Place) {
	if p.Turn < 0 || p.Turn >= len(v.turns) {
		return
	}
	if v.typo == nil { // before the view has a size
		v.resume = &p
		return
	}
	n := 0
	for r := range v.turns[p.Turn].all() {
		if n++; n <= p.Row {
			continue
		}
		v.follow = false
		for range 2 { // what is near is measured, then the share is of the true height
			v.place(anchor{row: r, delta: p.Share * float64(r.height), height: r.height, fitted: r.fitted})
		}
		return
	}
}
