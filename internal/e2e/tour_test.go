//go:build e2e

package e2e

import (
	"os"
	"regexp"
	"time"

	"lamplight/internal/fixture"
)

// written takes pictures of what is around conversations: the search, a private one, the trash.
func (p tour) written() {
	p.t.Helper()
	p.openPage("chat")
	p.key("ctrl+k")
	p.until("the search", func() bool { return p.look().focus == "entry" })
	p.xdotool("type", "--delay", "15", "tide")
	p.take("chat-search")
	p.key("Escape")
	p.until("the page", func() bool { return p.look().focus != "entry" })

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
	p.keys("Down", "Down", "Delete")
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
