package widgets

// Update brings the view in line with a conversation that has changed anywhere. Turns that are as they were keep their rows,
// and what the user looks at stays where it is: what stands under the turn called hold, or for -1 what is at the upper edge.
func (v *StreamView) Update(turns []Turn, hold int) {
	first, last := 0, 0 // so many are the same at the beginning and at the end
	shorter := min(len(v.turns), len(turns))
	for first < shorter && v.turns[first].says(turns[first]) {
		first++
	}
	for last < shorter-first && v.turns[len(v.turns)-1-last].says(turns[len(turns)-1-last]) {
		last++
	}
	a := v.anchor()
	if hold >= 0 && hold < len(v.turns) {
		a = anchor{row: v.turns[hold].controls, delta: v.offset - v.turns[hold].controls.top()}
	}
	if hold >= 0 {
		v.follow = false
	}
	v.changeFrom(a, 0, len(turns)-1, func() {
		all := make([]*turn, 0, len(turns))
		for i, src := range turns {
			var t *turn
			switch {
			case i < first:
				t = v.turns[i]
			case i >= len(turns)-last:
				t = v.turns[i-len(turns)+len(v.turns)]
			case i < len(v.turns)-last && v.turns[i].Role == src.Role:
				t = v.turns[i]
				t.setText(src.Text)
			default:
				t = newTurn(v, i, src)
			}
			t.index = i
			t.setFacts(src)
			t.setEnded(i < len(turns)-1 || src.Text != "" || src.Footer != "" || src.Note.Text != "")
			all = append(all, t)
		}
		v.turns = all
	})
}

// says reports whether the turn has the text of src.
func (t *turn) says(src Turn) bool { return t.Role == src.Role && t.source() == src.Text }

// setFacts takes over what is said around the text.
func (t *turn) setFacts(src Turn) {
	t.Footer, t.Version, t.Versions = src.Footer, src.Version, src.Versions
	t.setFiles(src.Files)
	if n := src.Note; n.Text != t.Note.Text || n.Action != t.Note.Action || n.Error != t.Note.Error {
		t.setNote(n)
	}
	t.Note = src.Note
	if t.Greyed != src.Greyed {
		t.setGreyed(src.Greyed)
	}
	t.controls.stale = true
}

// TakeBack takes the last n bytes of the last turn away again. Its cost is that of reading the turn, of which only what is in
// view is laid out.
func (v *StreamView) TakeBack(n int) {
	i := len(v.turns) - 1
	text := v.turns[i].source()
	v.change(i, i, func() { v.turns[i].setText(text[:max(0, len(text)-n)]) })
}

// renewControls lets the controls of a turn, if there is one of this number, be made anew.
func (v *StreamView) renewControls(turn int) {
	if turn >= 0 && turn < len(v.turns) {
		v.turns[turn].controls.stale = true
	}
}
