package ui

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"lamplight/internal/fixture"
)

// lastPlaces is what the log said last of the window.
func (u *session) lastPlaces() string {
	all := regexp.MustCompile(`(?m)^.*msg=places .*$`).FindAllString(u.log.String(), -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

func TestPlaces(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}, debug: true})
	u.until("places", func() bool { return strings.Contains(u.lastPlaces(), "turns=0") })
	for _, name := range []string{"rail-chat", "rail-models", "rail-privacy", "rail-settings", "seal", "prompt", "send", "model"} {
		at := regexp.MustCompile(`\b` + name + `=(\d+),(\d+)`).FindStringSubmatch(u.lastPlaces())
		if at == nil {
			t.Errorf("no place of %s in %s", name, u.lastPlaces())
			continue
		}
		var x, y int
		if _, err := fmt.Sscan(at[1]+" "+at[2], &x, &y); err != nil || x <= 0 || y <= 0 || x >= 1100 || y >= 740 {
			t.Errorf("%s is at %d, %d", name, x, y)
		}
	}
	if strings.Contains(u.lastPlaces(), "notice") || strings.Contains(u.lastPlaces(), "import-cancel") {
		t.Errorf("what is hidden has a place: %s", u.lastPlaces())
	}
	u.say("something", "do it", nil)
	u.until("the notice", func() bool { return strings.Contains(u.lastPlaces(), "notice-action=") })
}

// The log has what was done, at its most talkative too, and never what was said.
func TestLogHasNoWords(t *testing.T) {
	s := brief
	s.debug = true
	u := begin(t, s)
	u.chat.prompt.SetText("xylophone")
	u.until("the typed characters", func() bool { return strings.Contains(u.lastPlaces(), "typed=9") })
	u.ask("xylophone")
	u.until("the end of the answer", func() bool { return strings.Contains(u.log.String(), `msg="answer ended"`) })
	log := u.log.String()
	if strings.Contains(log, "xylophone") {
		t.Errorf("a question is in the log:\n%s", log)
	}
	if answer := strings.TrimSpace(u.streamed()); len(answer) < 10 || strings.Contains(log, answer[:10]) {
		t.Errorf("an answer is in the log, or there is none:\n%s", log)
	}
}
