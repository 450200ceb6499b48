package widgets

import "fyne.io/fyne/v2"

// Colours that the theme defines beyond Fyne's own names.
const (
	ColorNameSurface fyne.ThemeColorName = "surface" // cards and notices
	ColorNameRaised  fyne.ThemeColorName = "raised"  // rail, chips, code
	ColorNameBubble  fyne.ThemeColorName = "bubble"  // ground of the user's words
	ColorNameRing    fyne.ThemeColorName = "ring"    // around what has the keyboard; Fyne fills what has it in its menus with ColorNameFocus
	ColorNameMuted   fyne.ThemeColorName = "muted"   // secondary text
	ColorNameAdded   fyne.ThemeColorName = "added"   // ground of added text
	ColorNameRemoved fyne.ThemeColorName = "removed" // ground of removed text
	ColorNameMark    fyne.ThemeColorName = "mark"    // ground of words that were looked for
	ColorNameOnMark  fyne.ThemeColorName = "onMark"  // these words

	// Grounds of what a model was less and less sure of.
	ColorNameShade1 fyne.ThemeColorName = "shade1"
	ColorNameShade2 fyne.ThemeColorName = "shade2"
	ColorNameShade3 fyne.ThemeColorName = "shade3"
	ColorNameShade4 fyne.ThemeColorName = "shade4"
)

// Sizes that the theme defines beyond Fyne's own names.
const (
	SizeNameReading      fyne.ThemeSizeName = "reading"      // text of answers and documents
	SizeNameStory        fyne.ThemeSizeName = "story"        // text of stories
	SizeNameStoryTitle   fyne.ThemeSizeName = "storyTitle"   // and their titles
	SizeNameRadius       fyne.ThemeSizeName = "radius"       // corners of cards, chips, code
	SizeNameBubbleRadius fyne.ThemeSizeName = "bubbleRadius" // corners of bubbles
)
