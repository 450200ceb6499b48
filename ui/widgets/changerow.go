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

// Height is that of a row with a note, or without one.
func (r *ChangeRow) Height(note bool) float32 {
	th := r.Theme()
	pad := th.Size(theme.SizeNamePadding)
	height := fyne.MeasureText("M", th.Size(theme.SizeNameText), fyne.TextStyle{}).Height + 3*pad
	if note {
		height += fyne.MeasureText("M", th.Size(theme.SizeNameCaptionText), fyne.TextStyle{}).Height + pad/2
	}
	return height
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
	return fyne.NewSize(120, v.r.Height(v.r.face.Note != ""))
}

func (v *changeRenderer) Layout(size fyne.Size) {
	f, th := v.r.face, v.r.Theme()
	pad, icon := th.Size(theme.SizeNamePadding), th.Size(theme.SizeNameCaptionText)+2
	v.ground.Resize(size)
	line := fyne.MeasureText("M", th.Size(theme.SizeNameText), fyne.TextStyle{}).Height
	top := 1.5 * pad
	v.icon.Move(fyne.NewPos(1.5*pad, top+(line-icon)/2))
	v.icon.Resize(fyne.NewSquareSize(icon))

	x := 3*pad + icon
	arrow := float32(0)
	v.texts[arrowText].Text = ""
	if f.Old != "" && f.New != "" {
		v.texts[arrowText].Text = "→"
		arrow = v.texts[arrowText].MinSize().Width + 2*pad
	}
	room := max(0, size.Width-x-pad-arrow-2*pad)
	widths := [2]float32{v.width(oldText, f.Old), v.width(newText, f.New)}
	if half := room / 2; widths[0]+widths[1] > room { // the longer one is cut, or both
		switch {
		case widths[0] < half:
			widths[1] = room - widths[0]
		case widths[1] < half:
			widths[0] = room - widths[1]
		default:
			widths = [2]float32{half, half}
		}
	}
	for i, text := range [2]string{f.Old, f.New} {
		t := v.texts[i]
		t.Text = v.cut(i, text, widths[i])
		width := t.MinSize().Width
		t.Move(fyne.NewPos(x+pad/2, top))
		t.Resize(fyne.NewSize(width, line))
		v.grounds[i].Move(fyne.NewPos(x, top))
		v.grounds[i].Resize(fyne.NewSize(width+pad, line))
		if t.Text == "" {
			v.grounds[i].Resize(fyne.Size{})
			continue
		}
		x += width + pad
		if i == oldText {
			v.texts[arrowText].Move(fyne.NewPos(x+pad, top))
			x += arrow
		}
	}
	v.texts[noteText].Text = v.cut(noteText, f.Note, size.Width-4*pad-icon)
	v.texts[noteText].Move(fyne.NewPos(3*pad+icon, top+line+pad/2))
}

func (v *changeRenderer) width(i int, text string) float32 {
	return fyne.MeasureText(text, v.texts[i].TextSize, v.texts[i].TextStyle).Width
}

// cut is as much of a text as there is room for.
func (v *changeRenderer) cut(i int, text string, room float32) string {
	if len(text) > 400 {
		text = strings.ToValidUTF8(text[:400], "") + "…"
	}
	if v.width(i, text) <= room {
		return text
	}
	runes := []rune(text)
	n := sort.Search(len(runes), func(n int) bool { return v.width(i, string(runes[:n+1])+"…") > room })
	return strings.TrimRight(string(runes[:n]), " ") + "…"
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
