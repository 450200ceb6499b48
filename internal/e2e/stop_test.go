//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestStop stops answers again and again while they are written, and while their prompt is read.
func TestStop(t *testing.T) {
	model, settings := endless(t)
	p := chatting(t, model, settings)
	for i := range 3 {
		p.ask("Tell me a story.")
		p.until("some words", func() bool { l := p.look(); return l.has("stop") && l.turns == 2*i+2 && l.written > 40 })
		p.timeStop("words are written")
		p.until("the end of the answer", func() bool { l := p.look(); return l.has("send") && l.turns == 2*i+2 })
	}
	long := p.dir("long.txt")
	file([]byte(strings.Repeat("The tide comes twice because the moon pulls.\n", 2000)))(t, long)
	p.fresh()
	for i := range 3 {
		p.drop(long)
		p.await(`msg="files attached" files=1 all=1`)
		p.ask("What is in it?")
		p.until("the answer to begin", func() bool { l := p.look(); return l.has("stop") && l.turns == 2*i+2 })
		p.timeStop("its prompt is read")
		p.until("the end of the answer", func() bool { l := p.look(); return l.has("send") && l.turns == 2*i+2 })
	}
	p.quit()
}
