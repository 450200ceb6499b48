package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/internal/fixture"
	"lamplight/ui/widgets"
)

// stop is an object that the keyboard reaches.
type stop struct {
	o    fyne.CanvasObject
	name string
	at   fyne.Position
	size fyne.Size
}

func (u *session) stopAt(o fyne.CanvasObject) stop {
	name := text(o)
	if name == "" {
		name = fmt.Sprintf("%T", o)
	}
	return stop{o, name, fyne.CurrentApp().Driver().AbsolutePositionForObject(o), o.Size()}
}

// tabStops walks through everything that Tab reaches, from the first on.
func (u *session) tabStops() []stop {
	u.t.Helper()
	c := u.win.Canvas()
	c.Unfocus()
	var objects []fyne.CanvasObject
	seen := map[fyne.Focusable]bool{}
	for range 1000 {
		c.FocusNext()
		u.q.drain()
		f := c.Focused()
		if f == nil || seen[f] {
			var list []stop
			for _, o := range objects { // now that nothing scrolls any more
				if s := u.stopAt(o); !s.at.IsZero() { // else it is not there any more, such as the button of the row that had the keyboard
					list = append(list, s)
				}
			}
			return list
		}
		seen[f] = true
		objects = append(objects, f.(fyne.CanvasObject))
	}
	u.t.Fatal("Tab comes to no end")
	return nil
}

// pages walks through the pages of a window with models and a conversation.
func pages(t *testing.T, s setup, f func(u *session, name string)) {
	t.Helper()
	s.models = append(s.models, fixture.Options{Name: "Tiny"})
	u := withVault(t, s, t.TempDir())
	u.ask("a question")
	u.answered()
	u.settle()
	for i, name := range pageNames {
		u.show(i)
		u.settle()
		f(u, name)
	}
}

// column is the column that something stands in: the rail, the list of conversations, the page.
func (u *session) column(s stop) int {
	rail := u.all.Size().Width - u.frame.Size().Width
	switch {
	case s.at.X < rail:
		return 0
	case u.current == chatPage && s.at.X < rail+u.chat.side.list.Size().Width, u.current == writePage && s.at.X < rail+u.write.folding.list.Size().Width,
		u.current == storyPage && s.at.X < rail+u.story.folding.list.Size().Width:
		return 1
	}
	return 2
}

// The keyboard goes through a page in the order in which it is read: the rail, then columns from left to right, in each
// from top to bottom.
func TestTabOrderIsReadingOrder(t *testing.T) {
	pages(t, setup{}, func(u *session, name string) {
		stops := u.tabStops()
		if len(stops) < pageCount {
			t.Fatalf("%s: Tab reaches only %d objects", name, len(stops))
		}
		for i := range stops[1:] {
			a, b := stops[i], stops[i+1]
			above := b.at.Y+b.size.Height <= a.at.Y+1                                                                   // b is wholly above a
			leftOf := b.at.X+b.size.Width <= a.at.X+1 && b.at.Y < a.at.Y+a.size.Height && a.at.Y < b.at.Y+b.size.Height // in the same row, to the left
			from, to := u.column(a), u.column(b)
			if to < from || to == from && (above || leftOf) {
				t.Errorf("%s: Tab goes from %q at %v to %q at %v", name, a.name, a.at, b.name, b.at)
			}
		}
	})
}

// Whatever can be clicked can be reached by Tab.
func TestWhatIsClickedIsReached(t *testing.T) {
	pages(t, setup{}, func(u *session, name string) {
		reached := map[string]bool{} // by name: what scrolls out of sight is made anew
		for _, s := range u.tabStops() {
			reached[s.name] = true
		}
		for range 60 { // a conversation goes on from what is visible, and back to what is above
			u.win.Canvas().FocusPrevious()
			if o, ok := u.win.Canvas().Focused().(fyne.CanvasObject); ok {
				reached[text(o)] = true
			}
		}
		for _, root := range u.roots() {
			each(root, func(o fyne.CanvasObject) {
				if _, ok := o.(fyne.Tappable); !ok || text(o) == "" || reached[text(o)] {
					return
				}
				if _, row := o.(*widgets.ListRow); row { // the arrows reach it: see keyList
					return
				}
				if d, ok := o.(fyne.Disableable); ok && d.Disabled() {
					return
				}
				t.Errorf("%s: %T %q can be clicked and is not reached by Tab", name, o, text(o))
			})
		}
	})
}

// What has the keyboard shows it: it is drawn in another way than without.
func TestFocusIsVisible(t *testing.T) {
	pages(t, setup{}, func(u *session, name string) {
		c := u.win.Canvas()
		for _, s := range u.tabStops() {
			f := s.o.(fyne.Focusable)
			c.Focus(f)
			u.q.drain()
			if c.Focused() != f { // it is not there any more, such as what belongs to the row that had the pointer
				continue
			}
			with := test.RenderObjectToMarkup(s.o)
			c.Unfocus()
			u.q.drain()
			if with == test.RenderObjectToMarkup(s.o) && !strings.Contains(s.name, "streamPort") {
				t.Errorf("%s: nobody sees that %q (%T) has the keyboard", name, s.name, s.o)
			}
		}
	})
}

// TestLettersFindThePrompt types when nothing has the keyboard: on the page Chat that begins a question, elsewhere nothing.
func TestLettersFindThePrompt(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}})
	c := u.win.Canvas()
	for _, index := range []int{chatPage, settingsPage} {
		u.show(index)
		u.q.drain()
		c.Unfocus()
		c.OnTypedRune()('h')
		u.q.drain()
		if focused := c.Focused() == u.chat.prompt; focused != (index == chatPage) {
			t.Errorf("on the page %s the prompt has the keyboard: %t", pageNames[index], focused)
		}
	}
	if got := u.chat.prompt.Text; got != "h" {
		t.Errorf("the prompt has %q", got)
	}
}
