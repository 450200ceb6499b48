package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"lamplight/ui/widgets"
)

// markedIn lists what is marked in the conversation, the current match in brackets.
func (u *session) markedIn() []string {
	color := func(name fyne.ThemeColorName) any {
		s := fyne.CurrentApp().Settings()
		return s.Theme().Color(name, s.ThemeVariant())
	}
	var list []string
	at := map[fyne.Position]string{}
	each(u.chat.stream, func(o fyne.CanvasObject) {
		switch o := o.(type) {
		case *canvas.Rectangle:
			switch any(o.FillColor) {
			case color(widgets.ColorNameMark):
				at[o.Position()] = "%s"
			case color(theme.ColorNamePrimary):
				at[o.Position()] = "[%s]"
			}
		case *canvas.Text:
			if form := at[o.Position()]; form != "" {
				list = append(list, fmt.Sprintf(form, o.Text))
			}
		}
	})
	return list
}

// turnTo shows the conversation with a title.
func (u *session) turnTo(title string) {
	u.t.Helper()
	for _, c := range u.chat.all {
		if c.title() == title {
			u.chat.open(c)
			u.settle()
			return
		}
	}
	u.t.Fatalf("there is no conversation %q", title)
}

func TestFindInChat(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.add("the tide", "It comes **twice**: café.\n\n```\nMoon\n```\n\n| moon |\n|-|\n| CAFÉ |")
	u.add("the cat", "It sleeps under the moon.")
	u.chat.refreshHistory()
	u.settle()
	u.turnTo("the tide")
	u.chat.prompt.SetText("a draft")
	u.win.Canvas().Focus(u.chat.prompt)
	u.shortcut0(fyne.KeyF)
	e := u.searchEntry()
	e.SetText("m")
	e.SetText("mo")
	e.SetText("moon")
	u.mustSee("1 of 2")
	if got := strings.Join(u.markedIn(), " "); got != "[Moon] moon" {
		t.Errorf("marked: %s", got)
	}
	u.press(fyne.KeyReturn, e)
	u.mustSee("2 of 2")
	u.press(fyne.KeyF3, e)
	u.tap("The next one")
	u.tap("The one before")
	u.mustSee("1 of 2")
	u.press(fyne.KeyUp, e)
	u.mustSee("2 of 2")
	e.SetText("CAFE")
	if got := strings.Join(u.markedIn(), " "); got != "café [CAFÉ]" {
		t.Errorf("marked: %s", got)
	}
	e.SetText("cafes")
	u.mustSee("Not found")

	e.SetText("moon")
	u.turnTo("the cat") // the same is looked for there
	u.mustSee("1 of 1")
	u.win.Canvas().Focus(u.chat.prompt)
	u.press(fyne.KeyF3, u.chat.prompt)
	u.shortcut0(fyne.KeyF)
	u.press(fyne.KeyEscape, u.searchEntry())
	if u.chat.finder.shown() || len(u.markedIn()) != 0 || u.win.Canvas().Focused() != u.chat.prompt {
		t.Errorf("marked %q, the keyboard is on %T", u.markedIn(), u.win.Canvas().Focused())
	}
	u.mustNotSee("1 of 1", "Not found")

	u.show(settingsPage) // from anywhere
	u.shortcut0(fyne.KeyF)
	if u.current != chatPage || u.searchEntry().Text != "moon" {
		t.Errorf("page %d, %q", u.current, u.searchEntry().Text)
	}
	u.mustSee("1 of 1")
	u.tap("Close")
	if u.chat.finder.shown() || u.win.Canvas().Focused() != u.chat.prompt {
		t.Errorf("the keyboard is on %T", u.win.Canvas().Focused())
	}
}

// What is found while an answer is written counts at once.
func TestFindWhileAnswering(t *testing.T) {
	u := begin(t, endless)
	u.ask("hello")
	u.until("an answer", func() bool { return len(u.streamed()) > 0 })
	u.shortcut0(fyne.KeyF)
	u.searchEntry().SetText("hello")
	u.mustSee("1 of ")
	u.press(fyne.KeyEscape, u.searchEntry()) // which does not stop it
	if u.chat.running == nil || u.chat.finder.shown() {
		t.Error("Escape has not closed the bar alone")
	}
	u.press(fyne.KeyEscape, u.chat.prompt)
	u.answered()
}

func TestSearchMarksWhatItFound(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.add("the moon", "It comes **twice**, the moon.")
	u.chat.refreshHistory()
	u.settle()
	u.finding("twi")
	u.press(fyne.KeyReturn, u.searchEntry())
	u.settle()
	if got := strings.Join(u.markedIn(), " "); got != "[twice]" {
		t.Errorf("marked: %s", got)
	}
	u.press(fyne.KeyEscape, u.chat.prompt)
	if got := u.markedIn(); len(got) != 0 {
		t.Errorf("marked: %s", got)
	}
}

// The lock leaves nothing of what was looked for.
func TestFindIsForgotten(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.shortcut0(fyne.KeyF)
	u.searchEntry().SetText("a secret")
	u.chat.forget()
	u.settle()
	if u.chat.finder.shown() || u.chat.finder.entry.Text != "" {
		t.Errorf("%q is still there", u.chat.finder.entry.Text)
	}
}
