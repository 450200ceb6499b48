//go:build e2e

package e2e

import (
	"regexp"
	"testing"
	"time"
)

// soon is a multiple of the two seconds in which a story should begin: the program is watched here, and the machine may be
// busy.
const soon = 10 * time.Second

// TestFirstStart is what somebody sees who has nothing yet: the starter is the active model, and one click has it tell a story,
// whose way to the shelf is TestStarterStory's. No file but those of the program is there, and no socket was made.
func TestFirstStart(t *testing.T) {
	p := start(t, options{})
	p.await(`msg="other models looked for" found=0`)
	p.until("the button", func() bool { return p.look().has("tell-story") && p.look().focus == "prompt" })
	p.shot("first start")
	if got := p.models(); len(got) != 0 {
		t.Errorf("beside the starter the library has %v", got)
	}
	clicked := time.Now()
	p.click("tell-story", func() bool { return p.came(`msg="page shown" name=story`) })
	words := p.await(`msg="a story has begun"`)
	at, err := time.Parse(time.RFC3339Nano, regexp.MustCompile(`^time=(\S+)`).FindStringSubmatch(words)[1])
	must(t, err)
	took := at.Sub(clicked)
	t.Logf("the story began %d ms after the click (load %s)", took.Milliseconds(), load())
	if took > soon {
		t.Errorf("it took %v", took)
	}
	p.await(`msg="a story ended" deed=0 .*stopped=false`)
	p.until("the keyboard at the story", func() bool { return p.look().focus == "Keep" })
	p.shot("told")
	p.quit()
}
