package ui

import (
	"runtime"

	"fyne.io/fyne/v2"
)

// still is an application in which nothing moves by itself. Fyne's caret fades in and out by drawing the whole window twelve times
// a second, for as long as a field has the keyboard.
type still struct{ fyne.App }

// Settings implements [fyne.App].
func (s still) Settings() fyne.Settings { return stillSettings{s.App.Settings()} }

type stillSettings struct{ fyne.Settings }

// ShowAnimations implements [fyne.Settings].
func (stillSettings) ShowAnimations() bool { return false }

// holdStill makes it the application that widgets ask. On macOS, where graphics processors do the drawing, Fyne counts on
// settings of its own type.
func holdStill(a fyne.App) {
	if runtime.GOOS != "darwin" {
		fyne.SetCurrentApp(still{a})
	}
}
