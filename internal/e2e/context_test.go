//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"lamplight/assistant"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// TestContext fills the context of a model. The turns that would leave it are shown before a question is sent, those that are
// pinned stay, and the model is told what the window says.
func TestContext(t *testing.T) {
	model := wordyFile(t, fixture.Options{Name: "Short", Seed: 4, ContextLength: 2048})
	p := chatting(t, model, `{"sampling":{"seed":7},"context_length":2048}`)
	pages := p.pages(t, 2, 300) // of 2,048 tokens an answer has 512
	for range 3 {
		p.attach(1, pages[0])
		p.ask("What is on it?")
		p.await(`msg="answer ended" tokens=[1-9]`)
	}
	p.attach(2, pages...)
	p.typeText("What is on both?")
	p.until("turns that would leave", func() bool { return p.look().greyed > 0 })
	p.shot("leaving")

	p.scrollTo("Home", "turn-0-more")
	p.ofTurn("turn-0-more", "Up", "Up", "Up", "Return") // Keep in the model's view
	p.until("the pin", func() bool { return p.look().has("turn-0-pin") })
	p.until("others to leave", func() bool { return p.look().greyed > 0 })
	p.shot("pinned")
	p.click("prompt", func() bool { return p.look().focus == "prompt" })
	p.key("Return")
	p.await(`msg="answer ended"`)
	p.until("the answer", func() bool { l := p.look(); return l.turns == 8 && l.has("send") && l.greyed > 0 })
	p.shot("left")
	greyed := p.look().greyed
	p.quit()

	r := p.receipts(t)
	unseen := r[len(r)-1].Unseen
	if len(unseen) != greyed || slices.Contains(unseen, 0) || slices.Contains(unseen, 1) {
		t.Errorf("the model did not see the turns %v, of which %d are greyed", unseen, greyed)
	}
}

// TestPersona makes a persona, has it answer, and gives a chat something of its own.
func TestPersona(t *testing.T) {
	model, settings := endless(t)
	p := chatting(t, model, settings)
	p.click("persona", func() bool { return p.look().focus == menu })
	p.keys("Up", "Return") // Personas…
	p.until("the personas", func() bool { return p.look().focus == "New persona" })
	p.key("Return")
	p.until("a new one", func() bool { return p.look().focus == "entry" })
	p.xdotool("type", "--delay", "15", "Pirate")
	p.key("Tab")
	p.xdotool("type", "--delay", "15", "Speak like a pirate.")
	p.shot("new")
	p.keys("shift+Tab", "Return")
	p.until("the personas", func() bool { return p.look().focus == "New persona" })
	p.shot("list")
	p.key("Escape")
	p.until("the end of the dialog", func() bool { return p.look().focus != "New persona" })
	p.click("persona", func() bool { return p.look().focus == menu })
	p.keys("Down", "Down", "Return")
	p.until("the prompt", func() bool { return p.look().focus == "prompt" })
	p.ask("Where are you?")
	p.stopAfter(2, 20)

	p.click("this-chat", func() bool { return p.look().focus == "entry" })
	p.key("ctrl+a")
	p.xdotool("type", "--delay", "15", "Speak like a cat.")
	p.shot("this chat")
	p.key("shift+Tab")
	p.until("its last button", func() bool { return p.look().focus == "Save" })
	p.key("Return")
	p.until("the prompt", func() bool { return p.look().focus == "prompt" })
	p.ask("And now?")
	p.stopAfter(4, 20)
	p.quit()

	var told []string
	for _, r := range p.receipts(t) {
		told = append(told, r.System)
	}
	if want := []string{"Speak like a pirate.", "Speak like a cat."}; !slices.Equal(told, want) {
		t.Errorf("the model was told %q, want %q", told, want)
	}
}

// receipts are those of the one conversation in the vault of the program, which has ended.
func (p *program) receipts(t *testing.T) (all []assistant.Receipt) {
	t.Helper()
	v := p.openVault(t)
	list, err := v.Conversations(t.Context(), vault.Filter{})
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("the vault has %d conversations", len(list))
	}
	path, err := v.Path(t.Context(), list[0].ID)
	must(t, err)
	for _, m := range path {
		var extra struct{ Receipt *assistant.Receipt }
		if len(m.Extra) > 0 {
			must(t, json.Unmarshal(m.Extra, &extra))
		}
		if extra.Receipt != nil {
			all = append(all, *extra.Receipt)
		}
	}
	must(t, v.Close())
	return all
}

// wordyFile writes a model that ends its answers soon.
func wordyFile(t *testing.T, o fixture.Options) (path string) {
	t.Helper()
	path = t.TempDir() + "/" + strings.ToLower(o.Name) + ".gguf"
	must(t, wordy(o, true).WriteGGUF(path))
	return path
}

// pages writes files of so many words that the vocabulary has.
func (p *program) pages(t *testing.T, n, words int) (paths []string) {
	t.Helper()
	for i := range n {
		path := p.dir("page " + fmt.Sprint(i+1) + ".txt")
		must(t, os.WriteFile(path, []byte(fixture.Text(words)), 0o644))
		paths = append(paths, path)
	}
	return paths
}

// attach drops text files on the window. The draft has so many then.
func (p *program) attach(all int, paths ...string) {
	p.t.Helper()
	p.drop(paths...)
	p.await(fmt.Sprint(`msg="files attached" files=\d+ all=`, all))
	p.until("the chat", func() bool { return p.look().has("prompt") })
}
