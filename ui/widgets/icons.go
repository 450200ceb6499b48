package widgets

import (
	"bytes"
	_ "embed" // the icons are drawn for the program
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
)

var (
	//go:embed icons/check.svg
	checkSVG []byte
	//go:embed icons/close.svg
	closeSVG []byte
	//go:embed icons/copy.svg
	copySVG []byte
	//go:embed icons/down.svg
	downSVG []byte
	//go:embed icons/file.svg
	fileSVG []byte
	//go:embed icons/left.svg
	leftSVG []byte
	//go:embed icons/more.svg
	moreSVG []byte
	//go:embed icons/right.svg
	rightSVG []byte
	//go:embed icons/select.svg
	selectSVG []byte

	iconCheck  = fyne.NewStaticResource("check.svg", checkSVG)
	iconClose  = fyne.NewStaticResource("close.svg", closeSVG)
	iconCopy   = fyne.NewStaticResource("copy.svg", copySVG)
	iconDown   = fyne.NewStaticResource("down.svg", downSVG)
	iconFile   = fyne.NewStaticResource("file.svg", fileSVG)
	iconLeft   = fyne.NewStaticResource("left.svg", leftSVG)
	iconMore   = fyne.NewStaticResource("more.svg", moreSVG)
	iconRight  = fyne.NewStaticResource("right.svg", rightSVG)
	iconSelect = fyne.NewStaticResource("select.svg", selectSVG)
)

// ink is the colour that icons are drawn in, always written like this.
const ink = "#000000"

// Tint returns an icon in a colour of the theme, which it follows. The icon is an SVG whose strokes are black; Fyne's own
// themed resources would fill them. Buttons tint what they are given.
func Tint(icon fyne.Resource, name fyne.ThemeColorName) fyne.Resource { return tinted{icon, name} }

type tinted struct {
	icon fyne.Resource
	name fyne.ThemeColorName
}

// hex returns the colour in force, as SVG writes it.
func (t tinted) hex() string {
	s := fyne.CurrentApp().Settings()
	c := color.NRGBAModel.Convert(s.Theme().Color(t.name, s.ThemeVariant())).(color.NRGBA)
	return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B)
}

// Name implements [fyne.Resource]. Fyne keeps pictures by it, so it has the colour.
func (t tinted) Name() string { return t.hex() + t.icon.Name() }

// Content implements [fyne.Resource].
func (t tinted) Content() []byte {
	return bytes.ReplaceAll(t.icon.Content(), []byte(ink), []byte(t.hex()))
}
