package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"

	"lamplight/assistant"
	"lamplight/internal/fixture"
)

func fileURI(path string) fyne.URI { return storage.NewFileURI(path) }

// shortcut presses Ctrl and a key, as the window system delivers it: to what has the focus, or to the canvas.
func (u *session) shortcut(key fyne.KeyName) { u.held(shortcut{key: key}) }

// held types a key with what is held down for it.
func (u *session) held(k shortcut) {
	s := &desktop.CustomShortcut{KeyName: k.key, Modifier: k.modifier()}
	if focused, ok := u.win.Canvas().Focused().(fyne.Shortcutable); ok {
		focused.TypedShortcut(s)
	} else {
		u.parent.keys.TypedShortcut(s)
	}
	u.settle()
}

func TestShortcuts(t *testing.T) {
	effects := map[fyne.KeyName]func(*session) bool{
		fyne.KeyN: func(u *session) bool { return u.current == chatPage && len(u.chat.shown.Turns()) == 0 },
		fyne.KeyK: func(u *session) bool { return u.dialog != nil && u.sees("nothing to search") },
		fyne.KeyF: func(u *session) bool { return u.current == chatPage && u.chat.finder.shown() },
		fyne.KeyL: func(u *session) bool { return u.sees("nothing to lock") },
		fyne.KeyO: func(u *session) bool { return u.dialog != nil && u.dialog.asksFile },
		fyne.Key1: func(u *session) bool { return u.current == chatPage },
		fyne.KeyH: func(u *session) bool { return u.current == writePage && u.write.finder.shown() },
		fyne.KeyS: func(u *session) bool { return u.current == writePage && u.sees("there is nothing to save") },
		fyne.KeyJ: func(u *session) bool {
			return u.current == writePage && u.win.Canvas().Focused() == u.write.help.panel.describe
		},
		fyne.Key2:     func(u *session) bool { return u.current == writePage },
		fyne.KeyT:     func(u *session) bool { return u.current == storyPage && u.sees("There is no model to answer with.") },
		fyne.Key3:     func(u *session) bool { return u.current == storyPage },
		fyne.Key4:     func(u *session) bool { return u.current == modelsPage },
		fyne.Key5:     func(u *session) bool { return u.current == tunePage },
		fyne.Key6:     func(u *session) bool { return u.current == privacyPage },
		fyne.Key7:     func(u *session) bool { return u.current == settingsPage },
		fyne.KeyComma: func(u *session) bool { return u.current == settingsPage },
	}
	shifted := map[fyne.KeyName]func(*session) bool{
		fyne.KeyN: func(u *session) bool { return u.current == chatPage && u.chat.shown.private },
		fyne.KeyV: func(u *session) bool { return u.sees("There is no text on the clipboard.") },
	}
	focus := map[string]func(u *session) fyne.Focusable{
		"nothing": func(u *session) fyne.Focusable { return nil },
		"prompt":  func(u *session) fyne.Focusable { return u.chat.prompt },
		"setting": func(u *session) fyne.Focusable { return u.fields()[0] },
		"list":    func(u *session) fyne.Focusable { return u.chat.list },
		"rail":    func(u *session) fyne.Focusable { return u.rail[0] },
	}
	for where, find := range focus {
		t.Run(where, func(t *testing.T) {
			u := begin(t, setup{})
			for _, s := range u.shortcuts() {
				if s.text != nil { // it has a test of its own
					continue
				}
				u.closeDialog()
				from := modelsPage // not where any of them leads, unless it is meant
				if s.key == fyne.Key4 {
					from = chatPage
				}
				if where == "setting" {
					from = settingsPage
				}
				u.show(from)
				u.settle()
				u.win.Canvas().Unfocus()
				if o := find(u); o != nil {
					u.win.Canvas().Focus(o)
				}
				u.held(s)
				effect := effects[s.key]
				if s.shift {
					effect = shifted[s.key]
				}
				if effect == nil || !effect(u) {
					t.Errorf("%s had no effect", s.name())
				}
			}
		})
	}
}

