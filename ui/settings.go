package ui

import (
	"reflect"
	"runtime"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// settingsView is the page Settings. Every change is in force at once.
type settingsView struct {
	w        *Window
	body     *fyne.Container
	sampling *samplingView
	scroll   scroller
	root     fyne.CanvasObject
}

func newSettingsView(w *Window) *settingsView {
	s := &settingsView{w: w, body: container.NewVBox()}
	s.scroll = newScroller(container.New(layout.NewCustomPaddedLayout(4, 16, 16, 16), container.New(&leftColumn{}, s.body)))
	head := container.New(layout.NewCustomPaddedLayout(8, 0, 16, 16), heading(lang.L("Settings")))
	s.root = container.NewBorder(head, nil, nil, nil, s.scroll.Scroll)
	s.build()
	return s
}

func (s *settingsView) content() fyne.CanvasObject { return s.root }

// enter shows what the model has that is chosen now.
func (s *settingsView) enter() { s.sampling.setOwn(s.w.ownSampling(""), nil) }

// reset gives the choice of words back to the model.
func (s *settingsView) reset() {
	old := s.w.Settings.Sampling
	put := func(sampling assistant.Sampling) {
		s.change(func(c *assistant.Settings) { c.Sampling = sampling })
		s.sampling.set(sampling)
	}
	put(assistant.Sampling{})
	s.w.say(lang.L("The model's own numbers are in force."), lang.L("Undo"), func() { put(old) })
}

// change puts one changed setting into force.
func (s *settingsView) change(f func(*assistant.Settings)) {
	changed := s.w.Settings
	f(&changed)
	if !reflect.DeepEqual(changed, s.w.Settings) {
		s.w.changeSettings(changed)
	}
}

func (s *settingsView) build() {
	now := s.w.Settings
	s.sampling = newSamplingView(s.w, s.scroll, now.Sampling, s.w.ownSampling(""), nil, func(sampling assistant.Sampling) {
		s.change(func(c *assistant.Settings) { c.Sampling = sampling })
	})
	reset := s.scroll.chip(nil, lang.L("Use the model's own"), s.reset)
	s.body.Objects = []fyne.CanvasObject{
		section(lang.L("This window"),
			row(lang.L("Language"), s.languageHint(), s.languages(now)),
			row(lang.L("Text size"), muted(lang.L("Of everything in this window.")), s.textScales(now)),
			row(lang.L("Colours"), muted(lang.L("Light paper or a dark room.")), s.themes(now)),
			row(lang.L("Enter key"), muted(lang.L("The other one of the two needs Shift.")), s.enterKey(now)),
			row(lang.L("Notification"), muted(lang.L("When an answer took long and another window is in front. It never has the answer's words.")), s.calls(now))),
		section(lang.L("Writing"),
			row(lang.L("Suggestions"), muted(lang.L("After a pause, how a document might go on is shown in grey. Tab takes it, Ctrl and the right arrow a word of it.")), s.completes(now))),
		section(lang.L("This computer"),
			row(lang.L("Threads"), muted(lang.L("How many cores think at once. More than the computer has makes it slower.")), s.threads(now)),
			row(lang.L("Context"), muted(lang.L("How much of a conversation the model sees, in tokens. A token is about three quarters of a word. Longer takes more memory.")), s.contexts(now))),
		section(lang.L("How the model chooses its words"), s.sampling.root,
			row(lang.L("All of them"), muted(lang.L("As the makers of the model recommend.")), reset)),
		section(lang.L("Keys"), s.keys()...),
	}
	s.body.Refresh()
}

// keys lists the shortcuts.
func (s *settingsView) keys() []fyne.CanvasObject {
	list := [][2]string{
		{lang.L("Enter"), lang.L("Send, or a new line: see above")},
		{lang.L("Esc"), lang.L("Stop the answer, close what lies over the window")},
		{lang.L("F3"), lang.L("Go to the next place that was found; Shift+F3 to the one before")},
		{lang.L("F2"), lang.L("Rename what the keyboard is at in the list of conversations")},
		{lang.L("Del"), lang.L("Delete it")},
		{lang.L("Menu"), lang.L("Everything that can be done with it; Shift+F10 too")},
		{lang.L("Tab"), lang.L("Go to the next control; Shift+Tab to the one before")},
	}
	for _, k := range s.w.shortcuts() {
		list = append(list, [2]string{k.name(), k.does})
	}
	table := container.New(layout.NewFormLayout())
	for _, k := range list {
		name := small(k[0])
		name.Wrapping = fyne.TextWrapOff
		table.Add(name)
		table.Add(muted(k[1]))
	}
	return []fyne.CanvasObject{table}
}

func (s *settingsView) themes(now assistant.Settings) fyne.CanvasObject {
	values := []assistant.Theme{assistant.FollowSystem, assistant.Light, assistant.Dark}
	return choose(s, []string{lang.L("As the system"), lang.L("Light"), lang.L("Dark")}, values, now.Theme,
		func(c *assistant.Settings, v assistant.Theme) { c.Theme = v })
}

func (s *settingsView) enterKey(now assistant.Settings) fyne.CanvasObject {
	return choose(s, []string{lang.L("Sends"), lang.L("Makes a new line")}, []bool{false, true}, now.EnterInserts,
		func(c *assistant.Settings, v bool) { c.EnterInserts = v })
}

func (s *settingsView) completes(now assistant.Settings) fyne.CanvasObject {
	return choose(s, []string{lang.L("Off"), lang.L("On")}, []bool{false, true}, now.Complete,
		func(c *assistant.Settings, v bool) { c.Complete = v })
}

func (s *settingsView) threads(now assistant.Settings) fyne.CanvasObject {
	names, values := []string{lang.L("One per core")}, []int{0}
	for n := 1; n <= runtime.NumCPU(); n++ {
		names, values = append(names, strconv.Itoa(n)), append(values, n)
	}
	return choose(s, names, values, now.Threads, func(c *assistant.Settings, v int) { c.Threads = v })
}

func (s *settingsView) contexts(now assistant.Settings) fyne.CanvasObject {
	names, values := []string{lang.L("Usual (4,096)")}, []int{0}
	for n := 1024; n <= 131072; n *= 2 {
		if n != 4096 {
			names, values = append(names, grouped(int64(n))), append(values, n)
		}
	}
	return choose(s, names, values, now.ContextLength, func(c *assistant.Settings, v int) { c.ContextLength = v })
}

// choose is a list of which one value is in force.
func choose[T comparable](s *settingsView, names []string, values []T, now T, set func(*assistant.Settings, T)) fyne.CanvasObject {
	list := s.scroll.choice(names)
	for i, v := range values {
		if v == now {
			list.SetSelectedIndex(i)
		}
	}
	list.OnChanged = func(string) {
		if i := list.SelectedIndex(); i >= 0 {
			s.change(func(c *assistant.Settings) { set(c, values[i]) })
		}
	}
	return list
}

// section is a card with a title over its rows.
func section(title string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	return widgets.NewCard(container.NewVBox(append([]fyne.CanvasObject{subheading(title)}, rows...)...))
}

// row is a setting: its name over what it does, and the control at the right.
func row(name string, about *words, control fyne.CanvasObject) fyne.CanvasObject {
	sized := container.New(textWide(choiceWidth), control)
	return container.NewBorder(nil, nil, nil, container.NewCenter(sized), lines(paragraph(name), about))
}

// leftColumn keeps its one object no wider than a card of text, at the left.
type leftColumn struct{}

// MinSize implements fyne.Layout.
func (*leftColumn) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

// Layout implements fyne.Layout.
func (*leftColumn) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(fyne.NewSize(min(size.Width, withText(720)), size.Height))
}
