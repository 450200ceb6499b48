package widgets

import (
	"image/color"
	"sort"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/markdown"
)

var _ fyne.Widget = (*sheet)(nil)

// drawing is what a sheet shows, from the ground up. Positions are from the sheet's top left corner.
type drawing struct {
	fills []fill
	marks []mark
	runs  []run
}

// fill is a rectangle, filled or outlined.
type fill struct {
	x, y, width, height float32
	radius              float32
	color               fyne.ThemeColorName
	outline             bool
	stroke              float32 // of the outline; 0: 1
}

// mark is a square icon.
type mark struct {
	icon       fyne.Resource
	x, y, size float32
	color      fyne.ThemeColorName
}

// add puts text at a place, with the grounds of code and the lines of links and of struck words.
func (d *drawing) add(b textBlock, x, y float32, color fyne.ThemeColorName) {
	for _, r := range b.runs {
		pad := min(codePad, r.x) // none before a line that begins within code
		r.x += x
		r.y += y
		r.color = color
		if r.link != "" {
			r.color = theme.ColorNameHyperlink
		}
		if r.style&markdown.CodeSpan != 0 {
			d.fills = append(d.fills, fill{x: r.x - pad, y: r.y, width: r.width + pad + codePad, height: r.font.height + 1, radius: codePad, color: ColorNameRaised})
		}
		if r.link != "" {
			d.fills = append(d.fills, fill{x: r.x, y: r.y + r.font.ascent + 2, width: r.width, height: 1, color: r.color})
		}
		if r.style&markdown.Strike != 0 {
			d.fills = append(d.fills, fill{x: r.x, y: r.y + float32(int(0.7*r.font.ascent)), width: r.width, height: 1, color: r.color})
		}
		d.runs = append(d.runs, r)
	}
}

// mark puts grounds behind what is marked in the runs from number first to last, and draws it in the colour that goes with
// them. The marks are in order and apart from each other.
func (d *drawing) mark(first, last int, marks []match) {
	if len(marks) == 0 || first == last {
		return
	}
	d.fills = d.fills[:len(d.fills):len(d.fills)] // others may have them too
	runs := append([]run(nil), d.runs[:first]...)
	for _, r := range d.runs[first:last] {
		runs = d.markRun(runs, r, marks)
	}
	d.runs = append(runs, d.runs[last:]...)
}

// markRun adds a run, cut at the edges of the marks, to runs.
func (d *drawing) markRun(runs []run, r run, marks []match) []run {
	done := 0 // bytes
	add := func(end int, color fyne.ThemeColorName) run {
		piece := r
		piece.text, piece.at, piece.first = r.text[done:end], r.at+done, r.first && done == 0
		piece.x = r.x + r.font.width(r.text[:done])
		if piece.width = r.font.width(piece.text); color != "" {
			piece.color = color
		}
		if piece.text != "" {
			runs = append(runs, piece)
		}
		done = end
		return piece
	}
	for _, m := range marks {
		start, end := max(done, m.start-r.at), min(len(r.text), m.end-r.at)
		if end <= start {
			continue
		}
		add(start, "")
		ground, text := ColorNameMark, ColorNameOnMark
		if m.current {
			ground, text = theme.ColorNamePrimary, theme.ColorNameForegroundOnPrimary
		}
		piece := add(end, text)
		d.fills = append(d.fills, fill{x: piece.x, y: r.y, width: piece.width, height: r.font.height, radius: 2, color: ground})
	}
	if done == 0 {
		return append(runs, r)
	}
	add(len(r.text), "")
	return runs
}

// runAt returns the run that a place in their text is in, or the next one.
func runAt(runs []run, at int) (run, bool) {
	i := sort.Search(len(runs), func(i int) bool { return runs[i].at+len(runs[i].text) > at })
	if i == len(runs) {
		return run{}, false
	}
	return runs[i], true
}

// sheet paints a drawing and keeps the canvas objects from one drawing to the next, so that what did not change is not
// painted anew.
type sheet struct {
	widget.BaseWidget

	row    *row // that it belongs to
	greyed bool
	extra  []fyne.CanvasObject // widgets on top of the drawing

	now     drawing
	fills   []*canvas.Rectangle
	marks   []*canvas.Image
	texts   []*canvas.Text
	links   []*linkSpot
	objects []fyne.CanvasObject
}

func newSheet(r *row, extra ...fyne.CanvasObject) *sheet {
	s := &sheet{row: r, greyed: r.turn.outside(), extra: extra}
	s.ExtendBaseWidget(s)
	return s
}

// object returns what stands in the tree for a view that is made of a sheet.
func (s *sheet) object() fyne.CanvasObject { return s }

// draw shows another drawing.
func (s *sheet) draw(d drawing) {
	s.now = d
	s.paint()
}

// mark does nothing: matches are in text only.
func (s *sheet) mark() {}

// locate returns where a match is, if one is in the sheet.
func (s *sheet) locate(match) (y, height float32) { return 0, 0 }