// fields are the entries of the page Settings.
func (u *session) fields() []*field {
	var list []*field
	each(u.settings.content(), func(o fyne.CanvasObject) {
		if f, ok := o.(*field); ok {
			list = append(list, f)
		}
	})
	return list
}

func TestShortcutsWaitForADialog(t *testing.T) {
	u := begin(t, setup{})
	u.showDialog(subheading("a question"), container.NewVBox(), nil)
	u.shortcut(fyne.Key4)
	if u.current != chatPage {
		t.Error("the page changed under the dialog")
	}
	u.shortcut(fyne.KeyO)
	if u.dialog == nil || u.dialog.asksFile {
		t.Error("another dialog came over the dialog")
	}
	u.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if u.dialog != nil || u.win.Canvas().Overlays().Top() != nil {
		t.Error("Escape did not close the dialog")
	}
	u.shortcut(fyne.Key4)
	if u.current != modelsPage {
		t.Error("the shortcut does not work after the dialog")
	}
}

func TestShortcutsAreListed(t *testing.T) {
	u := begin(t, setup{})
	u.show(settingsPage)
	for _, s := range u.shortcuts() {
		u.mustSee(s.name(), s.does)
	}
}

func TestRail(t *testing.T) {
	u := begin(t, setup{})
	for i, label := range []string{"Chat", "Write", "Story", "Models", "Tune", "Privacy", "Settings"} {
		test.Tap(u.rail[i])
		u.settle()
		if u.current != i || !slices.Contains(u.body.Objects, u.pages[i].content()) {
			t.Errorf("%s shows page %d", label, u.current)
		}
		for j, b := range u.rail {
			if b.Active() != (i == j) {
				t.Errorf("on page %d the button of page %d has active %v", i, j, b.Active())
			}
		}
		if u.rail[i].Label() != label {
			t.Errorf("button %d is called %q", i, u.rail[i].Label())
		}
	}
}

func TestPagesKeepTheirState(t *testing.T) {
	var models []fixture.Options
	for i := range 12 {
		models = append(models, fixture.Options{Seed: uint64(i), Name: strings.Repeat("x", i+1)})
	}
	u := begin(t, setup{models: models, size: fyne.NewSize(760, 520)})
	u.chat.prompt.SetText("half a thought")
	scrolls := map[int]*container.Scroll{
		modelsPage:   u.models.grid.Scroll,
		settingsPage: u.settings.scroll.Scroll,
	}
	for page, s := range scrolls {
		u.show(page)
		u.settle()
		s.ScrollToOffset(fyne.NewPos(0, 120))
		if s.Offset.Y != 120 {
			t.Fatalf("page %d does not scroll", page)
		}
	}
	for i := range pageCount {
		u.show(i)
		u.settle()
	}
	for page, s := range scrolls {
		if s.Offset.Y != 120 {
			t.Errorf("page %d is scrolled to %v", page, s.Offset.Y)
		}
	}
	if u.chat.prompt.Text != "half a thought" {
		t.Errorf("the draft is %q", u.chat.prompt.Text)
	}
}

// Everything that can be used with the mouse can be reached with Tab.
func TestKeyboardReachesEverything(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}})
	u.say("something", "do it", func() {})
	for page := range pageCount {
		u.show(page)
		u.settle()
		wanted := map[fyne.Focusable]bool{}
		each(u.win.Canvas().Content(), func(o fyne.CanvasObject) {
			f, ok := o.(fyne.Focusable)
			if !ok {
				return
			}
			if d, ok := o.(fyne.Disableable); ok && d.Disabled() {
				return
			}
			wanted[f] = true
		})
		u.win.Canvas().Unfocus()
		for range 2 * len(wanted) {
			u.win.Canvas().FocusNext()
			delete(wanted, u.win.Canvas().Focused())
		}
		for f := range wanted {
			t.Errorf("page %s: Tab does not reach %T %q", pageNames[page], f, text(f.(fyne.CanvasObject)))
		}
	}
}

