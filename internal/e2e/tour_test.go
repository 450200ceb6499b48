//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"lamplight/internal/fixture"
)

// again takes pictures of what can be done with an answer, the last, and its question.
func (p tour) again(turn int) {
	p.t.Helper()
	of := func(turn int, name string) string { return fmt.Sprintf("turn-%d-%s", turn, name) }
	p.scrollTo("End", of(turn, "confidence"))
	p.click(of(turn, "again"), func() bool { return p.came(`msg="answer started"`) })
	p.await(`msg="answer ended"`)
	p.until("the arrows", func() bool { l := p.look(); return l.has(of(turn, "older")) && l.has(of(turn, "confidence")) })
	p.take("chat-versions")

	p.click(of(turn, "confidence"), func() bool { return p.came(`msg="confidence shown"`) })
	p.until("the words", func() bool { return p.look().focus == shaded })
	p.keys("Right", "Right", "Return")
	p.until("what it could have been", func() bool { return strings.HasPrefix(p.look().focus, "“") })
	p.take("chat-confidence")
	p.keys("Escape", "Escape")
	p.until("the end of it", func() bool { return p.look().focus != shaded })

	p.ofTurn(of(turn, "more"), "Up", "Up", "Up", "Up", "Return")
	p.until("the receipt", func() bool { return p.look().focus == "Close" })
	p.press("Replay")
	p.await(`msg="replay ended"`)
	p.take("chat-receipt")
	p.key("Escape")

	p.scrollTo("End", of(turn-1, "edit"))
	p.click(of(turn-1, "edit"), func() bool { return p.look().focus == "prompt" })
	p.take("chat-edit")
	p.key("Escape")
	p.key("ctrl+f")
	p.until("what finds", func() bool { return p.look().focus == "entry" })
	p.xdotool("type", "--delay", "15", "what happens")
	p.until("what is marked", func() bool { return p.look().found > 1 })
	p.take("chat-find")
	p.key("Escape")
	p.until("the end of it", func() bool { return !p.look().has("find") })
}

// attached takes a picture of a message before it is sent: files go with it, and turns would leave the model's view.
func (p tour) attached() {
	p.t.Helper()
	letter, notes := p.dir("letter to Ana.txt"), p.dir("tides.md")
	file([]byte("Dear Ana, the tide came twice today."))(p.t, letter)
	file([]byte("# Tides\n\nThe moon pulls at the sea, and so does the sun.\n"))(p.t, notes)
	p.attach(2, letter, notes)
	p.typeText("Does this say why?")
	p.until("turns that would leave", func() bool { return p.look().greyed > 0 })
	p.take("chat-attached")
	p.key("Return")
	p.await(`msg="answer ended"`)
	p.take("chat-sent-files")
}

// personas takes pictures of who answers.
func (p tour) personas() {
	p.t.Helper()
	p.click("persona", func() bool { return p.look().focus == menu })
	p.keys("Up", "Return")
	p.until("the personas", func() bool { return p.look().focus == "New persona" })
	p.key("Return")
	p.until("a new one", func() bool { return p.look().focus == "entry" })
	p.xdotool("type", "--delay", "15", "A keeper of a lighthouse")
	p.key("Tab")
	p.xdotool("type", "--delay", "15", "You have kept a light by the sea for forty years. You speak slowly, and of the weather first.")
	p.take("persona")
	p.keys("shift+Tab", "Return")
	p.until("the personas", func() bool { return p.look().focus == "New persona" })
	p.take("personas")
	p.key("Escape")
	p.click("this-chat", func() bool { return p.look().focus == "entry" })
	p.take("this-chat")
	p.key("Escape")
}

// folders takes a picture of the list with a conversation that is pinned and one in a folder.
func (p tour) folders() {
	p.t.Helper()
	p.tabTo(talks)
	p.keys("Down")
	p.menuOfRow("Down", "Down", "Return") // Pin
	p.await(`msg="conversations arranged"`)
	p.keys("Down", "Down")
	p.menuOfRow("Down", "Down", "Down", "Right", "Return")
	p.inField("The sea")
	p.await(`msg="conversations arranged"`)
	p.take("chat-folders")
}

// translated takes pictures of what the program looks like in another language.
func (p tour) translated(model string) {
	p.t.Helper()
	p.drop(model)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))
	p.ask("Why does the tide come twice a day?")
	p.await(`msg="answer ended"`)
	p.take("chat")
	p.openPage("settings")
	p.take("settings")
}