// setGreyed draws all text in the colour of secondary text.
func (s *sheet) setGreyed(greyed bool) {
	if s.greyed != greyed {
		s.greyed = greyed
		s.Refresh()
	}
}

// drop takes away the tooltips of what is in the sheet.
func (s *sheet) drop() {
	for _, l := range s.links {
		l.tip.hide()
	}
	for _, o := range s.extra {
		if b, ok := o.(interface{ hideTip() }); ok {
			b.hideTip()
		}
	}
}

// color returns the colour of text in force.
func (s *sheet) color(name fyne.ThemeColorName) color.Color {
	if s.greyed && (name == theme.ColorNameForeground || name == theme.ColorNameHyperlink) {
		name = ColorNameMuted
	}
	return s.Theme().Color(name, fyne.CurrentApp().Settings().ThemeVariant())
}

// paint brings the canvas objects in line with the drawing.
func (s *sheet) paint() {
	s.objects = s.objects[:0]
	for i, f := range s.now.fills {
		s.objects = append(s.objects, s.paintFill(i, f))
	}
	for i, m := range s.now.marks {
		s.objects = append(s.objects, s.paintMark(i, m))
	}
	links := 0
	for i, r := range s.now.runs {
		s.objects = append(s.objects, s.paintRun(i, r))
		if r.link != "" {
			s.placeLink(links, r)
			links++
		}
	}
	for _, l := range s.links[links:] {
		l.tip.hide()
	}
	for _, l := range s.links[:links] {
		s.objects = append(s.objects, l.object())
	}
	s.objects = append(s.objects, s.extra...)
	canvas.Refresh(s)
}

func (s *sheet) paintFill(i int, f fill) fyne.CanvasObject {
	if i == len(s.fills) {
		s.fills = append(s.fills, &canvas.Rectangle{})
	}
	o, c := s.fills[i], s.color(f.color)
	fillColor, stroke, width := c, color.Color(nil), float32(0)
	if f.outline {
		fillColor, stroke, width = color.Transparent, c, max(1, f.stroke)
	}
	changed := o.FillColor != fillColor || o.StrokeColor != stroke || o.StrokeWidth != width || o.CornerRadius != f.radius
	o.FillColor, o.StrokeColor, o.StrokeWidth, o.CornerRadius = fillColor, stroke, width, f.radius
	o.Move(fyne.NewPos(f.x, f.y))
	o.Resize(fyne.NewSize(f.width, f.height))
	if changed {
		o.Refresh()
	}
	return o
}

func (s *sheet) paintMark(i int, m mark) fyne.CanvasObject {
	if i == len(s.marks) {
		s.marks = append(s.marks, &canvas.Image{FillMode: canvas.ImageFillContain})
	}
	o, icon := s.marks[i], Tint(m.icon, m.color)
	o.Move(fyne.NewPos(m.x, m.y))
	o.Resize(fyne.NewSquareSize(m.size))
	if o.Resource == nil || o.Resource.Name() != icon.Name() {
		o.Resource = fyne.NewStaticResource(icon.Name(), icon.Content())
		o.Refresh()
	}
	return o
}

func (s *sheet) paintRun(i int, r run) fyne.CanvasObject {
	if i == len(s.texts) {
		s.texts = append(s.texts, &canvas.Text{})
	}
	o, c := s.texts[i], s.color(r.color)
	if o.Text != r.text || o.TextSize != r.font.size || o.TextStyle != r.font.style || o.Color != c {
		o.Text, o.TextSize, o.TextStyle, o.Color = r.text, r.font.size, r.font.style, c
		o.Refresh()
	}
	o.Move(fyne.NewPos(r.x, r.y))
	o.Resize(fyne.NewSize(r.width, r.font.height))
	return o
}

// placeLink puts the place to click on over a run.
func (s *sheet) placeLink(i int, r run) {
	if i < len(s.links) && s.links[i].first != r.first {
		s.links = s.links[:i]
	}
	if i == len(s.links) {
		s.links = append(s.links, newLinkSpot(s, r.first))
	}
	l := s.links[i]
	l.address = r.link
	l.object().Move(fyne.NewPos(r.x, r.y))
	l.object().Resize(fyne.NewSize(r.width, r.font.line))
}

// CreateRenderer implements [fyne.Widget].
func (s *sheet) CreateRenderer() fyne.WidgetRenderer { return sheetRenderer{s} }

// sheetRenderer draws a sheet, which arranges itself.
type sheetRenderer struct{ s *sheet }

func (sheetRenderer) Destroy()                       {}
func (sheetRenderer) Layout(fyne.Size)               {}
func (sheetRenderer) MinSize() fyne.Size             { return fyne.Size{} }
func (r sheetRenderer) Objects() []fyne.CanvasObject { return r.s.objects }

func (r sheetRenderer) Refresh() {
	r.s.paint()
	for _, l := range r.s.links {
		l.object().Refresh()
	}
	for _, o := range r.s.extra {
		o.Refresh()
	}
}
