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
	u.mustSee("tiny:latest is on this computer already.")

	ollama(t, home, "other", modelBytes(t, fixture.Options{Seed: 2}))
	u.until("both models to be found", func() bool { return len(u.finder.others) == 2 })
	u.settle()
	u.mustSee("2 models are on this computer already.")
	u.tap("Show")
	if u.current != modelsPage {
		t.Errorf("the page is %d", u.current)
	}
	u.mustSee("tiny:latest", "other:latest")
}

// One model that is there already is used with one tap, and the prompt waits for the first question.
func TestWelcomeUses(t *testing.T) {
	home := t.TempDir()
	u := begin(t, setup{options: func(o *Options) {
		o.elsewhere = func() []discover.Place {
			return discover.Places(home, func(string) string { return "" }, "linux")[:1]
		}
	}})
	ollama(t, home, "tiny", modelBytes(t, fixture.Options{}))
	u.until("the model to be found", func() bool { return len(u.finder.others) == 1 })
	u.settle()
	u.tap("Use")
	u.until("the model to be chosen", func() bool { _, ok := u.shelf.chosen(); return ok })
	u.settle()
	u.mustSee("tiny:latest is ready.")
	if u.current != chatPage || u.win.Canvas().Focused() != u.chat.prompt {
		t.Errorf("the page is %d, the keyboard at %T", u.current, u.win.Canvas().Focused())
	}
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
