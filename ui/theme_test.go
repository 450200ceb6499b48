package ui

import (
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// luminance is the relative luminance of WCAG 2.2.
func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// over is what is seen of a translucent colour on an opaque one.
func over(front, back color.NRGBA) color.NRGBA {
	mix := func(f, b uint8) uint8 {
		a := float64(front.A) / 255
		return uint8(math.Round(float64(f)*a + float64(b)*(1-a)))
	}
	return color.NRGBA{mix(front.R, back.R), mix(front.G, back.G), mix(front.B, back.B), 0xFF}
}

func TestContrastFormula(t *testing.T) {
	if got := contrast(rgb(0x000000), rgb(0xFFFFFF)); math.Abs(got-21) > 1e-9 {
		t.Errorf("black on white is %v", got)
	}
	if got := contrast(rgb(0x777777), rgb(0xFFFFFF)); math.Abs(got-4.478) > 0.001 {
		t.Errorf("grey on white is %v", got)
	}
}

func TestContrast(t *testing.T) {
	const (
		text    = 4.5 // WCAG 2.2, 1.4.3
		control = 3.0 // 1.4.11
	)
	grounds := []fyne.ThemeColorName{theme.ColorNameBackground, widgets.ColorNameSurface, widgets.ColorNameRaised, theme.ColorNameInputBackground, theme.ColorNameOverlayBackground, theme.ColorNameMenuBackground}
	pairs := []struct {
		front   fyne.ThemeColorName
		grounds []fyne.ThemeColorName
		least   float64
	}{
		{theme.ColorNameForeground, append(grounds, widgets.ColorNameBubble, widgets.ColorNameAdded, widgets.ColorNameRemoved, theme.ColorNameButton, theme.ColorNameHeaderBackground), text},
		{widgets.ColorNameMuted, append(grounds, widgets.ColorNameBubble), text},
		{theme.ColorNamePlaceHolder, grounds, text},
		{theme.ColorNamePrimary, grounds, text},
		{theme.ColorNameHyperlink, grounds, text},
		{theme.ColorNameSuccess, grounds, text},
		{theme.ColorNameWarning, grounds, text},
		{theme.ColorNameError, grounds, text},
		{theme.ColorNameForegroundOnPrimary, []fyne.ThemeColorName{theme.ColorNamePrimary}, text},
		{widgets.ColorNameOnMark, []fyne.ThemeColorName{widgets.ColorNameMark}, text},
		{theme.ColorNameForeground, []fyne.ThemeColorName{widgets.ColorNameShade1, widgets.ColorNameShade2, widgets.ColorNameShade3, widgets.ColorNameShade4}, text},
		{widgets.ColorNameRing, append(grounds, widgets.ColorNameBubble), control},
		{theme.ColorNameForeground, []fyne.ThemeColorName{theme.ColorNameFocus}, text},      // the entry of a menu that has the keyboard
		{theme.ColorNameBackground, []fyne.ThemeColorName{theme.ColorNameForeground}, text}, // tooltips
	}
	for name, p := range map[string]palette{"light": lightPalette, "dark": darkPalette, "night": nightPalette} {
		for _, pair := range pairs {
			for _, ground := range pair.grounds {
				front, back := p[pair.front].(color.NRGBA), p[ground].(color.NRGBA)
				if got := contrast(front, back); got < pair.least {
					t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", name, pair.front, ground, got, pair.least)
				}
			}
		}
		// The chosen row of a list, and what the pointer is on.
		for _, tint := range []fyne.ThemeColorName{theme.ColorNameSelection, theme.ColorNameHover, theme.ColorNamePressed} {
			for _, ground := range grounds {
				back := over(p[tint].(color.NRGBA), p[ground].(color.NRGBA))
				if got := contrast(p[theme.ColorNameForeground].(color.NRGBA), back); got < text {
					t.Errorf("%s: text on %s over %s has contrast %.2f", name, tint, ground, got)
				}
			}
		}
	}
}

func TestPalettesAreAlike(t *testing.T) {
	for name := range lightPalette {
		if _, ok := darkPalette[name]; !ok {
			t.Errorf("%s is missing in the dark", name)
		}
	}
	if len(lightPalette) != len(darkPalette) {
		t.Errorf("%d colours by day, %d by night", len(lightPalette), len(darkPalette))
	}
}

func TestLookFollowsTheChoice(t *testing.T) {
	for _, c := range []struct {
		choice assistant.Theme
		system fyne.ThemeVariant
		want   palette
	}{
		{assistant.FollowSystem, theme.VariantLight, lightPalette}, {assistant.FollowSystem, theme.VariantDark, darkPalette},
		{assistant.Light, theme.VariantDark, lightPalette}, {assistant.Dark, theme.VariantLight, darkPalette},
	} {
		if got := (look{choice: c.choice}).Color(theme.ColorNameBackground, c.system); got != c.want[theme.ColorNameBackground] {
			t.Errorf("%q on a system of variant %d has the ground %v", c.choice, c.system, got)
		}
	}
	l := look{}
	if l.Size(theme.SizeNameText) != 14 || l.Size(widgets.SizeNameReading) != 15 {
		t.Error("text is not of the size that it should be")
	}
	if l.Size(theme.SizeNameLineSpacing) != theme.DefaultTheme().Size(theme.SizeNameLineSpacing) {
		t.Error("what the look does not say is not Fyne's")
	}
}
