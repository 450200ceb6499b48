package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

var _ fyne.Widget = (*LargeButton)(nil)

// LargeButton is the one button of a page that begins what the page is for.
type LargeButton struct{ button }

// NewLargeButton returns a button that calls tapped, which may be nil.
func NewLargeButton(icon fyne.Resource, label string, tapped func()) *LargeButton {
	b := &LargeButton{button{icon: icon, label: label, shape: largeShape{}, OnTapped: tapped}}
	b.extend(b)
	return b
}

// largeShape is that of a chip with more room, in the accent.
type largeShape struct{ chipShape }

func (largeShape) minSize(icon, pad float32, text fyne.Size) fyne.Size {
	return fyne.NewSize(chipWidth(icon, pad, text)+12*pad, max(icon, text.Height)+5*pad)
}

func (largeShape) ground(b *button) fyne.ThemeColorName {
	if b.Disabled() {
		return ColorNameRaised
	}
	return theme.ColorNamePrimary
}

// large reports whether it is a LargeButton's.
func (b *button) large() bool {
	_, ok := b.shape.(largeShape)
	return ok
}
