//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
)

// TestScreenshotsOfWrite takes pictures of the page Write, as TestScreenshots does of the others.
func TestScreenshotsOfWrite(t *testing.T) {
	folder := os.Getenv("LAMPLIGHT_SCREENSHOTS")
	if folder == "" {
		t.Skip("LAMPLIGHT_SCREENSHOTS names no folder to write them to: make screenshots does")
	}
	must(t, os.MkdirAll(folder, 0o755))
	model, _ := proofreader(t, "proofread", strings.Join(tides, "\n\n"))
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := start(t, options{settings: `{"theme":"` + theme + `","complete":true,"sampling":{"seed":7}}`})
			tour{p, func(name string) string { return filepath.Join(folder, name+"-"+theme+".png") }}.writes(model, false)
			p.quit()
			p = start(t, options{settings: `{"theme":"` + theme + `","language":"de","sampling":{"seed":7}}`})
			tour{p, func(name string) string { return filepath.Join(folder, name+"-de-"+theme+".png") }}.writes(model, true)
			p.quit()
		})
	}
}

// writes takes pictures of a document and of what a model does with it. In another language there are fewer.
func (p tour) writes(model string, brief bool) {
	p.t.Helper()
	p.drop(model)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))
	p.openPage("write")
	notes := p.dir("Tides.md")
	file([]byte("# Tides\n\n"+strings.Join(tides, "\n\n")))(p.t, notes)
	p.opens(notes)
	p.take("write")
	said := map[string]string{}
	if brief {
		said = translations(p.t, "de")
	}
	name := func(english string) string {
		if is, ok := said[english]; ok {
			return is
		}
		return english
	}
	if !brief {
		p.keys("ctrl+End", "Return", "Return")
		p.xdotool("type", "--delay", "15", "The tide comes ")
		time.Sleep(10 * moment) // for the completion
		p.take("write-completion")
		p.key("Escape")
		p.key("ctrl+h")
		p.until("the bar", func() bool { l := p.look(); return l.has("replacement") && l.focus == "entry" })
		p.xdotool("type", "--delay", "15", "lamp")
		p.until("the first place to be selected", func() bool { return p.look().selected == len("lamp") })
		p.take("write-find")
		p.key("Escape")
		p.until("the text to have the keyboard", func() bool { return p.look().focus == editor })
	}
	p.key("ctrl+a")
	p.until("all to be selected", func() bool { return p.look().selected > 300 })
	p.press(name("Proofread"))
	p.await(`msg="writing action ended"`)
	p.until("the proposals", func() bool { return p.look().focus == talks })
	p.keys("Home", "a", "r")
	p.take("write-review")
	if brief {
		return
	}
	p.resizeTo(520, 800)
	p.take("write-review-narrow")
	p.resizeTo(1100, 740)
	p.press("Done")
	p.until("the text to have the keyboard", func() bool { return p.look().focus == editor })
	p.key("ctrl+Home")
	p.press("Key points")
	p.await(`msg="answer about a text ended"`)
	p.take("write-answer")
	p.key("Escape")
	p.resizeTo(520, 800)
	p.take("write-narrow")
	p.resizeTo(1100, 740)
	p.press("Earlier versions")
	p.until("the list of versions", func() bool { return p.look().focus == talks })
	p.take("write-versions")
	p.key("Escape")
}

// resizeTo gives the window a size. Pictures may be late.
func (p tour) resizeTo(width, height int) {
	p.t.Helper()
	must(p.t, xproto.ConfigureWindowChecked(p.source.c, p.window, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{uint32(width), uint32(height)}).Check())
	time.Sleep(2 * moment)
}
