package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

var (
	_ fyne.Widget            = (*ListRow)(nil)
	_ fyne.Tappable          = (*ListRow)(nil)
	_ fyne.SecondaryTappable = (*ListRow)(nil)
	_ desktop.Hoverable      = (*ListRow)(nil)
)

// ListRow is a row of a list: an icon, a line of text, and a button for everything that can be done with it, which is
// there while the pointer or the keyboard is at the row. A heading has its text only.
type ListRow struct {
	widget.BaseWidget

	OnTapped func()
	OnMenu   func(at fyne.Position) // the other button was pressed there, or the button for more, at whose foot it is

	face    RowFace
	more    *IconButton
	text    *widget.RichText
	segment *widget.TextSegment
	tip     tooltipSpot // shows a text that is cut

	hovered, current bool
	button           bool // the pointer is on the button, or the focus
}

// RowFace is what a ListRow shows.
type RowFace struct {
	Icon    fyne.Resource // nil for none
	Text    string
	Indent  bool
	Heading bool
	More    string // names the button for more; "": there is none
}

// NewListRow returns an empty row. The icon is that of its button.
func NewListRow(more fyne.Resource) *ListRow {
	r := &ListRow{segment: &widget.TextSegment{}}
	r.text = widget.NewRichText(r.segment)
	r.text.Truncation, r.text.Scroll = fyne.TextTruncateEllipsis, fyne.ScrollNone
	r.more = NewIconButton(more, "", func() { r.menu(r.foot()) })
	r.more.onHover = r.hoverButton
	r.more.onFocus = func(in bool) { r.hoverButton(in || r.more.hovered) }
	r.ExtendBaseWidget(r)
	return r
}

// Set replaces what the row shows.
func (r *ListRow) Set(f RowFace) {
	r.face = f
	r.segment.Text = f.Text
	r.segment.Style = widget.RichTextStyle{Inline: true}
	if f.Heading {
		r.segment.Style.ColorName, r.segment.Style.SizeName = ColorNameMuted, theme.SizeNameCaptionText
	}
	r.more.label = f.More
	r.Refresh()
}

// SetCurrent says whether the keyboard is at the row.
func (r *ListRow) SetCurrent(current bool) {
	if r.current != current {
		r.current = current
		r.Refresh()
	}
}

// Label returns the text.
func (r *ListRow) Label() string { return r.face.Text }

// ShowMenu is what the button does.
func (r *ListRow) ShowMenu() { r.menu(r.foot()) }

func (r *ListRow) menu(at fyne.Position) {
	r.tip.hide()
	if r.OnMenu != nil && r.face.More != "" {
		r.OnMenu(at)
	}
}

// foot is the place under the button.
func (r *ListRow) foot() fyne.Position {
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(r)
	return at.AddXY(r.more.Position().X, r.Size().Height)
}

func (r *ListRow) hoverButton(in bool) {
	if r.button != in {
		r.button = in
		r.Refresh()
	}
}

// Tapped implements [fyne.Tappable].
func (r *ListRow) Tapped(*fyne.PointEvent) {
	r.tip.hide()
	if r.OnTapped != nil && !r.face.Heading {
		r.OnTapped()
	}
}

// TappedSecondary implements [fyne.SecondaryTappable].
func (r *ListRow) TappedSecondary(e *fyne.PointEvent) { r.menu(e.AbsolutePosition) }

// MouseIn implements [desktop.Hoverable].
func (r *ListRow) MouseIn(*desktop.MouseEvent) {
	r.hovered = true
	r.Refresh()
	if !r.face.Heading && r.cut() {
		r.tip.show(r, r.face.Text)
	}
}

// cut reports whether the text is longer than the row.
func (r *ListRow) cut() bool {
	pad := r.Theme().Size(theme.SizeNameInnerPadding)
	return fyne.MeasureText(r.face.Text, r.Theme().Size(theme.SizeNameText), fyne.TextStyle{}).Width > r.text.Size().Width-2*pad
}

// MouseMoved implements [desktop.Hoverable].
func (r *ListRow) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements [desktop.Hoverable].
func (r *ListRow) MouseOut() {
	r.hovered = false
	r.tip.hide()
	r.Refresh()
}

// CreateRenderer implements [fyne.Widget].
func (r *ListRow) CreateRenderer() fyne.WidgetRenderer {
	v := &listRowRenderer{r: r, ground: canvas.NewRectangle(color.Transparent), icon: canvas.NewImageFromResource(nil)}
	v.icon.FillMode = canvas.ImageFillContain
	v.Refresh()
	return v
}

type listRowRenderer struct {
	r      *ListRow
	ground *canvas.Rectangle
	icon   *canvas.Image
}

func (v *listRowRenderer) Destroy() {}

func (v *listRowRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{v.ground, v.icon, v.r.text, v.r.more}
}

// MinSize is that of a row with a button, whatever the text.
func (v *listRowRenderer) MinSize() fyne.Size {
	th := v.r.Theme()
	text := fyne.MeasureText("M", th.Size(theme.SizeNameText), fyne.TextStyle{}).Height + 3*th.Size(theme.SizeNamePadding)
	more := v.r.more.MinSize()
	return fyne.NewSize(2*more.Width, max(text, more.Height))
}

// Layout leaves room for the button only while it is there. A heading stands at the foot of its row.
func (v *listRowRenderer) Layout(size fyne.Size) {
	r, th := v.r, v.r.Theme()
	pad, icon := th.Size(theme.SizeNamePadding), th.Size(theme.SizeNameInlineIcon)
	v.ground.Resize(size)

	left := float32(0)
	if r.face.Indent {
		left = icon + pad
	}
	if r.face.Icon != nil {
		v.icon.Move(fyne.NewPos(left+2*pad, (size.Height-icon)/2))
		v.icon.Resize(fyne.NewSquareSize(icon))
		left += 2*pad + icon - pad // the text has a padding of its own
	}
	right := size.Width
	if r.more.Visible() {
		button := r.more.MinSize()
		right -= button.Width + pad/2
		r.more.Move(fyne.NewPos(right, (size.Height-button.Height)/2))
		r.more.Resize(button)
	}
	height := r.text.MinSize().Height
	y := (size.Height - height) / 2
	if r.face.Heading {
		y = size.Height - height + pad
	}
	r.text.Move(fyne.NewPos(left, y))
	r.text.Resize(fyne.NewSize(max(0, right-left), height))
}

func (v *listRowRenderer) Refresh() {
	r, th := v.r, v.r.Theme()
	v.ground.FillColor = color.Transparent
	if !r.face.Heading && (r.hovered || r.button) {
		v.ground.FillColor = th.Color(theme.ColorNameHover, fyne.CurrentApp().Settings().ThemeVariant())
	}
	v.ground.CornerRadius = th.Size(theme.SizeNameSelectionRadius)
	v.icon.Hidden = r.face.Icon == nil
	if r.face.Icon != nil {
		v.icon.Resource = Tint(r.face.Icon, ColorNameMuted)
	}
	r.more.Hidden = r.face.More == "" || !(r.hovered || r.button || r.current)
	v.Layout(r.Size())
	for _, o := range v.Objects() {
		o.Refresh()
	}
	canvas.Refresh(r)
}
