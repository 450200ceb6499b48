//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lamplight/assets/starter"
	"lamplight/assistant/stories"
	"lamplight/internal/fixture"
)

// TestStory has a model that was dropped tell a story. Of few likely words it takes none that is no word.
func TestStory(t *testing.T) {
	model := filepath.Join(t.TempDir(), "teller.gguf")
	must(t, wordy(fixture.Options{Name: "Teller", Seed: 1, ContextLength: 8192}, false).WriteGGUF(model))
	pretendSpeech(t)
	storyPath(t, chatting(t, model, `{"threads":1,"sampling":{"seed":7,"top_k":4}}`), "Teller")
}

// TestStarterStory has the starter do the same, on first start.
func TestStarterStory(t *testing.T) {
	pretendSpeech(t)
	storyPath(t, start(t, options{settings: `{"threads":1,"sampling":{"seed":7}}`}), stories.StarterName)
}

// pretendSpeech lets the next program find others that read aloud and print, which write down what they get.
func pretendSpeech(t *testing.T) {
	pretend(t, "spd-say", `cat > "$HOME/said"`)
	pretend(t, "lp", `cat > "$HOME/paper"`)
}

// storyPath ticks what a story is about, has it told, stopped, told differently and continued by the model of this name, keeps
// it, has it read aloud and printed, saves it as files, and finds it on the shelf after a restart.
func storyPath(t *testing.T, p *program, model string) {
	p.openPage("story")
	p.tick("Fox", "Owl", "Lighthouse", "Long")
	p.shot("ticked")

	p.key("ctrl+t")
	p.inSlices("the story to begin", func() bool { return p.came(`msg="a story is being told" deed=0`) })
	p.key("Escape")
	p.signal(syscall.SIGCONT)
	p.await(`msg="a story ended" deed=0 .*stopped=true`)
	p.until("the keyboard at the story", func() bool { return p.look().focus == "Keep" || p.look().focus == "Tell it" })
	if p.look().focus == "Tell it" { // it was stopped before its first word
		p.key("Return")
		p.await(`msg="a story ended" deed=0 .*stopped=false`)
	}
	p.shot("stopped")
	p.storyEnds("Tell it differently", 0)
	p.storyEnds("Next chapter", 1)
	p.shot("told")
	p.press("Keep")
	p.await(`msg="a story was kept"`)

	p.press("Read aloud")
	p.await(`msg="reading aloud ended" by=spd-say stopped=false`)
	p.press("Print")
	p.await(`msg="a story was given to the printer"`)
	for _, name := range []string{"out.pdf", "out.html"} {
		p.press("Save as a file")
		p.until("where to save", func() bool { return p.look().focus == "entry" })
		p.key("ctrl+a")
		p.xdotool("type", "--delay", "15", p.dir(name))
		p.key("Return")
		p.await(`msg="a story was saved as a file"`)
		p.until("the dialog to be gone", func() bool { return p.look().focus != "entry" })
	}
	p.quit()

	p.launch()
	p.await(`msg="shelf listed" stories=1`)
	p.until("the page Story", func() bool { return p.look().focus != "prompt" })
	p.press("What it is about")
	p.until("the cards", func() bool { return p.look().focus == "Fox" })
	for p.look().focus != talks { // the shelf is before the cards
		before := p.look().moves
		p.key("shift+Tab")
		p.until("the keyboard before that", func() bool { return p.look().moves != before })
	}
	p.key("Return")
	opened := p.await(`msg="a story was opened" paragraphs=\d+`)
	p.shot("found")
	p.quit()

	v := p.openVault(t)
	shelf, err := stories.Shelf(t.Context(), v)
	must(t, err)
	if len(shelf) != 1 {
		t.Fatalf("the shelf has %v", shelf)
	}
	s, err := stories.Load(t.Context(), v, shelf[0].ID)
	must(t, err)
	if !strings.HasSuffix(opened, fmt.Sprintf("paragraphs=%d", len(s.Paragraphs))) || s.Chapters() != 2 || s.Model != model || fmt.Sprint(s.Choice[starter.Heroes]) != "[a little fox a young owl]" {
		t.Errorf("kept is %+v", s)
	}
	for name, want := range map[string]string{
		"out.pdf": "%PDF-", "out.html": "<!DOCTYPE html>", "paper": "%PDF-", "said": " ",
	} {
		if data, err := os.ReadFile(p.dir(name)); err != nil || !bytes.HasPrefix(data, []byte(want)) || len(data) < 200 {
			t.Errorf("%s has %.60q: %v", name, data, err)
		}
	}
	said, err := os.ReadFile(p.dir("said"))
	must(t, err)
	if got, want := strings.Join(strings.Fields(string(said)), " "), strings.Join(strings.Fields(s.Words()), " "); got != want {
		t.Errorf("read aloud was %q, not %q", got, want)
	}
}

// pretend puts a program of the system's before the others, for the programs that this test starts.
func pretend(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// tick ticks cards, the first of which can be reached by Tab, in their order on the page.
func (p *program) tick(labels ...string) {
	p.t.Helper()
	p.tabTo(labels[0])
	for i, label := range labels {
		for i > 0 && p.look().focus != label {
			before := p.look().moves
			p.key("Right")
			p.until("the next card", func() bool { return p.look().moves != before })
		}
		p.key("space")
	}
}

// storyEnds presses a button and waits for the end of what it has the model do.
func (p *program) storyEnds(button string, deed int) {
	p.t.Helper()
	p.press(button)
	p.await(fmt.Sprintf(`msg="a story is being told" deed=%d`, deed))
	p.await(fmt.Sprintf(`msg="a story ended" deed=%d .*stopped=false`, deed))
	p.until("the keyboard at the story", func() bool { return p.look().focus == "Keep" })
}

// TestScreenshotsOfStory takes pictures of the page Story with a story of the starter, as TestScreenshots does of the others. It
// is night there in every theme.
func TestScreenshotsOfStory(t *testing.T) {
	folder := os.Getenv("LAMPLIGHT_SCREENSHOTS")
	if folder == "" {
		t.Skip("LAMPLIGHT_SCREENSHOTS names no folder to write them to: make screenshots does")
	}
	must(t, os.MkdirAll(folder, 0o755))
	for _, tongue := range []string{"", "de", "ja"} {
		t.Run(tongue, func(t *testing.T) {
			said := map[string]string{}
			suffix := ""
			if tongue != "" {
				said, suffix = translations(t, tongue), "-"+tongue
			}
			name := func(english string) string {
				if is, ok := said[english]; ok {
					return is
				}
				return english
			}
			p := start(t, options{settings: `{"language":"` + tongue + `"}`})
			p.openPage("story")
			tour := tour{p, func(name string) string { return filepath.Join(folder, name+suffix+".png") }}
			p.tick(name("Fox"), name("Owl"), name("Firefly"), name("Lighthouse"), name("Courage"))
			for range 14 { // back to the top
				p.key("Up")
			}
			tour.take("story-choose")
			if tongue != "" {
				p.quit()
				return
			}
			p.key("ctrl+t")
			p.await(`msg="a story ended"`)
			p.until("the keyboard at the story", func() bool { return p.look().focus == "Keep" })
			p.press("Keep")
			p.await(`msg="a story was kept"`)
			tour.take("story-told")
			tour.resizeTo(520, 800)
			tour.take("story-narrow")
			p.quit()
		})
	}
}
