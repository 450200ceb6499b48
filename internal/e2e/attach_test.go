//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// TestAttach drops text on the window, is refused because it is too much for the model, takes the way out that is offered,
// and asks about the rest. The draft outlives the program in between.
func TestAttach(t *testing.T) {
	p := start(t, options{})
	p.drop(fixture.GGUF(t, fixture.Options{Name: "Tides", ContextLength: 512}))
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))

	letter, essay := p.dir("letter.txt"), p.dir("essay.md")
	file([]byte("Dear Ana, the tide came twice today."))(t, letter)
	file([]byte(strings.Repeat("The tide comes twice because the moon pulls.\n", 300)))(t, essay)
	p.click("rail-models", func() bool { return !p.look().has("prompt") })
	p.drop(letter)
	p.await(`msg="files attached" files=1 all=1`)
	p.drop(essay)
	p.await(`msg="files attached" files=1 all=2`)
	p.until("the chat", func() bool { return p.look().has("prompt") })
	p.shot("attached")
	p.typeText("Shorten them")
	p.quit()

	p.launch()
	p.until("the draft", func() bool { return p.look().typed == len("Shorten them") })
	p.click("prompt", func() bool { return p.look().focus == "prompt" })
	p.key("Return")
	p.until("the ways out", func() bool { return strings.HasPrefix(p.look().focus, "Keep only the first ") })
	p.shot("too long")
	p.key("Return")
	p.until("the prompt", func() bool { return p.look().focus == "prompt" })
	p.key("Return")
	p.await(`msg="answer ended"`)
	p.until("question and answer", func() bool { return p.look().turns == 2 })
	p.shot("answered")
	p.quit()

	v := p.openVault(t)
	list, err := v.Conversations(t.Context(), vault.Filter{})
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("the vault has %d conversations", len(list))
	}
	path, err := v.Path(t.Context(), list[0].ID)
	must(t, err)
	asked := string(path[0].Extra)
	for _, part := range []string{"letter.txt", "essay.md", "the tide came twice today.", "The rest of this file was left out."} {
		if !strings.Contains(asked, part) {
			t.Errorf("%q is not in what was asked with: %.300s", part, asked)
		}
	}
	items, err := v.Items(t.Context(), vault.Setting)
	must(t, err)
	if slices.ContainsFunc(items, func(i vault.Item) bool { return strings.Contains(string(i.Value), "the tide came") }) {
		t.Error("the files of the draft are in the vault still")
	}
	must(t, v.Close())
}
