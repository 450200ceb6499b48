package ui

import (
	"image/color"
	"maps"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// look is the program's theme: warm paper, amber light. It follows the system's light or dark unless the user
// has chosen one.
type look struct {
	choice assistant.Theme
	scale  float32 // of text and what has to fit it; 0: 1
	night  bool    // it is night, whatever was chosen: see [Window.dressing]
}

// lookOf returns the theme that the user has chosen.
func lookOf(s assistant.Settings) look { return look{choice: s.Theme, scale: s.TextSize()} }

// dressing is the theme of the page that is shown: stories are told at night.
func (w *Window) dressing() look {
	l := lookOf(w.Settings)
	l.night = w.current == storyPage
	return l
}

// dress puts the theme of the page that is shown into force, if it is another one.
func (w *Window) dress() {
	if s := fyne.CurrentApp().Settings(); s.Theme() != fyne.Theme(w.dressing()) {
		s.SetTheme(w.dressing())
	}
}

var _ fyne.Theme = look{}

// palette has the colours of one variant by the names that widgets ask for. To its ground text has a contrast
// of at least 4.5 and the focus ring of at least 3 (WCAG 2.2, 1.4.3 and 1.4.11), which a test computes.
type palette map[fyne.ThemeColorName]color.Color

func rgb(hex uint32) color.NRGBA {
	return color.NRGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 0xFF}
}

// faint is a colour of which alpha/255 shows.
func faint(hex uint32, alpha uint8) color.NRGBA {
	c := rgb(hex)
	c.A = alpha
	return c
}

var lightPalette = palette{
	theme.ColorNameBackground:          rgb(0xFBF8F3),
	theme.ColorNameForeground:          rgb(0x26221C),
	theme.ColorNamePrimary:             rgb(0x8F5400),
	theme.ColorNameForegroundOnPrimary: rgb(0xFFFFFF),
	theme.ColorNameHyperlink:           rgb(0x7A4B00),
	theme.ColorNameFocus:               rgb(0xC6801A),
	theme.ColorNameSuccess:             rgb(0x2E6B3A),
	theme.ColorNameWarning:             rgb(0x875700),
	theme.ColorNameError:               rgb(0xA32A21),
	theme.ColorNameButton:              rgb(0xF3EDE3),
	theme.ColorNameDisabledButton:      rgb(0xF3EDE3),
	theme.ColorNameDisabled:            rgb(0xA69C8C),
	theme.ColorNamePlaceHolder:         rgb(0x695F52),
	theme.ColorNameInputBackground:     rgb(0xFFFFFF),
	theme.ColorNameInputBorder:         rgb(0xDDD3C3),
	theme.ColorNameHover:               faint(0x26221C, 0x0C),
	theme.ColorNamePressed:             faint(0x26221C, 0x1C),
	theme.ColorNameSelection:           faint(0xC77700, 0x40),
	theme.ColorNameScrollBar:           faint(0x26221C, 0x50),
	theme.ColorNameSeparator:           rgb(0xE7DECF),
	theme.ColorNameMenuBackground:      rgb(0xFFFFFF),
	theme.ColorNameOverlayBackground:   rgb(0xFFFFFF),
	theme.ColorNameHeaderBackground:    rgb(0xF3EDE3),
	theme.ColorNameShadow:              faint(0x26221C, 0x28),
	widgets.ColorNameSurface:           rgb(0xFFFFFF),
	widgets.ColorNameRaised:            rgb(0xF3EDE3),
	widgets.ColorNameBubble:            rgb(0xF6E6CC),
	widgets.ColorNameRing:              rgb(0xBF7200),
	widgets.ColorNameMuted:             rgb(0x695F52),
	widgets.ColorNameAdded:             rgb(0xDDEFD9),
	widgets.ColorNameRemoved:           rgb(0xF6DAD6),
	widgets.ColorNameMark:              rgb(0xFFD65C),
	widgets.ColorNameOnMark:            rgb(0x26221C),
	widgets.ColorNameShade1:            rgb(0xFBEACB),
	widgets.ColorNameShade2:            rgb(0xF5D49B),
	widgets.ColorNameShade3:            rgb(0xEDB968),
	widgets.ColorNameShade4:            rgb(0xE09C3A),
}

