package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

var _ fyne.Widget = (*IconButton)(nil)

// IconButton is a small button that draws its icon only; the label is its tooltip and its name.
type IconButton struct{ button }

// NewIconButton returns a button that calls tapped, which may be nil.
func NewIconButton(icon fyne.Resource, label string, tapped func()) *IconButton {
	b := &IconButton{button{icon: icon, label: label, shape: iconShape{}, OnTapped: tapped}}
	b.extend(b)
	return b
}

type iconShape struct{}

func (iconShape) round() bool { return false }

func (iconShape) showsLabel() bool { return false }

func (iconShape) minSize(icon, pad float32, _ fyne.Size) fyne.Size {
	return fyne.NewSquareSize(icon + 2*pad)
}

func (iconShape) place(size fyne.Size, icon, _ float32, _ fyne.Size) (iconAt, textAt fyne.Position) {
	return fyne.NewPos((size.Width-icon)/2, (size.Height-icon)/2), fyne.Position{}
}

func (iconShape) ground(b *button) fyne.ThemeColorName {
	switch {
	case b.hovered && !b.Disabled():
		return theme.ColorNameHover
	case b.active:
		return ColorNameRaised
	}
	return ""
}

// roundShape is that of a button that floats over other things.
type roundShape struct{ iconShape }

func (roundShape) round() bool { return true }

func (roundShape) minSize(icon, pad float32, _ fyne.Size) fyne.Size {
	return fyne.NewSquareSize(icon + 4*pad)
}

func (roundShape) ground(b *button) fyne.ThemeColorName {
	if b.hovered {
		return ColorNameRaised
	}
	return ColorNameSurface
}
