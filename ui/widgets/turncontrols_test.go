package widgets

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
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

// acting returns a view with actions that note what was done.
func acting(t *testing.T, got *[]string, turns ...Turn) *StreamView {
	t.Helper()
	v := show(t, fyne.NewSize(800, 900))
	v.Actions = func(turn int) []TurnAction {
		do := func(name string) func() {
			return func() { *got = append(*got, fmt.Sprint(name, " ", turn)) }
		}
		if v.turns[turn].Role == User {
			return []TurnAction{{Name: "edit", Label: "Edit", Icon: iconCheck, OnTapped: do("edit")}, {Name: "pin", Label: "Pin", OnTapped: do("pin")}}
		}
		return []TurnAction{{Name: "again", Label: "Write again", Icon: iconDown, OnTapped: do("again")}, {Name: "delete", Label: "Delete", Apart: true, OnTapped: do("delete")}}
	}
	v.OnVersion = func(turn, version int) { *got = append(*got, fmt.Sprint("version ", turn, " ", version)) }
	v.SetTurns(turns)
	return v
}

func TestTurnActions(t *testing.T) {
	var got []string
	v := acting(t, &got, answers(2)[:3]...)
	if got := labels(v, 1); !cmp.Equal(got, []string{"Copy", "Write again", "More"}) {
		t.Errorf("under an answer: %q", got)
	}
	if got := labels(v, 2); !cmp.Equal(got, []string{"Copy", "Edit", "More"}) {
		t.Errorf("under a question: %q", got)
	}
	test.Tap(controls(v, 1)[1])
	test.Tap(controls(v, 2)[1])
	if !cmp.Equal(got, []string{"again 1", "edit 2"}) {
		t.Errorf("tapped %v", got)
	}
}

// menu returns the labels of the menu that is open, and chooses the last one.
func menu(t *testing.T) (labels []string) {
	t.Helper()
	all := find[*widget.PopUpMenu](lastWindow().Canvas().Overlays().Top())
	if len(all) != 1 {
		t.Fatal("no menu is open")
	}
	pop := all[0]
	walk(pop, func(o fyne.CanvasObject, _ fyne.Position) {
		if text, ok := o.(*canvas.Text); ok && text.Text != "" {
			labels = append(labels, text.Text)
		}
	})
	for range labels {
		pop.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	}
	pop.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	return labels
}

func TestMenuOfATurn(t *testing.T) {
	var got []string
	v := acting(t, &got, answers(2)[:2]...)
	c := lastWindow().Canvas()
	all := []string{"Copy", "Select text…", "Write again", "Delete"}
	for name, open := range map[string]func(){
		"button": func() { test.Tap(controls(v, 1)[2]) },
		"key":    func() { controls(v, 1)[0].TypedKey(&fyne.KeyEvent{Name: desktop.KeyMenu}) },
		"right":  func() { v.port.TappedSecondary(&fyne.PointEvent{Position: fyne.NewPos(300, 20+float32(v.turns[1].y))}) },
	} {
		got = nil
		c.Focus(controls(v, 1)[0])
		open()
		if labels := menu(t); !cmp.Equal(labels, all) {
			t.Errorf("%s: the menu has %q", name, labels)
		}
		if !cmp.Equal(got, []string{"delete 1"}) {
			t.Errorf("%s: chosen %q", name, got)
		}
		if c.Overlays().Top() != nil || name != "button" && c.Focused() != controls(v, 1)[0] { // a click takes the focus
			t.Errorf("%s: afterwards the focus is on %T", name, c.Focused())
		}
	}
	v.SetTurns([]Turn{{Role: Assistant, Text: "```\ncode\n```\n\n[link](http://a.b)"}})
	for _, o := range []fyne.SecondaryTappable{find[*hscroll](v)[0], find[*linkKey](v)[0]} {
		o.TappedSecondary(&fyne.PointEvent{AbsolutePosition: fyne.NewPos(100, 100)})
		if labels := menu(t); len(labels) < 3 {
			t.Errorf("%T: the menu has %q", o, labels)
		}
	}
	v.port.TappedSecondary(&fyne.PointEvent{Position: fyne.NewPos(300, 890)})
	if c.Overlays().Top() != nil {
		t.Error("there is a menu where no turn is")
	}
}

func TestVersionsHaveArrows(t *testing.T) {
	var got []string
	turns := []Turn{{Text: "One", Version: 1, Versions: 3}, {Role: Assistant, Text: "Two", Version: 2, Versions: 2}, {Text: "Three", Version: 1, Versions: 1}}
	v := acting(t, &got, turns...)
	if got := labels(v, 0); !cmp.Equal(got, []string{"Copy", "Edit", "More", "Previous version", "Next version"}) {
		t.Errorf("under a question: %q", got)
	}
	if got := labels(v, 1); !cmp.Equal(got, []string{"Previous version", "Next version", "Copy", "Write again", "More"}) {
		t.Errorf("under an answer: %q", got)
	}
	if got := labels(v, 2); !cmp.Equal(got, []string{"Copy", "Edit", "More"}) {
		t.Errorf("with one version: %q", got)
	}
	for i, want := range []string{"1/3", "2/2"} {
		if got := texts(v.turns[i].controls.view.object()); !cmp.Equal(got, []string{want}) {
			t.Errorf("under turn %d stands %q", i, got)
		}
	}
	c := lastWindow().Canvas()
	newer := controls(v, 0)[4]
	c.Focus(newer)
	for _, b := range []*IconButton{controls(v, 0)[3], newer, controls(v, 1)[0], controls(v, 1)[1]} {
		b.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	}
	if !cmp.Equal(got, []string{"version 0 2", "version 1 1"}) { // the others lead nowhere
		t.Errorf("chosen %q", got)
	}
	turns[0].Text, turns[0].Version = "Another one", 2
	v.Update(turns, 0)
	if c.Focused() != newer || controls(v, 0)[3].Disabled() || controls(v, 0)[4] != newer {
		t.Errorf("after the switch the focus is on %T", c.Focused())
	}
	newer.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	if got[2] != "version 0 3" {
		t.Errorf("chosen %q", got)
	}
	turns[0].Versions = 1
	v.Update(turns, 0)
	if c.Focused() != v.port {
		t.Errorf("when the arrows go the focus is on %T", c.Focused())
	}
}

