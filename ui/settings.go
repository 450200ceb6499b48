package ui

import (
	"errors"
	"runtime"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// settingsView is the page Settings. Every change is in force at once.
type settingsView struct {
	w    *Window
	body *fyne.Container
	root fyne.CanvasObject
}

func newSettingsView(w *Window) *settingsView {
	s := &settingsView{w: w, body: container.NewVBox()}
	reset := widgets.NewChipButton(nil, lang.L("Back to the model's own"), s.reset)
	head := container.NewBorder(nil, nil, heading(lang.L("Settings")), container.NewCenter(reset))
	page := container.New(layout.NewCustomPaddedLayout(4, 16, 16, 16), container.New(&leftColumn{}, s.body))
	s.root = container.NewBorder(container.New(layout.NewCustomPaddedLayout(8, 0, 16, 16), head), nil, nil, nil, container.NewVScroll(page))
	s.build()
	return s
}

func (s *settingsView) content() fyne.CanvasObject { return s.root }
func (s *settingsView) enter()                     {}

// reset gives the choice of every number back to the model and the computer. The colours stay.
func (s *settingsView) reset() {
	old := s.w.Settings
	s.w.changeSettings(assistant.Settings{Theme: old.Theme, EnterInserts: old.EnterInserts})
	s.build()
	s.w.say(lang.L("The model decides again."), lang.L("Undo"), func() {
		s.w.changeSettings(old)
		s.build()
	})
}

// change puts one changed setting into force.
func (s *settingsView) change(f func(*assistant.Settings)) {
	changed := s.w.Settings
	f(&changed)
	if changed != s.w.Settings {
		s.w.changeSettings(changed)
	}
}

func (s *settingsView) build() {
	now := s.w.Settings
	s.body.Objects = []fyne.CanvasObject{
		section(lang.L("This window"),
			row(lang.L("Colours"), lang.L("Light paper or a dark room."), s.themes(now)),
			row(lang.L("Enter key"), lang.L("The other one of the two needs Shift."), s.enterKey(now))),
		section(lang.L("This computer"),
			row(lang.L("Threads"), lang.L("How many cores think at once. More than the computer has makes it slower."), s.threads(now)),
			row(lang.L("Context"), lang.L("How much of a conversation the model sees, in tokens. A token is about three quarters of a word. Longer takes more memory."), s.contexts(now))),
		section(lang.L("How the model chooses its words"),
			row(lang.L("Temperature"), lang.L("0 always takes the likeliest word; 1 is lively; above 1.5 it rambles."),
				number(s, now.Sampling.Temperature, parseFloat(0, 5), func(c *assistant.Settings, v *float32) { c.Sampling.Temperature = v })),
			row(lang.L("Top-k"), lang.L("Only so many of the likeliest tokens may be chosen. 0: all."),
				number(s, now.Sampling.TopK, parseInt(0, 1_000_000), func(c *assistant.Settings, v *int) { c.Sampling.TopK = v })),
			row(lang.L("Top-p"), lang.L("Only the likeliest tokens that together reach this probability. 1: all."),
				number(s, now.Sampling.TopP, parseFloat(0, 1), func(c *assistant.Settings, v *float32) { c.Sampling.TopP = v })),
			row(lang.L("Min-p"), lang.L("Only tokens at least this fraction as likely as the likeliest. 0: all."),
				number(s, now.Sampling.MinP, parseFloat(0, 1), func(c *assistant.Settings, v *float32) { c.Sampling.MinP = v })),
			row(lang.L("Repeat penalty"), lang.L("Above 1, what was just said becomes less likely. 1: off."),
				number(s, now.Sampling.RepeatPenalty, parseFloat(0.5, 5), func(c *assistant.Settings, v *float32) { c.Sampling.RepeatPenalty = v })),
			row(lang.L("Seed"), lang.L("The same seed, settings and words give the same answer. Empty: another one each time."),
				number(s, now.Sampling.Seed, parseSeed, func(c *assistant.Settings, v *uint64) { c.Sampling.Seed = v }))),
	}
	s.body.Refresh()
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
	list := widget.NewSelect(names, nil)
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

// number is an entry for a number that the model chooses while it is empty.
func number[T any](s *settingsView, now *T, parse func(string) (T, error), set func(*assistant.Settings, *T)) fyne.CanvasObject {
	e := widget.NewEntry()
	e.PlaceHolder = lang.L("the model's own")
	if now != nil {
		e.SetText(format(*now))
	}
	e.Validator = func(text string) error {
		if strings.TrimSpace(text) == "" {
			return nil
		}
		_, err := parse(strings.TrimSpace(text))
		return err
	}
	e.OnChanged = func(text string) {
		text = strings.TrimSpace(text)
		if text == "" {
			s.change(func(c *assistant.Settings) { set(c, nil) })
			return
		}
		if v, err := parse(text); err == nil {
			s.change(func(c *assistant.Settings) { set(c, &v) })
		}
	}
	return e
}

func format(v any) string {
	switch v := v.(type) {
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	case uint64:
		return strconv.FormatUint(v, 10)
	case int:
		return strconv.Itoa(v)
	}
	return ""
}

var errRange = errors.New("out of range")

func parseFloat(lowest, highest float64) func(string) (float32, error) {
	return func(text string) (float32, error) {
		f, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 32)
		if err == nil && !(f >= lowest && f <= highest) {
			err = errRange
		}
		return float32(f), err
	}
}

func parseInt(lowest, highest int) func(string) (int, error) {
	return func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err == nil && (n < lowest || n > highest) {
			err = errRange
		}
		return n, err
	}
}

func parseSeed(text string) (uint64, error) { return strconv.ParseUint(text, 10, 64) }

// section is a card with a title over its rows.
func section(title string, rows ...fyne.CanvasObject) fyne.CanvasObject {
	return widgets.NewCard(container.NewVBox(append([]fyne.CanvasObject{subheading(title)}, rows...)...))
}

// row is a setting: its name over what it does, and the control at the right.
func row(name, about string, control fyne.CanvasObject) fyne.CanvasObject {
	text := container.New(layout.NewCustomPaddedVBoxLayout(-14), paragraph(name), muted(about))
	sized := container.NewGridWrap(fyne.NewSize(190, control.MinSize().Height), control)
	return container.NewBorder(nil, nil, nil, container.NewCenter(sized), text)
}

// leftColumn keeps its one object no wider than a card of text, at the left.
type leftColumn struct{}

// MinSize implements fyne.Layout.
func (*leftColumn) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

// Layout implements fyne.Layout.
func (*leftColumn) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(fyne.NewSize(min(size.Width, 720), size.Height))
}
