package ui

import (
	"testing"

	"lamplight/internal/fixture"
	"lamplight/library/discover"
)

// A newcomer who has models already is told so where they look first, also when the model comes later.
func TestWelcomeSaysWhatIsThere(t *testing.T) {
	home := t.TempDir()
	u := begin(t, setup{options: func(o *Options) {
		o.elsewhere = func() []discover.Place {
			return discover.Places(home, func(string) string { return "" }, "linux")[:1]
		}
	}})
	u.lookedElsewhere(1)
	u.mustSee("This is Lamplight")
	u.mustNotSee("on this computer already")

	ollama(t, home, "tiny", modelBytes(t, fixture.Options{}))
	u.until("the model to be found", func() bool { return len(u.finder.others) == 1 })
	u.settle()
	u.mustSee("1 model is on this computer already.")
	u.tap("Show")
	if u.current != modelsPage {
		t.Errorf("the page is %d", u.current)
	}
	u.mustSee("tiny:latest")
}

// What is typed after the page has changed does not go to the page before.
func TestPageTakesTheKeyboard(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}})
	u.win.Canvas().Focus(u.chat.prompt)
	u.show(settingsPage)
	if o := u.win.Canvas().Focused(); o != nil {
		t.Errorf("the keyboard is at %T, which is not seen", o)
	}
	u.win.Canvas().Focus(u.rail[modelsPage])
	u.show(modelsPage)
	if o := u.win.Canvas().Focused(); o != u.rail[modelsPage] {
		t.Errorf("the keyboard is at %T", o)
	}
}
