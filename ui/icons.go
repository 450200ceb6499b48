package ui

import (
	"bytes"
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lamplight/assets"
)

// drawing is one of the program's icons in a colour of the theme. Fyne's own themed resources colour what is
// filled; these are strokes.
type drawing struct {
	name  string
	color fyne.ThemeColorName
}

// icon returns a drawing in the colour of text.
func icon(name string) fyne.Resource { return drawing{name, theme.ColorNameForeground} }

// litIcon returns a drawing in the accent colour.
func litIcon(name string) fyne.Resource { return drawing{name, theme.ColorNamePrimary} }

// hex returns the colour in force, as SVG writes it.
func (d drawing) hex() string {
	s := fyne.CurrentApp().Settings()
	c := color.NRGBAModel.Convert(s.Theme().Color(d.color, s.ThemeVariant())).(color.NRGBA)
	return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B)
}

// Name implements fyne.Resource. Pictures are cached under it, so it has the colour.
func (d drawing) Name() string { return d.name + d.hex() + ".svg" }

// Content implements fyne.Resource.
func (d drawing) Content() []byte {
	return bytes.ReplaceAll(assets.Icon(d.name), []byte("#000000"), []byte(d.hex()))
}
