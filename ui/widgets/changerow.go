package widgets

import (
	"image/color"
	"sort"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*ChangeRow)(nil)

// ChangeRow is a row of a list of changes: what goes, struck through, and what comes, on the grounds that they have in the text.
// What has no room beside each other stands in two lines.
type ChangeRow struct {
	widget.BaseWidget
	face ChangeFace
}

// ChangeFace is what a ChangeRow shows.
type ChangeFace struct {
	Old, New string
	Note     string // under it, what to look at; "" for none
	Taken    bool
	Left     bool
	Current  bool // it is the one that is looked at
}

// NewChangeRow returns an empty row.
func NewChangeRow() *ChangeRow {
	r := &ChangeRow{}
	r.ExtendBaseWidget(r)
	return r
}

// Set replaces what the row shows.
func (r *ChangeRow) Set(f ChangeFace) {
	r.face = f
	r.Refresh()
}

// Label returns the change as text.
func (r *ChangeRow) Label() string {
	text := strings.TrimSpace(r.face.Old + " → " + r.face.New)
	if r.face.Note != "" {
		text += " · " + r.face.Note
	}
	return text
}

// Height is that of a row that shows something in a width.
func (r *ChangeRow) Height(f ChangeFace, width float32) float32 {
	th := r.Theme()
	pad := th.Size(theme.SizeNamePadding)
	height := r.line() + 3*pad
	if r.stacked(f, width) {
		height += r.line() + pad/2
	}
	if f.Note != "" {
		height += fyne.MeasureText("M", th.Size(theme.SizeNameCaptionText), fyne.TextStyle{}).Height + pad/2
	}
	return height
}

// line is the height of a line.
func (r *ChangeRow) line() float32 {
	return fyne.MeasureText("M", r.Theme().Size(theme.SizeNameText), fyne.TextStyle{}).Height
}

// left is where texts begin, beside the icon.
func (r *ChangeRow) left() float32 {
	th := r.Theme()
	return 3*th.Size(theme.SizeNamePadding) + th.Size(theme.SizeNameCaptionText) + 2
}

const arrow = "→"

// stacked reports whether what goes and what comes have no room beside each other.
func (r *ChangeRow) stacked(f ChangeFace, width float32) bool {
	if f.Old == "" || f.New == "" {
		return false
	}
	th := r.Theme()
	pad, needed := th.Size(theme.SizeNamePadding), float32(0)
	for _, text := range []string{clipped(f.Old), arrow, clipped(f.New)} {
		needed += fyne.MeasureText(text, th.Size(theme.SizeNameText), fyne.TextStyle{}).Width
	}
	return r.left()+needed+5*pad > width
}

// CreateRenderer implements [fyne.Widget].
func (r *ChangeRow) CreateRenderer() fyne.WidgetRenderer {
	v := &changeRenderer{r: r, ground: canvas.NewRectangle(color.Transparent), icon: canvas.NewImageFromResource(nil)}
	v.icon.FillMode = canvas.ImageFillContain
	for i := range v.grounds {
		v.grounds[i] = canvas.NewRectangle(color.Transparent)
	}
	for i := range v.texts {
		v.texts[i] = canvas.NewText("", color.Transparent)
	}
	v.texts[oldText].TextStyle.Strikethrough = true
	v.Refresh()
	return v
}

// The texts of a row; the first two have grounds.
const (
	oldText = iota
	newText
	arrowText
	noteText
	changeTexts
)

type changeRenderer struct {
	r       *ChangeRow
	ground  *canvas.Rectangle
	grounds [2]*canvas.Rectangle
	texts   [changeTexts]*canvas.Text
	icon    *canvas.Image
}

func (v *changeRenderer) Destroy() {}

func (v *changeRenderer) Objects() []fyne.CanvasObject {
	list := []fyne.CanvasObject{v.ground, v.grounds[0], v.grounds[1], v.icon}
	for _, t := range v.texts {
		list = append(list, t)
	}
	return list
}

func (v *changeRenderer) MinSize() fyne.Size {
	return fyne.NewSize(120, v.r.Height(v.r.face, v.r.Size().Width))
}

