package widgets

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"github.com/google/go-cmp/cmp"
)

// controls returns the buttons under a turn.
func controls(v *StreamView, turn int) []*IconButton {
	var all []*IconButton
	for _, o := range v.turns[turn].controls.view.(*controlsView).extra {
		all = append(all, o.(*IconButton))
	}
	return all
}

// labels returns what the buttons under a turn are called.
func labels(v *StreamView, turn int) (all []string) {
	for _, b := range controls(v, turn) {
		all = append(all, b.Label())
	}
	return all
}

func TestTurnsAreCopied(t *testing.T) {
	v := show(t, fyne.NewSize(800, 600), Turn{Text: "A *question*"}, Turn{Role: Assistant, Text: "An **answer**"})
	var got []string
	v.OnCopy = func(text string) { got = append(got, text) }
	for i := range 2 {
		b := controls(v, i)[0]
		test.Tap(b)
		if b.Label() != "Copied" {
			t.Errorf("after copying the button says %q", b.Label())
		}
		b.MouseOut()
		if b.Label() != "Copy" {
			t.Errorf("after the pointer has gone the button says %q", b.Label())
		}
	}
	if want := []string{"A *question*", "An **answer**"}; !cmp.Equal(got, want) {
		t.Errorf("copied %q, want %q", got, want)
	}
	v.OnCopy = nil
	test.Tap(controls(v, 1)[0])
	if got := fyne.CurrentApp().Clipboard().Content(); got != "An **answer**" {
		t.Errorf("the clipboard has %q", got)
	}
}

func TestCodeIsCopied(t *testing.T) {
	v := show(t, fyne.NewSize(800, 600), Turn{Role: Assistant, Text: "Like so:\n\n```go\na := 1\n\tb()\n\n```\n"})
	got := ""
	v.OnCopy = func(text string) { got = text }
	test.Tap(v.turns[0].rows[1].view.(*codeView).copy)
	if want := "a := 1\n\tb()\n"; got != want {
		t.Errorf("copied %q, want %q", got, want)
	}
}

func TestLinksAreCopiedAndSaySo(t *testing.T) {
	v := show(t, fyne.NewSize(800, 600), Turn{Role: Assistant, Text: "See [the tables](https://example.org/tides \"title\") or the [moon](https://example.org/moon)."})
	var got []string
	v.OnCopy = func(text string) { got = append(got, text) }
	links := find[*linkKey](v)
	if len(links) != 2 {
		t.Fatalf("%d links", len(links))
	}
	layer := lastWindow().Content().(*TooltipLayer)
	links[0].MouseIn(nil)
	if tip := text(layer); !strings.Contains(tip, "Click to copy: https://example.org/tides") {
		t.Errorf("the tooltip is missing in %q", tip)
	}
	test.Tap(links[0])
	if tip := text(layer); !strings.Contains(tip, "Copied: https://example.org/tides") {
		t.Errorf("the notice is missing in %q", tip)
	}
	links[0].MouseOut()
	if tip := text(layer); strings.Contains(tip, "Copied") {
		t.Errorf("the notice stays: %q", tip)
	}
	links[1].TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if want := []string{"https://example.org/tides", "https://example.org/moon"}; !cmp.Equal(got, want) {
		t.Errorf("copied %q, want %q", got, want)
	}
}

// TestLinkOverLines clicks on the second line of a link, and expects the keyboard to stop there once.
func TestLinkOverLines(t *testing.T) {
	v := show(t, fyne.NewSize(300, 600), Turn{Role: Assistant, Text: "[" + strings.Repeat("many words ", 12) + "](https://example.org)"})
	got := ""
	v.OnCopy = func(text string) { got = text }
	rest, keys := find[*linkSpot](v), find[*linkKey](v)
	if len(rest) < 2 || len(keys) != 1 {
		t.Fatalf("%d lines, %d stops", len(rest), len(keys))
	}
	test.TapCanvas(lastWindow().Canvas(), fyne.CurrentApp().Driver().AbsolutePositionForObject(rest[1]).AddXY(5, 5))
	if got != "https://example.org" {
		t.Errorf("copied %q", got)
	}
}

