package ui

import (
	"image/color"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lamplight/ui/widgets"
)

// What a colour of the palettes is for. A new one has to be put into one of these.
var (
	textColors = []fyne.ThemeColorName{
		theme.ColorNameForeground, widgets.ColorNameMuted, theme.ColorNamePlaceHolder, theme.ColorNameHyperlink, theme.ColorNamePrimary,
		theme.ColorNameSuccess, theme.ColorNameWarning, theme.ColorNameError,
	}
	groundColors = []fyne.ThemeColorName{
		theme.ColorNameBackground, theme.ColorNameButton, theme.ColorNameDisabledButton, theme.ColorNameInputBackground, theme.ColorNameMenuBackground,
		theme.ColorNameOverlayBackground, theme.ColorNameHeaderBackground, widgets.ColorNameSurface, widgets.ColorNameRaised, widgets.ColorNameBubble,
	}
	tints = []fyne.ThemeColorName{theme.ColorNameHover, theme.ColorNamePressed, theme.ColorNameSelection} // over a ground
	// lines and pictures carry no text; a disabled control is exempt (WCAG 2.2, 1.4.3); the rest is text on one ground, or a
	// ground of one text, and TestContrast has the pair.
	otherColors = []fyne.ThemeColorName{
		theme.ColorNameInputBorder, theme.ColorNameSeparator, theme.ColorNameScrollBar, theme.ColorNameShadow, theme.ColorNameDisabled,
		theme.ColorNameFocus, theme.ColorNameForegroundOnPrimary, widgets.ColorNameRing, widgets.ColorNameAdded, widgets.ColorNameRemoved,
		widgets.ColorNameMark, widgets.ColorNameOnMark, widgets.ColorNameShade1, widgets.ColorNameShade2, widgets.ColorNameShade3, widgets.ColorNameShade4,
	}
)

// Every colour of text can be read on every ground, also where the pointer is.
func TestContrastOfAllText(t *testing.T) {
	for name, p := range map[string]palette{"light": lightPalette, "dark": darkPalette, "night": nightPalette} {
		known := map[fyne.ThemeColorName]bool{}
		for _, list := range [][]fyne.ThemeColorName{textColors, groundColors, tints, otherColors} {
			for _, c := range list {
				known[c] = true
				if p[c] == nil {
					t.Errorf("%s: there is no colour %s", name, c)
				}
			}
		}
		for c := range p {
			if !known[c] {
				t.Errorf("%s: nobody has said what the colour %s is for", name, c)
			}
		}
		for _, front := range textColors {
			for _, ground := range groundColors {
				back := p[ground].(color.NRGBA)
				if got := contrast(p[front].(color.NRGBA), back); got < 4.5 {
					t.Errorf("%s: %s on %s has contrast %.2f", name, front, ground, got)
				}
				if got := contrast(p[front].(color.NRGBA), over(p[theme.ColorNameHover].(color.NRGBA), back)); got < 4.5 {
					t.Errorf("%s: %s on %s under the pointer has contrast %.2f", name, front, ground, got)
				}
			}
		}
	}
}
