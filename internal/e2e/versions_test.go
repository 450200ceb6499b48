//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"

	"lamplight/privacy/vault"
)

// TestVersions puts a question differently, has answers written again, and goes from version to version: with the arrows, by
// a search that finds words in a version that is not shown, in a chat of its own. It looks into how an answer came about,
// makes it once more, and has it written with another word. Nothing of all that is overwritten.
func TestVersions(t *testing.T) {
	model, settings := endless(t)
	p := chatting(t, model, settings)
	p.ask("Why does the tide come twice?")
	p.stopAfter(2, 40)
	p.ask("What has the moon to do with it?")
	p.stopAfter(4, 40)

	p.scrollTo("Home", "turn-0-edit")
	p.click("turn-0-edit", func() bool { return p.look().focus == "prompt" }) // of the question
	p.key("ctrl+a")
	p.xdotool("type", "--delay", "15", "Why does the sea rise twice?")
	p.shot("edited")
	p.key("Return")
	p.await(`msg="answer started"`)
	first := p.stopAfter(2, 40)
	p.scrollTo("Home", "turn-0-older")
	p.shot("asked differently")
	p.click("turn-0-older", func() bool { return p.look().turns == 4 })
	p.scrollTo("Home", "turn-0-newer")
	p.click("turn-0-newer", func() bool { return p.look().turns == 2 })

	p.scrollTo("End", "turn-1-again")
	p.click("turn-1-again", func() bool { return p.came(`msg="answer started"`) })
	p.await(`msg="answer started"`)
	second := p.stopAfter(2, first)
	p.click("turn-1-older", func() bool { l := p.look(); return l.written == first && !l.has("turn-1-older") })
	p.click("turn-1-newer", func() bool { l := p.look(); return l.written == second && !l.has("turn-1-newer") })
	p.shot("written again")

	p.key("ctrl+f")
	p.until("what finds", func() bool { return p.look().focus == "entry" })
	p.xdotool("type", "--delay", "15", "sea rise")
	p.until("what is marked", func() bool { return p.look().found == 1 })
	p.shot("found")
	p.key("Escape")
	p.until("nothing to be marked", func() bool { l := p.look(); return l.found == 0 && !l.has("find") })

	p.find("moon", func() bool { l := p.look(); return l.turns == 4 && l.found == 1 }) // in the other version
	p.shot("found in another version")

	p.tabTo("Edit") // of the question that was found
	p.key("Up")
	p.until("the answer before", func() bool { return p.look().has("turn-1-more") })
	p.ofTurn("turn-1-more", "Up", "Up", "Return")
	p.until("a chat with what was said so far", func() bool { return p.look().turns == 2 })
	p.shot("forked")
	p.click("notice-action", func() bool { return p.look().turns == 4 }) // back to it

	p.scrollTo("End", "turn-3-confidence")
	p.ofTurn("turn-3-more", "Up", "Return")
	p.await(`msg=notice text="The question and its answer were deleted\."`)
	p.until("what is left", func() bool { return p.look().turns == 2 })
	p.shot("deleted")
	p.key("ctrl+z")
	p.until("all of it", func() bool { return p.look().turns == 4 })

	p.scrollTo("End", "turn-3-confidence")
	p.ofTurn("turn-3-more", "Up", "Up", "Up", "Up", "Return") // How this answer came about…
	p.until("the receipt", func() bool { return p.look().focus == "Close" })
	p.shot("receipt")
	p.press("Replay")
	p.await(`msg="replay ended" same=true`)
	p.shot("replayed")
	p.key("Escape")

	p.click("turn-3-confidence", func() bool { return p.came(`msg="confidence shown"`) })
	p.await(`msg="confidence shown" tokens=[1-9]`)
	p.until("the words", func() bool { return p.look().focus == shaded })
	p.keys("Right", "Return")
	p.until("what it could have been", func() bool { return strings.HasPrefix(p.look().focus, "“") })
	p.shot("alternatives")
	p.key("Return")
	p.await(`msg="answer started"`)
	p.stopAfter(4, 60)
	p.until("the arrows", func() bool { return p.look().has("turn-3-older") })
	p.shot("another word")
	p.quit()

	p.wantVersions(t)
}

// wantVersions looks for all that was said in TestVersions.
func (p *program) wantVersions(t *testing.T) {
	t.Helper()
	v := p.openVault(t)
	list, err := v.Conversations(t.Context(), vault.Filter{})
	must(t, err)
	var got []int
	for _, c := range list {
		all, err := v.Messages(t.Context(), c.ID)
		must(t, err)
		got = append(got, len(all))
		for _, m := range all {
			if m.Text == "" || !m.Deleted.IsZero() {
				t.Errorf("a message has the words %q and was deleted at %v", m.Text, m.Deleted)
			}
		}
	}
	slices.Sort(got)
	// Two questions with an answer, the second with another one, and the first question differently with two answers; and
	// what was forked.
	if want := []int{2, 8}; !slices.Equal(got, want) {
		t.Errorf("the conversations have %v messages, want %v", got, want)
	}
	must(t, v.Check(t.Context()))
	must(t, v.Close())
}
