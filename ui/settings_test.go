package ui

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lamplight/assistant"
	"lamplight/internal/fixture"
	"lamplight/ui/widgets"
)

// setting returns the control in the row of a setting.
func (u *session) setting(name string) fyne.CanvasObject {
	u.t.Helper()
	var control fyne.CanvasObject
	here := false
	each(u.settings.content(), func(o fyne.CanvasObject) {
		switch o := o.(type) { // the name comes before its control
		case *choiceBox, *field:
			if here && control == nil {
				control = o
			}
		case *words:
			here = here || o.segment.Text == name
		}
	})
	if control == nil {
		u.t.Fatalf("there is no setting %q", name)
	}
	return control
}

// frameAside leaves out how large the window is and what it shows, which nobody sets on the page.
var frameAside = cmpopts.IgnoreFields(assistant.Settings{}, "Frame")

// saved reads the settings that were kept.
func (u *session) saved() assistant.Settings {
	u.t.Helper()
	u.settle()
	s, err := assistant.LoadSettings(u.SettingsPath)
	if err != nil {
		u.t.Fatal(err)
	}
	return s
}

func ptr[T any](v T) *T { return &v }

func TestEverySetting(t *testing.T) {
	u := begin(t, setup{})
	u.show(settingsPage)
	u.mustSee("Settings", "This window", "This computer", "How the model chooses its words", "Keys")
	for _, c := range []struct {
		name string
		set  any // an index to choose, or a text to type
		want func(*assistant.Settings)
	}{
		{"Language", 2, func(s *assistant.Settings) { s.Language = "de" }},
		{"Language", 0, func(s *assistant.Settings) { s.Language = "" }},
		{"Text size", 7, func(s *assistant.Settings) { s.TextScale = 200 }},
		{"Text size", 2, func(s *assistant.Settings) { s.TextScale = 0 }},
		{"Notification", 1, func(s *assistant.Settings) { s.NoCall = true }},
		{"Notification", 0, func(s *assistant.Settings) { s.NoCall = false }},
		{"Colours", 2, func(s *assistant.Settings) { s.Theme = assistant.Dark }},
		{"Colours", 1, func(s *assistant.Settings) { s.Theme = assistant.Light }},
		{"Colours", 0, func(s *assistant.Settings) { s.Theme = assistant.FollowSystem }},
		{"Enter key", 1, func(s *assistant.Settings) { s.EnterInserts = true }},
		{"Threads", runtime.NumCPU(), func(s *assistant.Settings) { s.Threads = runtime.NumCPU() }},
		{"Threads", 0, func(s *assistant.Settings) { s.Threads = 0 }},
		{"Context", 1, func(s *assistant.Settings) { s.ContextLength = 1024 }},
		{"Temperature", "0.7", func(s *assistant.Settings) { s.Sampling.Temperature = ptr(float32(0.7)) }},
		{"Temperature", " 1,5 ", func(s *assistant.Settings) { s.Sampling.Temperature = ptr(float32(1.5)) }},
		{"Temperature", "0", func(s *assistant.Settings) { s.Sampling.Temperature = ptr(float32(0)) }},
		{"Top-k", "40", func(s *assistant.Settings) { s.Sampling.TopK = ptr(40) }},
		{"Top-p", "0.9", func(s *assistant.Settings) { s.Sampling.TopP = ptr(float32(0.9)) }},
		{"Min-p", "0.05", func(s *assistant.Settings) { s.Sampling.MinP = ptr(float32(0.05)) }},
		{"Repeat penalty", "1.1", func(s *assistant.Settings) { s.Sampling.RepeatPenalty = ptr(float32(1.1)) }},
		{"Seed", "18446744073709551615", func(s *assistant.Settings) { s.Sampling.Seed = ptr(uint64(1<<64 - 1)) }},
		{"Seed", "", func(s *assistant.Settings) { s.Sampling.Seed = nil }},
	} {
		want := u.Settings
		c.want(&want)
		switch control := u.setting(c.name).(type) {
		case *choiceBox:
			control.SetSelectedIndex(c.set.(int))
		case *field:
			control.SetText(c.set.(string))
		}
		if diff := cmp.Diff(want, u.Settings, frameAside); diff != "" {
			t.Errorf("%s set to %v: %s", c.name, c.set, diff)
		}
		if diff := cmp.Diff(want, u.saved(), frameAside); diff != "" {
			t.Errorf("%s set to %v is not kept: %s", c.name, c.set, diff)
		}
		if diff := cmp.Diff(want, u.runner.Settings(), frameAside); diff != "" {
			t.Errorf("%s set to %v is not in force: %s", c.name, c.set, diff)
		}
	}
}

