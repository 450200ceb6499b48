package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

var _ fyne.Widget = (*RailButton)(nil)

// RailWidth is the width of the rail that RailButtons stand in.
const RailWidth = 72

// RailButton leads to a page: an icon over a label. The page that is shown has its button active.
type RailButton struct{ button }

// NewRailButton returns a button that calls tapped, which may be nil.
func NewRailButton(icon fyne.Resource, label string, tapped func()) *RailButton {
	b := &RailButton{button{icon: icon, label: label, shape: railShape{}, OnTapped: tapped}}
	b.extend(b)
	return b
}

type railShape struct{}

func (railShape) round() bool { return false }

func (railShape) showsLabel() bool { return true }

func (railShape) minSize(icon, pad float32, text fyne.Size) fyne.Size {
	return fyne.NewSize(max(RailWidth-2*pad, text.Width+2*pad), icon+text.Height+4*pad)
}

func (railShape) place(size fyne.Size, icon, pad float32, text fyne.Size) (iconAt, textAt fyne.Position) {
	y := (size.Height - icon - text.Height) / 2
	return fyne.NewPos((size.Width-icon)/2, y), fyne.NewPos((size.Width-text.Width)/2, y+icon)
}

func (railShape) ground(b *button) fyne.ThemeColorName {
	switch {
	case b.active:
		return ColorNameSurface
	case b.hovered && !b.Disabled():
		return theme.ColorNameHover
	}
	return ""
}
