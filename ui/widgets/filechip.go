package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*FileChip)(nil)

// FileChip stands for a file that goes with a message: its name, which opens it, and a button that takes it off.
type FileChip struct {
	widget.BaseWidget

	open   *ChipButton
	remove *IconButton // nil: it stays
}

// NewFileChip returns the chip of a file. label is its name and size. Without removed, nil, the file stays where it is.
func NewFileChip(label string, opened, removed func()) *FileChip {
	c := &FileChip{open: NewChipButton(iconFile, elideMiddle(label, longestChip), opened)}
	if removed != nil {
		c.remove = NewIconButton(iconClose, lang.L("Remove {{.Name}}", map[string]any{"Name": label}), removed)
		c.open.onKey = func(e *fyne.KeyEvent) {
			if e.Name == fyne.KeyDelete || e.Name == fyne.KeyBackspace {
				removed()
			} else {
				passKey(c.open, e)
			}
		}
	}
	c.ExtendBaseWidget(c)
	return c
}

// longestChip is how many characters of a name are shown.
const longestChip = 40

// elideMiddle cuts a text in its middle: the end of a name says what it is.
func elideMiddle(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	end := most / 2
	return string(r[:most-end-1]) + "…" + string(r[len(r)-end:])
}

// Label returns what names the file.
func (c *FileChip) Label() string { return c.open.Label() }

// SetLabel names the file otherwise, when its size is known.
func (c *FileChip) SetLabel(label string) {
	if label = elideMiddle(label, longestChip); label != c.open.Label() {
		c.open.SetFace(iconFile, label)
		c.Refresh()
	}
}

// Focus returns what has the keyboard while the chip has it.
func (c *FileChip) Focus() fyne.Focusable { return c.open }

// CreateRenderer implements [fyne.Widget].
func (c *FileChip) CreateRenderer() fyne.WidgetRenderer {
	r := &chipRenderer{c: c, ground: canvas.NewRectangle(color.Transparent)}
	r.objects = []fyne.CanvasObject{r.ground, c.open}
	if c.remove != nil {
		r.objects = append(r.objects, c.remove)
	}
	r.Refresh()
	return r
}

type chipRenderer struct {
	c       *FileChip
	ground  *canvas.Rectangle
	objects []fyne.CanvasObject
}

func (r *chipRenderer) Destroy()                     {}
func (r *chipRenderer) Objects() []fyne.CanvasObject { return r.objects }

func (r *chipRenderer) MinSize() fyne.Size {
	size := r.c.open.MinSize()
	if r.c.remove != nil {
		size.Width += r.c.remove.MinSize().Width
	}
	return size
}

func (r *chipRenderer) Layout(size fyne.Size) {
	r.ground.Resize(size)
	width := size.Width
	if remove := r.c.remove; remove != nil {
		width -= remove.MinSize().Width
		remove.Move(fyne.NewPos(width, 0))
		remove.Resize(fyne.NewSize(size.Width-width, size.Height))
	}
	r.c.open.Resize(fyne.NewSize(width, size.Height))
}

func (r *chipRenderer) Refresh() {
	r.ground.FillColor = r.c.Theme().Color(ColorNameRaised, fyne.CurrentApp().Settings().ThemeVariant())
	r.ground.CornerRadius = r.c.Theme().Size(SizeNameRadius)
	r.Layout(r.c.Size())
	for _, o := range r.objects {
		o.Refresh()
	}
}