func TestWhatIsInForceIsShown(t *testing.T) {
	on := false
	v := show(t, fyne.NewSize(800, 900))
	v.Actions = func(turn int) []TurnAction {
		if !on {
			return []TurnAction{{Name: "pin", Label: "Pin"}}
		}
		return []TurnAction{{Name: "pin", Label: "Unpin", Icon: iconDown, On: true}}
	}
	v.SetTurns([]Turn{{Text: "One"}, {Role: Assistant, Text: "Two"}, {Text: "Three"}})
	on = true
	v.RefreshControls()
	if got := labels(v, 0); !cmp.Equal(got, []string{"Copy", "More", "Unpin"}) {
		t.Errorf("under a question: %q", got)
	}
	if got := labels(v, 1); !cmp.Equal(got, []string{"Unpin", "Copy", "More"}) {
		t.Errorf("under an answer: %q", got)
	}
	for i, b := range controls(v, 1) {
		if b.quiet != (i > 0) {
			t.Errorf("%q is hidden: %v", b.Label(), b.quiet)
		}
	}
}

// TestArrowKeysGoFromTurnToTurn walks over the buttons.
func TestArrowKeysGoFromTurnToTurn(t *testing.T) {
	var did []string
	turns := answers(8)
	turns[2].Version, turns[2].Versions = 1, 2
	v := acting(t, &did, turns...)
	lastWindow().Resize(fyne.NewSize(800, 300))
	c := lastWindow().Canvas()
	v.ScrollToEnd()
	c.Focus(controls(v, 15)[0])
	press := func(name fyne.KeyName) string {
		c.Focused().TypedKey(&fyne.KeyEvent{Name: name})
		return fmt.Sprint(v.focused.turn.index, " ", c.Focused().(*IconButton).Label())
	}
	for i, step := range []struct {
		key  fyne.KeyName
		want string
	}{
		{fyne.KeyDown, "15 Copy"}, {fyne.KeyLeft, "15 Copy"}, {fyne.KeyRight, "15 Write again"}, {fyne.KeyRight, "15 More"}, {fyne.KeyRight, "15 More"},
		{fyne.KeyUp, "14 More"}, {fyne.KeyUp, "13 More"}, {fyne.KeyLeft, "13 Write again"}, {fyne.KeyUp, "12 Copy"}, {fyne.KeyDown, "13 Copy"},
	} {
		if got := press(step.key); got != step.want {
			t.Errorf("step %d: %s leads to %q, want %q", i, step.key, got, step.want)
		}
	}
	for range 20 {
		press(fyne.KeyUp)
	}
	if got := press(fyne.KeyUp); got != "0 Copy" || v.offset > 20 {
		t.Errorf("at the top: %q, at %v", got, v.offset)
	}
	press(fyne.KeyDown)
	press(fyne.KeyDown)
	for range 9 {
		press(fyne.KeyRight)
	}
	if got := press(fyne.KeyLeft); got != "2 More" { // the first version has none before it
		t.Errorf("from the arrows: %q", got)
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
	v.SetFooter(3, "")
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
	v.AddTurn(Turn{Text: "Five"})
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
	v.Truncate(2)
	if c.Focused() != v.port {
		t.Errorf("the focus is on %T", c.Focused())
	}
}

func TestNotesAndFooters(t *testing.T) {
	v := show(t, fyne.NewSize(800, 600), Turn{Text: "One"}, Turn{Role: Assistant, Text: "Two"})
	v.SetFooter(1, "41 tok/s")
	tapped := 0
	v.SetNote(1, Note{Text: "The context is full.", Error: true, Action: "New chat", OnAction: func() { tapped++ }})
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
	v.SetNote(1, Note{Text: strings.Repeat("A long note. ", 30), Action: "Act"})
	if b := find[*ChipButton](v)[0]; b.Position().X < 500 {
		t.Errorf("the button with room beside a long note is at %v", b.Position())
	}
	lastWindow().Resize(fyne.NewSize(400, 600))
	if b := find[*ChipButton](v)[0]; b.Position().X != 0 || b.Position().Y < 40 {
		t.Errorf("the button beside a long note is at %v", b.Position())
	}
	v.SetNote(1, Note{})
	v.SetFooter(1, strings.Repeat("very long ", 40))
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
