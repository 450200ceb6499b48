package widgets

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// open shows, under a run, what its word could have been instead.
func (s *shadedText) open(i int) {
	c := fyne.CurrentApp().Driver().CanvasForObject(s)
	if c == nil {
		return
	}
	s.close()
	r := s.laid.runs[i]
	content, first := s.alternatives(r.span)
	s.pop = widget.NewPopUp(content, c)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(s).Add(fyne.NewPos(r.x-shadePad, r.y))
	size, space := s.pop.MinSize(), c.Size()
	below := at.AddXY(0, r.font.line)
	if below.Y+size.Height > space.Height { // above it, where there is no room below
		below.Y = max(0, at.Y-size.Height-shadePad)
	}
	below.X = max(0, min(below.X, space.Width-size.Width))
	s.pop.ShowAtPosition(below)
	c.Focus(first)
}

// close puts the alternatives away, and the keyboard back on the text.
func (s *shadedText) close() {
	if s.pop == nil {
		return
	}
	s.pop.Hide()
	s.pop = nil
	if c := fyne.CurrentApp().Driver().CanvasForObject(s); c != nil {
		c.Focus(s)
	}
}

// alternatives makes what is shown of a word, and returns what is to get the keyboard.
func (s *shadedText) alternatives(word int) (fyne.CanvasObject, *ChipButton) {
	w, c := s.c.words[word], s.c
	head := widget.NewLabel(lang.L("{{.Word}}: {{.Share}}", map[string]any{"Word": QuoteWord(w.Text), "Share": c.Percent(w.P)}))
	head.TextStyle.Bold = true
	hint := widget.NewLabel(lang.L("Continue from here with …"))
	hint.SizeName = theme.SizeNameCaptionText
	switch {
	case len(w.Others) == 0:
		hint.SetText(lang.L("Nothing else was likely enough to be noted."))
	case c.OnChoose == nil:
		hint.SetText(lang.L("It could also have been:"))
	}
	rows, shares := container.New(layout.NewCustomPaddedVBoxLayout(4)), float32(0)
	for _, o := range w.Others {
		shares = max(shares, newShare(c.Percent(o.P)).MinSize().Width)
	}
	var buttons []*ChipButton
	for i, o := range w.Others {
		b := NewChipButton(nil, QuoteWord(o.Text), func() {
			s.close()
			c.OnChoose(word, i)
		})
		if c.OnChoose == nil {
			b.Disable()
		}
		share := container.NewGridWrap(fyne.NewSize(shares, b.MinSize().Height), container.New(layout.NewCustomPaddedLayout(-4, -4, 0, 0), newShare(c.Percent(o.P))))
		rows.Add(container.NewBorder(nil, nil, nil, share, b))
		buttons = append(buttons, b)
	}
	done := NewChipButton(nil, lang.L("Close"), s.close)
	if c.OnChoose == nil {
		buttons = nil
	}
	buttons = append(buttons, done)
	for i, b := range buttons {
		b.onKey = func(e *fyne.KeyEvent) { s.typedInAlternatives(buttons, i, e) }
	}
	texts := container.New(layout.NewCustomPaddedVBoxLayout(-8), head, hint)
	th := s.Theme()
	edge := &canvas.Rectangle{FillColor: color.Transparent, StrokeWidth: 1, CornerRadius: th.Size(SizeNameRadius)} // it may lie on its own colour
	edge.StrokeColor = th.Color(theme.ColorNameInputBorder, fyne.CurrentApp().Settings().ThemeVariant())
	return container.NewStack(edge, container.New(layout.NewCustomPaddedLayout(4, 8, 8, 8),
		container.NewVBox(texts, rows, container.NewHBox(layout.NewSpacer(), done)))), buttons[0]
}

func newShare(text string) *widget.Label {
	l := widget.NewLabel(text)
	l.Alignment = fyne.TextAlignTrailing
	l.SizeName = theme.SizeNameCaptionText
	return l
}

// typedInAlternatives has the keys of the list of alternatives, while the keyboard is on number i.
func (s *shadedText) typedInAlternatives(buttons []*ChipButton, i int, e *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(s)
	switch e.Name {
	case fyne.KeyEscape:
		s.close()
	case fyne.KeyUp, fyne.KeyLeft:
		c.Focus(buttons[max(0, i-1)])
	case fyne.KeyDown, fyne.KeyRight:
		c.Focus(buttons[min(len(buttons)-1, i+1)])
	}
}

// QuoteWord writes a word of a model in quotation marks; white space in it, and what cannot be seen, as a sign. No word at all
// is the end of what the model has written.
func QuoteWord(text string) string {
	const longest = 40
	if text == "" {
		return lang.L("the end")
	}
	word := text
	if trimmed := strings.TrimPrefix(text, " "); strings.Trim(trimmed, " ") != "" {
		word = trimmed // most words begin with the space before them
	}
	shown := strings.ReplaceAll(visibleWord(word), "\n", "")
	if strings.Contains(text, "\n") && !strings.Contains(shown, "¶") {
		shown += "¶"
	}
	if r := []rune(shown); len(r) > longest {
		shown = string(r[:longest]) + "…"
	}
	return lang.L("“{{.Word}}”", map[string]any{"Word": shown})
}