// Every number that an entry takes can be kept, and what it does not take changes nothing.
func TestNumbersInSettings(t *testing.T) {
	u := begin(t, setup{})
	u.show(settingsPage)
	for _, c := range []struct {
		name      string
		good, bad []string
		says      string
	}{
		{"Temperature", []string{"0", "5", "1e-3"}, []string{"-0.1", "5.1", "warm", "NaN", "Inf", "1e99"}, "A number from 0 to 5."},
		{"Top-k", []string{"0", "1000000"}, []string{"-1", "1000001", "1.5", "many"}, "A whole number from 0 to 1,000,000."},
		{"Top-p", []string{"0", "1"}, []string{"-1", "1.01", "x"}, "A number from 0 to 1."},
		{"Min-p", []string{"0", "1"}, []string{"-1", "1.01", "x"}, "A number from 0 to 1."},
		{"Repeat penalty", []string{"0.5", "5"}, []string{"0.4", "5.1", "x"}, "A number from 0.5 to 5."},
		{"Seed", []string{"0", "7"}, []string{"-1", "1.5", "18446744073709551616", "x"}, "A whole number from 0 on."},
	} {
		e := u.setting(c.name).(*field)
		for _, text := range c.good {
			e.SetText(text)
			if diff := cmp.Diff(u.Settings, u.saved(), frameAside); diff != "" {
				t.Errorf("%s %q cannot be kept: %s", c.name, text, diff)
			}
			u.mustNotSee("stays in force", "could not be written")
		}
		for _, text := range c.bad {
			before := u.Settings
			e.SetText(text)
			u.mustSee(c.says + " What was set before stays in force.")
			if diff := cmp.Diff(before, u.Settings, frameAside); diff != "" {
				t.Errorf("%s %q was taken: %s", c.name, text, diff)
			}
		}
		e.SetText("")
		u.mustNotSee("stays in force")
	}
	if diff := cmp.Diff(assistant.Settings{}, u.saved(), frameAside); diff != "" {
		t.Errorf("empty entries are not the model's own: %s", diff)
	}
}

func TestSettingsAreShown(t *testing.T) {
	set := assistant.Settings{
		Threads: 1, ContextLength: 8192, Theme: assistant.Dark, EnterInserts: true,
		Sampling: assistant.Sampling{Temperature: ptr(float32(0.7)), TopK: ptr(5), TopP: ptr(float32(0.25)), MinP: ptr(float32(0)), RepeatPenalty: ptr(float32(1.05)), Seed: ptr(uint64(99))},
	}
	u := begin(t, setup{settings: set})
	u.show(settingsPage)
	u.mustSee("Dark", "Makes a new line", "1", "8,192", "0.7", "5", "0.25", "0", "1.05", "99")
	if diff := cmp.Diff(set, u.Settings, frameAside); diff != "" {
		t.Errorf("showing the settings changes them: %s", diff)
	}
}

func TestReset(t *testing.T) {
	set := assistant.Settings{Threads: 1, Theme: assistant.Dark, Sampling: assistant.Sampling{Temperature: ptr(float32(0.7)), Seed: ptr(uint64(99))}}
	u := begin(t, setup{settings: set})
	u.show(settingsPage)
	u.tap("Use the model's own")
	want := set
	want.Sampling = assistant.Sampling{}
	if diff := cmp.Diff(want, u.saved(), frameAside); diff != "" {
		t.Error(diff)
	}
	if e := u.setting("Temperature").(*field); e.Text != "" {
		t.Errorf("the entry still has %q", e.Text)
	}
	u.tap("Undo")
	if diff := cmp.Diff(set, u.saved(), frameAside); diff != "" {
		t.Error(diff)
	}
	if e := u.setting("Temperature").(*field); e.Text != "0.7" {
		t.Errorf("the entry has %q", e.Text)
	}
}

func TestThemeIsApplied(t *testing.T) {
	u := begin(t, setup{})
	u.show(settingsPage)
	ground := func() any {
		return fyne.CurrentApp().Settings().Theme().Color(widgets.ColorNameSurface, theme.VariantLight)
	}
	if ground() != lightPalette[widgets.ColorNameSurface] {
		t.Fatal("the window does not begin in the system's colours")
	}
	u.setting("Colours").(*choiceBox).SetSelectedIndex(2)
	if ground() != darkPalette[widgets.ColorNameSurface] {
		t.Error("it stays light")
	}
}

func TestSettingsThatReachTheModel(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}})
	if got := u.chat.usage.Context; got != 2048 {
		t.Fatalf("context %d", got)
	}
	u.show(settingsPage)
	u.setting("Context").(*choiceBox).SetSelectedIndex(1)
	u.settle()
	if got := u.chat.usage.Context; got != 1024 {
		t.Errorf("context %d, want 1024", got)
	}
	u.setting("Enter key").(*choiceBox).SetSelectedIndex(1)
	if !u.chat.prompt.EnterInserts {
		t.Error("the prompt does not know of the Enter key")
	}
}

func TestSettingsCannotBeKept(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	u := begin(t, setup{options: func(o *Options) { o.SettingsPath = filepath.Join(file, "settings.json") }})
	u.show(settingsPage)
	u.setting("Seed").(*field).SetText("5")
	u.settle()
	u.mustSee("Your settings are in force but could not be written", "Copy the details")
	if got := u.Settings.Sampling.Seed; got == nil || *got != 5 {
		t.Error("the setting is not in force")
	}
}
