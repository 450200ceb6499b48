//go:build e2e

package e2e

import "testing"

// TestKill ends the program from one moment to the next while it writes an answer: what was said is there when
// it starts again. Nobody has to start it twice for that: a second instance shows the window of the first.
func TestKill(t *testing.T) {
	model, settings := endless(t)
	p := start(t, options{settings: settings})
	p.drop(model)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))
	p.ask("Why does the tide come twice?")
	p.until("some words", func() bool { return p.look().written > 0 })
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	p.until("the end of the words", func() bool { return p.look().has("send") })
	written := p.look().written

	if out, err := p.traced().CombinedOutput(); err != nil {
		t.Errorf("the second instance ended with %v: %s", err, out)
	}
	p.await(`msg="the window of the other instance was shown"`)

	p.key("ctrl+n")
	p.until("a new conversation", func() bool { return p.look().turns == 0 })
	p.ask("Tell me a story.")
	p.until("some words", func() bool { return p.look().written > 0 })
	p.kill()

	p.launch()
	p.await(`msg="history read" conversations=2`)
	p.shot("started again")
	p.tabTo(talks)
	p.key("Down")
	p.key("Return")
	p.until("the conversation that was cut off", func() bool { v := p.look(); return v.turns == 2 && v.focus == "prompt" })
	p.tabTo(talks)
	p.key("Down")
	p.key("Return")
	p.until("the conversation that was stopped", func() bool { v := p.look(); return v.turns == 2 && v.written == written })
	p.shot("the first conversation")
	p.ask("And now?")
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	p.quit()
}
