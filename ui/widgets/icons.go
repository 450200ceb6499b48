package widgets

import (
	_ "embed" // the icons are drawn for the program

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
	//go:embed icons/select.svg
	selectSVG []byte

	iconCheck  = fyne.NewStaticResource("check.svg", checkSVG)
	iconClose  = fyne.NewStaticResource("close.svg", closeSVG)
	iconCopy   = fyne.NewStaticResource("copy.svg", copySVG)
	iconDown   = fyne.NewStaticResource("down.svg", downSVG)
	iconSelect = fyne.NewStaticResource("select.svg", selectSVG)
)