// written takes pictures of what is around conversations: the search, a private one, the trash.
func (p tour) written() {
	p.t.Helper()
	p.openPage("chat")
	p.key("ctrl+k")
	p.until("the search", func() bool { return p.look().focus == "entry" })
	p.xdotool("type", "--delay", "15", "tide")
	time.Sleep(3 * moment) // for it to be found
	p.take("chat-search")
	p.key("Escape")
	p.until("the page", func() bool { return p.look().focus != "entry" })

	p.folders()

	p.key("ctrl+shift+n")
	p.until("a private conversation", func() bool { return p.look().turns == 0 })
	p.typeText("What does nobody need to know?")
	p.key("Return")
	p.await(`msg="answer started"`)
	p.until("some words", func() bool { return p.look().written > 200 })
	p.key("Escape")
	p.await(`msg="answer ended"`)
	p.take("chat-private")

	p.tabTo(talks)
	p.keys("End", "Delete")
	p.until("what can be undone", func() bool { return p.look().has("notice-action") })
	p.press("Trash")
	p.take("chat-trash")
	p.key("Escape")
	p.click("notice-action", p.gone("notice")) // Undo
}

// kept takes pictures of the page Privacy, down to its middle.
func (p tour) kept() {
	p.t.Helper()
	for _, c := range []struct{ button, name string }{
		{"Set a passphrase…", "privacy-conversations"}, {"Make a backup…", "privacy-backup"}, {"Import a folder…", "privacy-exchange"},
	} {
		p.tabTo(c.button)
		p.take(c.name)
	}
	p.openPage("settings")
	p.openPage("privacy")
	p.press("Make a backup…")
	p.until("the dialog", func() bool { return p.look().focus == "entry" })
	p.take("backup")
	p.key("Escape")
}

// elsewhere takes pictures of models that other applications have.
func (p tour) elsewhere() {
	p.t.Helper()
	data, err := fixture.New(fixture.Options{Name: "Tides", Seed: 9}).Bytes()
	must(p.t, err)
	ollama(p.t, p.dir(".ollama"), "tides", data)
	hub(p.t, p.dir(".cache"), "ana", "lamps")
	must(p.t, os.MkdirAll(p.dir("Downloads"), 0o755))
	file([]byte("<html>"))(p.t, p.dir("Downloads/broken.gguf"))
	p.await(`msg="other models looked for" found=3`)
	p.openModels()
	p.take("models-found")
}

// smaller takes pictures of how a smaller model is made, of what it has lost, and of both side by side.
func (p tour) smaller(name string) {
	p.t.Helper()
	p.openPage("chat")
	p.openModels()
	p.menu(name)
	p.keys("Down", "Down", "Down", "Down", "Return") // Make a smaller one…
	chip := regexp.MustCompile(`^[FQ]\d`)
	p.until("the recipes", func() bool { return chip.MatchString(p.look().focus) })
	p.take("models-quantize")
	p.press("Q8_0")
	p.press("Make it")
	p.frozen("models-jobs", func() bool { v := p.look(); return v.job > 25 && v.job < 75 && p.came(`msg="job done" kind=quantize`) })
	p.await(`msg="job done" kind=receipt`)
	p.press("Show it")
	p.take("models-receipt")
	p.key("Escape")
	p.menu(name)
	p.keys("Down", "Down", "Down", "Down", "Down", "Down", "Return") // Compare…
	p.until("the question for both", func() bool { return p.look().focus == "prompt" })
	p.xdotool("type", "--delay", "15", "Why does the tide come twice a day?")
	p.key("Return")
	time.Sleep(10 * moment)
	p.take("models-compare")
	p.key("Escape")
	for range 2 {
		p.openPage("chat")
		p.openModels() // with the keyboard at the beginning
		p.press("Dismiss")
		time.Sleep(moment)
	}
}

// locked sets a passphrase, and takes pictures of the page that asks for it.
func (p tour) locked() {
	p.t.Helper()
	p.openPage("privacy")
	p.press("Set a passphrase…")
	p.until("the dialog", func() bool { return p.look().focus == "entry" })
	const passphrase = "lamp oil and a match"
	p.xdotool("type", "--delay", "15", passphrase)
	p.key("Tab")
	p.xdotool("type", "--delay", "15", passphrase)
	p.take("passphrase")
	p.key("Return")
	p.await(`msg="protection changed" to=passphrase`)
	p.key("ctrl+l")
	p.until("the question", func() bool { return p.look().focus == "Cancel" }) // the private chat would end
	p.take("lock-ask")
	p.press("Lock")
	p.await(`msg=locked`)
	p.until("the lock page", func() bool { return p.look().focus == "entry" })
	p.take("lock")
}
