//go:build e2e

package e2e

import (
	"slices"
	"testing"

	"lamplight/privacy/vault"
)

// TestList renames, pins, moves and deletes conversations with the keyboard alone, and brings one back.
func TestList(t *testing.T) {
	model, settings := endless(t)
	p := start(t, options{settings: settings})
	p.drop(model)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))
	for _, question := range []string{"Why does the tide come twice?", "Tell me a story.", "What is a lamp?"} {
		p.key("ctrl+n")
		p.until("a new conversation", func() bool { return p.look().turns == 0 })
		p.stopped(question)
	}

	p.tabTo(talks)
	p.key("F2")
	p.inField("A lamp on a desk")
	p.await(`msg="conversations arranged"`)
	p.menuOfRow("Down", "Down", "Return") // Pin
	p.await(`msg="conversations arranged"`)
	p.keys("Down", "Down") // past a heading, to the first of all
	p.menuOfRow("Down", "Down", "Down", "Right", "Return")
	p.inField("The sea")
	p.await(`msg="conversations arranged"`)
	p.shot("arranged")
	p.key("Left") // to the folder
	p.key("Left") // which is folded
	p.key("Home")
	p.key("Delete")
	p.until("what can be undone", func() bool { return p.look().has("notice-action") })
	p.shot("deleted")
	p.key("ctrl+z")
	p.until("the notice to go", p.gone("notice-action"))
	p.until("the conversation", func() bool { l := p.look(); return l.turns == 2 && l.focus == "prompt" })
	p.shot("brought back")
	p.quit()

	p.launch() // with the folder as it was left
	p.await(`msg="history read" conversations=3`)
	p.shot("started again")
	p.quit()

	v := p.openVault(t)
	list, err := v.Conversations(t.Context(), vault.Filter{})
	must(t, err)
	type place struct {
		title, folder string
		pinned        bool
	}
	var got []place
	for _, c := range list {
		got = append(got, place{c.Title, c.Folder, c.Pinned})
	}
	want := []place{{"A lamp on a desk", "", true}, {"Tell me a story.", "", false}, {"Why does the tide come twice?", "The sea", false}}
	if !slices.Equal(got, want) {
		t.Errorf("the vault has %v, want %v", got, want)
	}
	must(t, v.Close())
}

// inField writes into the field of a dialog, in the place of what is selected, and accepts it.
func (p *program) inField(text string) {
	p.t.Helper()
	p.until("the dialog", func() bool { return p.look().focus == "entry" })
	p.xdotool("type", "--delay", "15", text)
	p.key("Return")
	p.until("the end of the dialog", func() bool { return p.look().focus == talks })
}

// menuOfRow opens the menu of the row that has the keyboard, and chooses from it.
func (p *program) menuOfRow(keys ...string) {
	p.t.Helper()
	p.key("shift+F10")
	p.until("the menu", func() bool { return p.look().focus != talks })
	p.keys(keys...)
}
