package ui

import (
	"slices"
	"testing"

	"lamplight/internal/fixture"
)

// What would leave the model's view with the draft is grey while the draft is there.
func TestLeaving(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{ContextLength: 256}}})
	u.ask(fixture.Text(12)) // the answer goes on until the context is full
	u.answered()
	u.settle()
	if got := u.chat.leaving(); len(got) != 0 {
		t.Fatalf("%v would leave without a draft", got)
	}
	u.chat.prompt.SetText(fixture.Text(12))
	u.settle()
	if got := u.chat.leaving(); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("%v would leave", got)
	}
	u.mustSee("2 messages would leave the model's view.")
	first := u.chat.shown
	u.chat.startPrivate()
	u.mustNotSee("would leave the model's view.")
	u.chat.open(first)
	u.settle()
	u.mustSee("2 messages would leave the model's view.")
	u.chat.prompt.SetText("")
	u.settle()
	u.mustNotSee("would leave the model's view.")
	if got := u.chat.leaving(); len(got) != 0 || u.chat.shown.Turns()[0].Dropped {
		t.Errorf("%v would leave still", got)
	}
}