func (v *changeRenderer) Layout(size fyne.Size) {
	f, th, line := v.r.face, v.r.Theme(), v.r.line()
	pad, icon := th.Size(theme.SizeNamePadding), th.Size(theme.SizeNameCaptionText)+2
	v.ground.Resize(size)
	left, top := v.r.left(), 1.5*pad
	v.icon.Move(fyne.NewPos(1.5*pad, top+(line-icon)/2))
	v.icon.Resize(fyne.NewSquareSize(icon))

	at, stacked := fyne.NewPos(left, top), v.r.stacked(f, size.Width)
	at.X += v.put(oldText, f.Old, at, size.Width-left-2*pad)
	if stacked {
		at = fyne.NewPos(left, top+line+pad/2)
	}
	v.texts[arrowText].Text = ""
	if f.Old != "" && f.New != "" {
		v.texts[arrowText].Text = arrow
		if !stacked {
			at.X += pad
		}
		v.texts[arrowText].Move(at)
		at.X += v.width(arrowText, arrow) + pad
	}
	v.put(newText, f.New, at, size.Width-at.X-2*pad)
	v.texts[noteText].Text = v.cut(noteText, f.Note, size.Width-left-pad)
	v.texts[noteText].Move(fyne.NewPos(left, at.Y+line+pad/2))
}

// put puts as much of a text as there is room for on its ground, and returns the width of that.
func (v *changeRenderer) put(i int, text string, at fyne.Position, room float32) float32 {
	t, g, pad := v.texts[i], v.grounds[i], v.r.Theme().Size(theme.SizeNamePadding)
	t.Text = v.cut(i, text, room)
	t.Move(at.AddXY(pad/2, 0))
	g.Move(at)
	if t.Text == "" {
		g.Resize(fyne.Size{})
		return 0
	}
	width := v.width(i, t.Text)
	t.Resize(fyne.NewSize(width, v.r.line()))
	g.Resize(fyne.NewSize(width+pad, v.r.line()))
	return width + pad
}

func (v *changeRenderer) width(i int, text string) float32 {
	return fyne.MeasureText(text, v.texts[i].TextSize, v.texts[i].TextStyle).Width
}

// cut is as much of a text as there is room for.
func (v *changeRenderer) cut(i int, text string, room float32) string {
	text = clipped(text)
	if v.width(i, text) <= room {
		return text
	}
	runes := []rune(text)
	n := sort.Search(len(runes), func(n int) bool { return v.width(i, string(runes[:n+1])+"…") > room })
	return strings.TrimRight(string(runes[:n]), " ") + "…"
}

// clipped is as much of a text as any row has room for.
func clipped(text string) string {
	if len(text) > 400 {
		return strings.ToValidUTF8(text[:400], "") + "…"
	}
	return text
}

func (v *changeRenderer) Refresh() {
	f, th := v.r.face, v.r.Theme()
	variant := fyne.CurrentApp().Settings().ThemeVariant()
	v.ground.FillColor, v.ground.CornerRadius = color.Transparent, th.Size(theme.SizeNameSelectionRadius)
	if f.Current {
		v.ground.FillColor = th.Color(theme.ColorNameSelection, variant)
	}
	front := theme.ColorNameForeground
	if f.Taken || f.Left {
		front = ColorNameMuted
	}
	for _, t := range v.texts {
		t.TextSize, t.Color = th.Size(theme.SizeNameText), th.Color(front, variant)
	}
	v.texts[arrowText].Color = th.Color(ColorNameMuted, variant)
	v.texts[noteText].TextSize, v.texts[noteText].Color = th.Size(theme.SizeNameCaptionText), th.Color(theme.ColorNameWarning, variant)
	for i, name := range []fyne.ThemeColorName{ColorNameRemoved, ColorNameAdded} {
		v.grounds[i].CornerRadius = 2
		v.grounds[i].FillColor = color.Transparent
		if !f.Taken && !f.Left {
			v.grounds[i].FillColor = th.Color(name, variant)
		}
	}
	v.icon.Hidden = !f.Taken && !f.Left
	switch {
	case f.Taken:
		v.icon.Resource = Tint(iconCheck, theme.ColorNameSuccess)
	case f.Left:
		v.icon.Resource = Tint(iconClose, ColorNameMuted)
	}
	v.Layout(v.r.Size())
	for _, o := range v.Objects() {
		o.Refresh()
	}
}