func TestControlsShowOnHoverOnFocusAndUnderTheLastAnswer(t *testing.T) {
	v := show(t, fyne.NewSize(800, 900), Turn{Text: "One"}, Turn{Role: Assistant, Text: "Two"}, Turn{Text: "Three"}, Turn{Role: Assistant})
	c := lastWindow().Canvas()
	visible := func() (all []int) {
		for i := range v.turns {
			if !controls(v, i)[0].quiet {
				all = append(all, i)
			}
		}
		return all
	}
	check := func(when string, want ...int) {
		t.Helper()
		if got := visible(); !slices.Equal(got, want) {
			t.Errorf("%s: controls of %v are visible, want %v", when, got, want)
		}
	}
	check("at first")
	v.Append("Four")
	check("while the answer grows")
	v.setFooter(3, "")
	check("after the answer has ended", 3)
	test.MoveMouse(c, fyne.NewPos(400, 5+float32(v.turns[1].y)))
	check("over turn 1", 1, 3)
	test.MoveMouse(c, fyne.CurrentApp().Driver().AbsolutePositionForObject(controls(v, 1)[0]).AddXY(9, 9))
	check("over a button of turn 1", 1, 3)
	test.MoveMouse(c, fyne.NewPos(400, 890))
	check("below all turns", 3)
	c.Focus(controls(v, 0)[1])
	check("with the focus in turn 0", 0, 3)
	c.Focus(controls(v, 2)[1])
	check("with the focus in turn 2", 2, 3)
	c.Unfocus()
	check("without focus", 3)
	v.addTurn(Turn{Text: "Five"})
	check("after another question")
}

// TestTabReachesEverything walks through a long conversation with Tab, and back.
func TestTabReachesEverything(t *testing.T) {
	turns := answers(12)
	turns[9].Text += "\n\nSee [this](http://a.b).\n\n" + prose(2000) + "\n\n```\ncode\n```\n\n" + prose(3000)
	turns[11].Note = Note{Text: "Stopped.", Action: "Go on", OnAction: func() {}}
	v := show(t, fyne.NewSize(800, 300), turns...)
	c := lastWindow().Canvas()
	type stop struct {
		turn int
		name string
	}
	var want []stop
	for i := range turns {
		switch i {
		case 9:
			want = append(want, stop{9, "http://a.b"}, stop{9, "Copy the code"})
		case 11:
			want = append(want, stop{11, "Go on"})
		}
		want = append(want, stop{i, "Copy"}, stop{i, "Select text…"})
	}
	walk := func(next func()) (all []stop) {
		for range 3 * len(want) {
			next()
			if v.focused == nil {
				return all
			}
			o := c.Focused().(fyne.CanvasObject)
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
			if at.Y < 0 || at.Y+o.Size().Height > 300 {
				t.Errorf("%v has the focus at %v, where it cannot be seen", v.focused.turn.index, at)
			}
			all = append(all, stop{v.focused.turn.index, o.(fyne.Accessible).AccessibilityLabel()})
		}
		return all
	}
	v.scrollTo(0)
	c.Focus(v.port)
	if diff := cmp.Diff(want, walk(c.FocusNext), cmp.AllowUnexported(stop{})); diff != "" {
		t.Errorf("Tab (-want +got):\n%s", diff)
	}
	slices.Reverse(want)
	v.ScrollToEnd()
	c.Focus(v.port)
	if diff := cmp.Diff(want, walk(c.FocusPrevious), cmp.AllowUnexported(stop{})); diff != "" {
		t.Errorf("Shift+Tab (-want +got):\n%s", diff)
	}
}