// What the keyboard comes to can be seen, also on a page that scrolls.
func TestKeyboardIsSeen(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1}, {Name: "Three", Seed: 2}, {Name: "Four", Seed: 3}}, size: fyne.NewSize(760, 520)})
	for page, s := range map[int]*container.Scroll{modelsPage: u.models.grid.Scroll, privacyPage: u.privacy.scroll.Scroll, settingsPage: u.settings.scroll.Scroll} {
		u.show(page)
		u.settle()
		inside := map[fyne.CanvasObject]bool{}
		each(s, func(o fyne.CanvasObject) { inside[o] = true })
		seen, next := 0, u.win.Canvas().FocusNext
		for i := range 120 {
			if i == 60 {
				next = u.win.Canvas().FocusPrevious
			}
			next()
			o, ok := u.win.Canvas().Focused().(fyne.CanvasObject)
			if !ok || !inside[o] {
				continue
			}
			seen++
			d := fyne.CurrentApp().Driver()
			top, from := d.AbsolutePositionForObject(o).Y, d.AbsolutePositionForObject(s).Y
			if top < from || top+o.Size().Height > from+s.Size().Height {
				t.Errorf("page %s: %T %q has the keyboard out of sight, at %v", pageNames[page], o, text(o), top)
			}
		}
		if seen < 20 {
			t.Errorf("page %s: only %d controls had the keyboard", pageNames[page], seen)
		}
	}
}

// Whatever has no text has a label, which is its tooltip and what a screen reader says.
func TestEveryButtonHasALabel(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}})
	for page := range pageCount {
		u.show(page)
		u.settle()
		each(u.win.Canvas().Content(), func(o fyne.CanvasObject) {
			if b, ok := o.(interface{ Label() string }); ok && b.Label() == "" {
				t.Errorf("page %s: a %T has no label", pageNames[page], o)
			}
		})
	}
}

func TestFitsASmallWindow(t *testing.T) {
	long := strings.Repeat("A model with a long name ", 8)
	u := begin(t, setup{models: []fixture.Options{{Name: long}, {Name: strings.Repeat("x", 200), Seed: 1}}, size: fyne.NewSize(760, 520)})
	u.chat.prompt.SetText(strings.Repeat("word ", 2000))
	u.ask(strings.Repeat("x", 300))
	u.until("the answer", func() bool { return u.chat.running == nil || u.chat.running.shown > 0 })
	for i := range 10 {
		u.say(grouped(int64(i))+long, "Do it", nil)
	}
	u.importer.working = long
	u.importer.panel.Show()
	u.importer.refresh()
	u.arrange()
	for page := range pageCount {
		u.show(page)
		if min := u.win.Canvas().Content().MinSize(); min.Width > 760 || min.Height > 520 {
			t.Errorf("page %s needs %v", pageNames[page], min)
		}
	}
}

func TestListFoldsAway(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{ContextLength: 64}}})
	u.ask("the first conversation")
	u.until("the end", func() bool { return u.chat.running == nil })
	u.shortcut(fyne.KeyN)
	u.mustSee("the first conversation")
	if u.chat.side.button.Visible() {
		t.Error("there is a button to unfold what is not folded")
	}
	u.chat.side.divider.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(40, 0)})
	if got := u.chat.side.list.Size().Width; got != listWidth+40 {
		t.Errorf("drawn by 40, the list is %v wide", got)
	}
	u.chat.side.divider.Dragged(&fyne.DragEvent{Dragged: fyne.NewDelta(4000, 0)})
	if got := u.chat.root.Size().Width - u.chat.side.list.Size().Width; got < minPage {
		t.Errorf("the page is %v wide", got)
	}

	u.parent.Resize(fyne.NewSize(760, 520))
	u.mustNotSee("the first conversation")
	u.tap("Conversations")
	u.mustSee("the first conversation")
	if u.win.Canvas().Focused() != u.chat.list {
		t.Error("the keyboard is not on the list")
	}
	u.press(fyne.KeyEscape, u.chat.list)
	u.mustNotSee("the first conversation")
	u.tap("Conversations")
	u.choose(1)
	u.mustNotSee("Conversations are kept until") // it has folded away again
	if len(u.chat.shown.Turns()) != 2 {
		t.Error("the conversation was not opened")
	}
	u.parent.Resize(fyne.NewSize(1100, 740))
	u.mustSee("Conversations are kept until")
}