var darkPalette = palette{
	theme.ColorNameBackground:          rgb(0x15171C),
	theme.ColorNameForeground:          rgb(0xECE6DA),
	theme.ColorNamePrimary:             rgb(0xF0B052),
	theme.ColorNameForegroundOnPrimary: rgb(0x1B1405),
	theme.ColorNameHyperlink:           rgb(0xF2C27B),
	theme.ColorNameFocus:               rgb(0x80602A),
	theme.ColorNameSuccess:             rgb(0x8CCB95),
	theme.ColorNameWarning:             rgb(0xE8B45A),
	theme.ColorNameError:               rgb(0xF0938A),
	theme.ColorNameButton:              rgb(0x262A33),
	theme.ColorNameDisabledButton:      rgb(0x262A33),
	theme.ColorNameDisabled:            rgb(0x6F6A60),
	theme.ColorNamePlaceHolder:         rgb(0xB0A899),
	theme.ColorNameInputBackground:     rgb(0x1C1F26),
	theme.ColorNameInputBorder:         rgb(0x363B46),
	theme.ColorNameHover:               faint(0xECE6DA, 0x12),
	theme.ColorNamePressed:             faint(0xECE6DA, 0x24),
	theme.ColorNameSelection:           faint(0xF0B052, 0x48),
	theme.ColorNameScrollBar:           faint(0xECE6DA, 0x50),
	theme.ColorNameSeparator:           rgb(0x2C313B),
	theme.ColorNameMenuBackground:      rgb(0x1C1F26),
	theme.ColorNameOverlayBackground:   rgb(0x1C1F26),
	theme.ColorNameHeaderBackground:    rgb(0x262A33),
	theme.ColorNameShadow:              faint(0x000000, 0x60),
	widgets.ColorNameSurface:           rgb(0x1C1F26),
	widgets.ColorNameRaised:            rgb(0x262A33),
	widgets.ColorNameBubble:            rgb(0x3A2F1E),
	widgets.ColorNameRing:              rgb(0xF0B052),
	widgets.ColorNameMuted:             rgb(0xB0A899),
	widgets.ColorNameAdded:             rgb(0x1F3A26),
	widgets.ColorNameRemoved:           rgb(0x472625),
	widgets.ColorNameMark:              rgb(0x6E5417),
	widgets.ColorNameOnMark:            rgb(0xECE6DA),
	widgets.ColorNameShade1:            rgb(0x332B1D),
	widgets.ColorNameShade2:            rgb(0x4B3A1D),
	widgets.ColorNameShade3:            rgb(0x65491B),
	widgets.ColorNameShade4:            rgb(0x7C5719),
}

// nightPalette is the dark one under a clear sky.
var nightPalette = func() palette {
	p := maps.Clone(darkPalette)
	for name, hex := range map[fyne.ThemeColorName]uint32{
		theme.ColorNameBackground: 0x0F1424, theme.ColorNameInputBackground: 0x151B30, theme.ColorNameMenuBackground: 0x161D33,
		theme.ColorNameOverlayBackground: 0x161D33, theme.ColorNameHeaderBackground: 0x1D2540, theme.ColorNameButton: 0x1D2540,
		theme.ColorNameDisabledButton: 0x1D2540, theme.ColorNameSeparator: 0x283152, theme.ColorNameInputBorder: 0x34406A,
		theme.ColorNameForeground: 0xF2EBDD, theme.ColorNamePlaceHolder: 0xB5B3BB, widgets.ColorNameMuted: 0xB5B3BB,
		widgets.ColorNameSurface: 0x161D33, widgets.ColorNameRaised: 0x1D2540, widgets.ColorNameBubble: 0x3A301F,
	} {
		p[name] = rgb(hex)
	}
	return p
}()

// sizes are in device-independent pixels.
var sizes = map[fyne.ThemeSizeName]float32{
	theme.SizeNameText:            14,
	theme.SizeNameCaptionText:     12,
	theme.SizeNameSubHeadingText:  17,
	theme.SizeNameHeadingText:     22,
	theme.SizeNamePadding:         4,
	theme.SizeNameInnerPadding:    8,
	theme.SizeNameInputRadius:     8,
	theme.SizeNameSelectionRadius: 6,
	theme.SizeNameInlineIcon:      20,
	theme.SizeNameScrollBar:       10,
	theme.SizeNameScrollBarSmall:  3,
	widgets.SizeNameReading:       15,
	widgets.SizeNameStory:         20,
	widgets.SizeNameStoryTitle:    30,
	widgets.SizeNameRadius:        8,
	widgets.SizeNameBubbleRadius:  12,
}

// withText is a length that grows and shrinks with the text, given for the usual size.
func withText(length float32) float32 {
	return length * theme.Size(theme.SizeNameText) / sizes[theme.SizeNameText]
}

// Color implements fyne.Theme.
func (l look) Color(name fyne.ThemeColorName, system fyne.ThemeVariant) color.Color {
	variant := l.variant(system)
	p := lightPalette
	switch {
	case l.night:
		p = nightPalette
	case variant == theme.VariantDark:
		p = darkPalette
	}
	if c, ok := p[name]; ok {
		return c
	}
	return theme.DefaultTheme().Color(name, variant)
}

func (l look) variant(system fyne.ThemeVariant) fyne.ThemeVariant {
	if l.night {
		return theme.VariantDark
	}
	switch l.choice {
	case assistant.Light:
		return theme.VariantLight
	case assistant.Dark:
		return theme.VariantDark
	}
	return system
}

// scaled are the sizes that grow and shrink with the text.
var scaled = map[fyne.ThemeSizeName]bool{
	theme.SizeNameText: true, theme.SizeNameCaptionText: true, theme.SizeNameSubHeadingText: true, theme.SizeNameHeadingText: true,
	theme.SizeNameInlineIcon: true, widgets.SizeNameReading: true, widgets.SizeNameStory: true, widgets.SizeNameStoryTitle: true,
}

// Size implements fyne.Theme.
func (l look) Size(name fyne.ThemeSizeName) float32 {
	s, ok := sizes[name]
	if !ok {
		s = theme.DefaultTheme().Size(name)
	}
	if scaled[name] && l.scale != 0 {
		s *= l.scale
	}
	return s
}

// Font implements fyne.Theme.
func (look) Font(style fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(style) }

// Icon implements fyne.Theme.
func (look) Icon(name fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(name) }
