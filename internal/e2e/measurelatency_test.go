//go:build e2e

package e2e

import (
	"fmt"
	"image"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"lamplight/privacy/vault"
)

// keysMeasured is how many keys each figure is of.
const keysMeasured = 200

// longAnswer is how many characters are on the page before keys are measured.
const longAnswer = 20000

// TestMeasureLatency types while nothing happens, while an answer of 20,000 characters goes on, and when that is
// complete. What is measured is the time from the key event, which the X server gets as from a keyboard, to the pixels of the
// prompt in the memory of the X server; a keyboard and a monitor take their own.
func TestMeasureLatency(t *testing.T) {
	measure(t, "latency")
	model := filepath.Join(t.TempDir(), "gemma.gguf")
	wordyGemma(t, model)
	p := startBare(t, options{settings: `{"context_length":16384,"sampling":{"top_k":8}}`}, model)
	ty := newTypist(p)
	x, y, err := p.source.position(p.window)
	must(t, err)
	where := ty.find(image.Rect(x+p.promptX/2, y+p.promptY-8, x+p.promptX+300, y+p.promptY+8))

	ty.write(keysMeasured, where)
	ty.report(t, "an empty conversation")

	perSecond := p.speed
	p.say("Tell me a very long story.")
	began := time.Now()
	for time.Since(began).Seconds()*perSecond < 1.1*longAnswer && !p.came(`msg="answer ended"`) {
		time.Sleep(settled) // however long that takes
	}
	from := time.Since(began)
	p.shot("typing")
	ty.write(keysMeasured, where)
	to := time.Since(began)
	p.shot("typed")
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	all := time.Since(began)
	streaming := *ty
	ty.write(keysMeasured, where)
	idle := *ty
	p.quit()

	n := float64(p.longestAnswer(t))
	at := func(d time.Duration) int { return int(n * d.Seconds() / all.Seconds()) }
	streaming.report(t, fmt.Sprintf("an answer, from %d to %d characters", at(from), at(to)))
	idle.report(t, fmt.Sprintf("the same answer, complete, %d", int(n)))
}

// longestAnswer is how many characters the longest answer in the vault of a program has that has ended.
func (p *program) longestAnswer(t *testing.T) (longest int) {
	t.Helper()
	v := p.openVault(t)
	talks, err := v.Conversations(t.Context(), vault.Filter{})
	must(t, err)
	for _, talk := range talks {
		path, err := v.Path(t.Context(), talk.ID)
		must(t, err)
		for _, m := range path {
			longest = max(longest, utf8.RuneCountInString(m.Text))
		}
	}
	must(t, v.Close())
	return longest
}
