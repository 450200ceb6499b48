//go:build e2e

package e2e

import (
	"fmt"
	"image"
	"testing"
	"time"
	"unicode/utf8"

	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// longDocument is how many characters a document has into whose middle keys are typed.
const longDocument = 50000

// TestMeasureWrite types into the middle of a document of 50,000 characters, in paragraphs of about a hundred words, as
// [TestMeasureLatency] types into the prompt, and scrolls it by the wheel.
func TestMeasureWrite(t *testing.T) {
	measure(t, "write")
	p := start(t, options{})
	p.quit()
	text := ""
	for utf8.RuneCountInString(text) < longDocument {
		text += fixture.Text(100) + "\n"
	}
	v := p.openVault(t)
	_, err := v.NewDocument(t.Context(), vault.Document{Title: "A long one", Text: text})
	must(t, err)
	must(t, v.Close())
	p.launch()
	p.openPage("write")
	x, y, err := p.source.position(p.window)
	must(t, err)
	p.xdotool("mousemove", fmt.Sprint(x+200), fmt.Sprint(y+127), "click", "1") // the row below that of a new document
	p.await(`msg=places .*document=[5-9]\d{4} `)
	ex, ey, ok := p.look().place("editor")
	if !ok {
		t.Fatal("the editor is not on the page")
	}
	p.quit() // the page is shown again

	p.options.bare = true
	p.launchBare()
	time.Sleep(4 * settled)
	ty := newTypist(p)
	middle := func() image.Rectangle {
		p.xdotool("mousemove", fmt.Sprint(x+ex), fmt.Sprint(y+ey), "click", "5", "click", "5", "click", "5", "mousemove", fmt.Sprint(x+ex-200), fmt.Sprint(y+ey), "click", "1")
		time.Sleep(settled)
		p.xdotool("mousemove", "1279", "859")
		time.Sleep(settled)
		return ty.find(image.Rect(x+ex-280, y+ey-12, x+ex+280, y+ey+12))
	}
	ty.write(keysMeasured, middle())
	p.shot("written")
	length := utf8.RuneCountInString(text)
	ty.report(t, fmt.Sprintf("a document of %d characters", length))
	p.xdotool("mousemove", fmt.Sprint(x+ex), fmt.Sprint(y+ey))
	time.Sleep(settled)
	ty.scroll(keysMeasured, image.Rect(x+ex-150, y+ey-60, x+ex+150, y+ey+60))
	p.shot("scrolled")
	ty.report(t, fmt.Sprintf("the wheel in the same document of %d", length))
	p.quit()
}