func TestNoticesWaitToBeRead(t *testing.T) {
	u := begin(t, setup{})
	done := ""
	u.say("first", "Undo", func() { done = "first" })
	u.mention("passing", "", nil)
	u.say("second", "", nil)
	u.mustSee("first", "second")
	u.mustNotSee("passing") // the next one took it away
	u.tap("Undo")
	if done != "first" {
		t.Error("the action was not taken")
	}
	u.mustNotSee("first")
	u.mention("passing", "", nil)
	u.show(modelsPage)
	u.mustNotSee("passing")
	u.mustSee("second")
	test.Tap(u.control("Close"))
	u.mustNotSee("second")
	if u.notices.root.Visible() {
		t.Error("the empty bar stays")
	}
	for range 3 {
		u.say("the same", "", nil)
	}
	if n := len(u.notices.box.Objects); n != 1 {
		t.Errorf("the same is said %d times", n)
	}
	for i := range 2 * maxNotices {
		u.say(grouped(int64(i)), "", nil)
	}
	if n := len(u.notices.box.Objects); n != maxNotices {
		t.Errorf("%d notices are kept", n)
	}
}

func TestOldSettingsUnreadable(t *testing.T) {
	u := begin(t, setup{options: func(o *Options) { o.SettingsError = errors.New("settings: EOF") }})
	u.mustSee("Your settings could not be read")
	u.mustNotSee("EOF")
	u.tap("Copy the details")
	if got := fyne.CurrentApp().Clipboard().Content(); got != "settings: EOF" {
		t.Errorf("the clipboard has %q", got)
	}
}

func TestCloseEndsWork(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{ContextLength: 32768}}, settings: assistant.Settings{ContextLength: 32768}})
	u.ask("something long")
	u.until("the answer", func() bool { return u.chat.running != nil && u.chat.running.shown > 0 })
	pause := u.pauseImport()
	u.drop(fixture.GGUF(t, fixture.Options{Seed: 5}))
	<-pause.reached
	close(pause.resume)
	ended := false
	u.work(func(ctx context.Context) { <-ctx.Done(); ended = true })

	u.close() // waits for all of it
	if !ended {
		t.Error("a worker goes on")
	}
	if strings.Contains(u.log.String(), "did not end in time") || strings.Contains(u.log.String(), "was not freed") {
		t.Error(u.log.String())
	}
	u.work(func(context.Context) { t.Error("work begins after the end") })
	u.do(func() { t.Error("a function runs after the end") })
	u.q.drain()
	u.close() // again is harmless
}

func TestLateTimerIsHarmless(t *testing.T) {
	u := begin(t, setup{})
	c := coalescer{do: u.do, f: func() { t.Error("the timer did something after the end") }}
	c.touch()
	u.close()
	timeout := time.After(limit)
	select { // the timer fires all the same
	case <-u.q.more:
	case <-timeout:
		t.Fatal("the timer never fired")
	}
	u.q.drain()
}

func TestCoalescer(t *testing.T) {
	u := begin(t, setup{})
	n := 0
	c := coalescer{do: u.do, f: func() { n++ }}
	for range 1000 {
		c.touch()
	}
	u.until("the update", func() bool { return n > 0 })
	c.touch() // it can be touched again
	u.until("another update", func() bool { return n > 1 })
}

func TestInOrder(t *testing.T) {
	u := begin(t, setup{})
	var got []int
	for i := range 50 {
		u.inOrder(func() { got = append(got, i) })
	}
	u.settle()
	if !slices.IsSorted(got) || len(got) != 50 {
		t.Errorf("changes were made in the order %v", got)
	}
}
