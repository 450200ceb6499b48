package widgets

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/google/go-cmp/cmp"
)

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
	v.Update(v.now(), -1)
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
