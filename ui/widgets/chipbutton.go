package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

var _ fyne.Widget = (*ChipButton)(nil)

// ChipButton is a small button with a label and, when not nil, an icon before it.
type ChipButton struct{ button }

// NewChipButton returns a button that calls tapped, which may be nil.
func NewChipButton(icon fyne.Resource, label string, tapped func()) *ChipButton {
	b := &ChipButton{button{icon: icon, label: label, shape: chipShape{}, OnTapped: tapped}}
	b.extend(b)
	return b
}

type chipShape struct{}

func (chipShape) round() bool { return false }

func (chipShape) showsLabel() bool { return true }

func (chipShape) minSize(icon, pad float32, text fyne.Size) fyne.Size {
	return fyne.NewSize(chipWidth(icon, pad, text)+4*pad, max(icon, text.Height)+2*pad)
}

func (chipShape) place(size fyne.Size, icon, pad float32, text fyne.Size) (iconAt, textAt fyne.Position) {
	x := (size.Width - chipWidth(icon, pad, text)) / 2
	iconAt = fyne.NewPos(x, (size.Height-icon)/2)
	if icon > 0 {
		x += icon + pad
	}
	return iconAt, fyne.NewPos(x, (size.Height-text.Height)/2)
}

func chipWidth(icon, pad float32, text fyne.Size) float32 {
	if icon == 0 {
		return text.Width
	}
	return icon + pad + text.Width
}

func (chipShape) ground(b *button) fyne.ThemeColorName {
	switch {
	case b.hovered && !b.Disabled():
		return theme.ColorNameHover
	case b.active:
		return ColorNameBubble
	}
	return ColorNameRaised
}