// TestFocusOutlivesItsRow removes the turn that has the focus.
func TestFocusOutlivesItsRow(t *testing.T) {
	v := show(t, fyne.NewSize(800, 300), answers(3)...)
	c := lastWindow().Canvas()
	c.Focus(controls(v, 5)[0])
	v.scrollTo(0)
	if c.Focused() != controls(v, 5)[0] {
		t.Error("scrolled away from, the button has lost the focus")
	}
	v.truncate(2)
	if c.Focused() != v.port {
		t.Errorf("the focus is on %T", c.Focused())
	}
}

func TestNotesAndFooters(t *testing.T) {
	v := show(t, fyne.NewSize(800, 600), Turn{Text: "One"}, Turn{Role: Assistant, Text: "Two"})
	v.setFooter(1, "41 tok/s")
	tapped := 0
	v.setNote(1, Note{Text: "The context is full.", Error: true, Action: "New chat", OnAction: func() { tapped++ }})
	if got := texts(v); !cmp.Equal(got, []string{"One", "Two", "The context is full.", "New chat", "41 tok/s"}) {
		t.Errorf("shown %q", got)
	}
	colors := map[string]fyne.ThemeColorName{"The context is full.": theme.ColorNameError, "41 tok/s": ColorNameMuted}
	for _, o := range find[*canvas.Text](v) {
		if name, ok := colors[o.Text]; ok && o.Color != fyne.CurrentApp().Settings().Theme().Color(name, 0) {
			t.Errorf("%q is not in the colour %s", o.Text, name)
		}
	}
	test.Tap(find[*ChipButton](v)[0])
	if tapped != 1 {
		t.Errorf("tapped %d times", tapped)
	}
	v.setNote(1, Note{Text: strings.Repeat("A long note. ", 30), Action: "Act"})
	if b := find[*ChipButton](v)[0]; b.Position().X < 500 {
		t.Errorf("the button with room beside a long note is at %v", b.Position())
	}
	lastWindow().Resize(fyne.NewSize(400, 600))
	if b := find[*ChipButton](v)[0]; b.Position().X != 0 || b.Position().Y < 40 {
		t.Errorf("the button beside a long note is at %v", b.Position())
	}
	v.setNote(1, Note{})
	v.setFooter(1, strings.Repeat("very long ", 40))
	got := texts(v)
	if len(got) != 3 || !strings.HasSuffix(got[2], "…") {
		t.Errorf("shown %q", got)
	}
}

func TestGreyedTurns(t *testing.T) {
	v := show(t, fyne.NewSize(800, 900), Turn{Text: "One"}, Turn{Role: Assistant, Text: "Two [link](http://a.b)\n\n```\ncode\n```"}, Turn{Text: "Three"}, Turn{Role: Assistant, Text: "Four"}, Turn{Text: "Five"})
	const words = "What is grey above is not in the model's view"
	muted := func() (all []string) {
		for _, o := range find[*canvas.Text](v) {
			if o.Text != "" && o.Text != words && o.Color == fyne.CurrentApp().Settings().Theme().Color(ColorNameMuted, 0) {
				all = append(all, o.Text)
			}
		}
		return all
	}
	check := func(when string, lines int, want ...string) {
		t.Helper()
		if got := muted(); !slices.Equal(got, want) {
			t.Errorf("%s: muted %q, want %q", when, got, want)
		}
		if got := strings.Count(text(v), words); got != lines {
			t.Errorf("%s: %d lines, want %d", when, got, lines)
		}
	}
	check("at first", 0)
	v.SetGreyed(0, true)
	v.SetGreyed(1, true)
	check("two greyed", 1, "One", "Two", "link", "code")
	v.SetGreyed(3, true)
	check("two runs", 2, "One", "Two", "link", "code", "Four")
	v.SetGreyed(4, true)
	check("nothing after the second run", 1, "One", "Two", "link", "code", "Four", "Five")
	for i := range 5 {
		v.SetGreyed(i, false)
	}
	check("all seen again", 0)
}
