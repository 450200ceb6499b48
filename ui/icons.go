package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lamplight/assets"
	"lamplight/ui/widgets"
)

// icon returns one of the program's drawings, for a button to tint.
func icon(name string) fyne.Resource { return fyne.NewStaticResource(name+".svg", assets.Icon(name)) }

// darkLamp and litLamp show whether a model is the active one.
func darkLamp() fyne.Resource { return widgets.Tint(icon("lamp-off"), theme.ColorNameForeground) }
func litLamp() fyne.Resource  { return widgets.Tint(icon("lamp-on"), theme.ColorNamePrimary) }
