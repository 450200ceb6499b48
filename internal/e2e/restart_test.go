//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"lamplight/assistant"
	"lamplight/privacy/vault"
)

// TestRestart closes the program, kills it while it writes, and chooses another language: what was written is there then, in
// the language that was chosen, on the page and at the place where it was left, in a window of the same size.
func TestRestart(t *testing.T) {
	model, settings := endless(t)
	p := chatting(t, model, settings)
	p.ask("Why does the tide come twice?")
	p.stopAfter(2, 3000)
	p.scrollTo("Home", "turn-0-edit")
	const draft = "And why does it not come three times?"
	p.typeText(draft)
	p.resize(1180, 800)
	left := p.look()
	p.openPage("settings")
	p.speak("de", 3) // below the system's language and English
	p.shot("settings")
	p.quit()

	p.launch()
	if w, h := p.size(); w != 1180 || h != 800 {
		t.Errorf("the window has %d × %d pixels", w, h)
	}
	german := translations(t, "de")
	p.until("the page that was shown", func() bool { return !p.look().has("prompt") })
	p.wantSpoken(german, 6)
	p.shot("settings in German")
	p.click("rail-chat", func() bool { return p.look().has("prompt") })
	p.until("what was written", func() bool { l := p.look(); return l.typed == len(draft) && l.turns == 2 && l.written == left.written })
	p.until("the place where it was left", func() bool { return p.look().has("turn-0-edit") })
	p.wantSpoken(german, 6)
	p.shot("chat in German")
	p.openPage("settings")
	p.speak("", 1)
	p.openPage("chat")

	p.fresh()
	const other = "What is a lamp?"
	p.typeText(other)
	p.await(`msg="what comes back was stored" characters=` + fmt.Sprint(len(draft+other)))
	p.tabTo(talks)
	p.keys("Down", "Down", "Return")
	p.until("the conversation", func() bool { l := p.look(); return l.turns == 2 && l.typed == len(draft) && l.focus == "prompt" })
	p.key("Return")
	p.await(`msg="answer started"`)
	p.await(`msg="what comes back was stored" characters=` + fmt.Sprint(len(other)))
	p.until("words to be stored", func() bool { return p.answersStored(t, 4) == 1 })
	p.kill()

	p.launch()
	p.await(`msg="history read" conversations=1`)
	p.until("the other words", func() bool { return p.look().typed == len(other) })
	p.tabTo(talks)
	p.keys("Down", "Down", "Return")
	p.until("the conversation that was cut off", func() bool { l := p.look(); return l.turns == 4 && l.written > 0 && l.focus == "prompt" })
	cut := p.look().written
	p.shot("cut off")
	p.scrollTo("End", "turn-3-again")
	p.press("Continue") // beside the mark
	p.await(`msg="answer started"`)
	p.stopAfter(4, cut)

	p.quit()

	v := p.openVault(t)
	list, err := v.Conversations(t.Context(), vault.Filter{})
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("the vault has %d conversations", len(list))
	}
	path, err := v.Path(t.Context(), list[0].ID)
	must(t, err)
	if len(path) != 4 || path[2].Text != draft || len(path[3].Text) <= cut || assistant.State(path[3].State) != assistant.Stopped {
		t.Errorf("the conversation has %d turns, the last in the state %v", len(path), path[len(path)-1].State)
	}
	must(t, v.Close())
}

// speak chooses a language, the one in this place of the list, on the page Settings.
func (p *program) speak(tag string, place int) {
	p.t.Helper()
	p.tabTo(choice)
	p.key("Return")
	p.until("the languages", func() bool { return p.look().focus == menu })
	for range place {
		p.key("Down")
	}
	p.key("Return")
	p.until("the language to be kept", func() bool {
		var s assistant.Settings
		data, _ := os.ReadFile(p.dir("data/lamplight/settings.json"))
		return json.Unmarshal(data, &s) == nil && s.Language == tag
	})
}

// translations are what the catalogue of a language has, by what it is in English, as far as the two differ.
func translations(t *testing.T, tag string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../ui/translations/" + tag + ".json")
	must(t, err)
	var all map[string]any
	must(t, json.Unmarshal(data, &all))
	said := map[string]string{}
	for english, is := range all {
		if is, ok := is.(string); ok && is != english && !strings.Contains(english, "{{") {
			said[english] = is
		}
	}
	return said
}

// invert makes those from a language to English of those from English.
func invert(said map[string]string) map[string]string {
	from := map[string]string{}
	for english, is := range said {
		from[is] = english
	}
	return from
}

// wantSpoken goes through the controls with the Tab key until so many are labelled in a language, and none may be in the
// one that it is translated from.
func (p *program) wantSpoken(said map[string]string, enough int) {
	p.t.Helper()
	of := invert(said)
	there := map[string]bool{}
	for range 60 {
		label := p.look().focus
		if is, ok := said[label]; ok && of[label] == "" {
			p.t.Errorf("%q is not %q", label, is)
		}
		if of[label] != "" {
			there[label] = true
		}
		if len(there) >= enough {
			return
		}
		p.tab()
	}
	p.t.Errorf("translated are only %v", there)
}

// resize gives the window another size, as a window manager does.
func (p *program) resize(width, height int) {
	p.t.Helper()
	must(p.t, xproto.ConfigureWindowChecked(p.source.c, p.window, xproto.ConfigWindowWidth|xproto.ConfigWindowHeight, []uint32{uint32(width), uint32(height)}).Check())
	send := func() int { x, _, _ := p.look().place("send"); return x }
	before := send()
	p.until("the larger window", func() bool { return send() != before })
}

// size is that of the window, in pixels.
func (p *program) size() (width, height int) {
	p.t.Helper()
	g, err := xproto.GetGeometry(p.source.c, xproto.Drawable(p.window)).Reply()
	must(p.t, err)
	return int(g.Width), int(g.Height)
}

// TestSlowStart has the process stand still for longer than the toolkit keeps what it does not draw, as on a computer that is
// busy: the window can be used all the same.
func TestSlowStart(t *testing.T) {
	p := start(t, options{stalls: 13 * time.Second})
	const question = "Still there?"
	p.typeText(question)
	p.until("the words", func() bool { return p.look().typed == len(question) })
	p.shot("slow")
	p.quit()
}
