package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant"
	"lamplight/internal/fixture"
	"lamplight/ui/widgets"
)

// speaking has the test hear a language.
func speaking(t *testing.T, tag string) {
	t.Helper()
	if err := speak(tag); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := speak("en"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestChosenTongue(t *testing.T) {
	for _, c := range []struct{ chosen, system, want string }{
		{"", "de-DE", "de"}, {"", "de-AT", "de"}, {"", "fr-CA", "fr"}, {"", "es-MX", "es"}, {"", "ja-JP", "ja"},
		{"", "zh-CN", "zh-Hans"}, {"", "zh-SG", "zh-Hans"}, {"", "en-GB", "en"}, {"", "C", "en"}, {"", "", "en"}, {"", "sr-RS", "en"},
		{"", "not a language", "en"}, {"ja", "de-DE", "ja"}, {"en", "de-DE", "en"}, {"tlh", "de-DE", "de"},
	} {
		if got := chosenTongue(c.chosen, func() fyne.Locale { return fyne.Locale(c.system) }).tag; got != c.want {
			t.Errorf("chosen %q on a system of %q: %s, want %s", c.chosen, c.system, got, c.want)
		}
	}
}

// Numbers, dates and what is counted are written as readers of each language do.
func TestEveryTongue(t *testing.T) {
	day := time.Date(2031, 3, 9, 12, 0, 0, 0, time.Local)
	for tag, want := range map[string][]string{
		"en":      {"1,234,567", "0.5", "9 March", "9 March 2031", "1 minute", "2 minutes", "0 minutes", "Select all"},
		"de":      {"1.234.567", "0,5", "9. März", "9. März 2031", "1 Minute", "2 Minuten", "0 Minuten", "Alles auswählen"},
		"es":      {"1\u00a0234\u00a0567", "0,5", "9 de marzo", "9 de marzo de 2031", "1 minuto", "2 minutos", "0 minutos", "Seleccionar todo"},
		"fr":      {"1\u202f234\u202f567", "0,5", "9 mars", "9 mars 2031", "1 minute", "2 minutes", "0 minute", "Tout sélectionner"},
		"ja":      {"1,234,567", "0.5", "3月9日", "2031年3月9日", "1 分", "2 分", "0 分", "すべて選択"},
		"zh-Hans": {"1,234,567", "0.5", "3月9日", "2031年3月9日", "1 分钟", "2 分钟", "0 分钟", "全选"},
	} {
		t.Run(tag, func(t *testing.T) {
			speaking(t, tag)
			minutes := func(n int) string { return lang.N("{{.N}} minutes", n, map[string]any{"N": n}) }
			got := []string{
				grouped(1234567), decimal(0.5, 1), date(day, day), date(day, day.AddDate(1, 0, 0)),
				minutes(1), minutes(2), minutes(0), lang.L("Select all"),
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%q, want %q", got[i], want[i])
				}
			}
			if n := minutes(1_000_000); n == "" { // a third form in French and Spanish
				t.Error("a million minutes have no form")
			}
		})
	}
}

// A text that no catalogue has is English.
func TestUnknownWords(t *testing.T) {
	speaking(t, "ja")
	if got := lang.L("Nobody knows {{.What}}", map[string]any{"What": "this"}); got != "Nobody knows this" {
		t.Errorf("it says %q", got)
	}
	if got := lang.X("no.such.key", "what stands there"); got != "what stands there" {
		t.Errorf("it says %q", got)
	}
}

// Every page has room in the window in every language and size of text, and nothing is squeezed to less than nothing.
func TestPagesHaveRoom(t *testing.T) {
	for _, tongue := range tongues {
		for _, c := range []struct {
			scale  int
			size   fyne.Size
			models []fixture.Options
		}{
			{100, fyne.NewSize(760, 520), []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1}}},
			{assistant.MaxTextScale, fyne.NewSize(1100, 740), []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1}}},
			{assistant.MaxTextScale, fyne.NewSize(1100, 740), nil}, // a newcomer's, with the starter
		} {
			s := setup{size: c.size, models: c.models, starter: c.models == nil}
			s.settings.Language, s.settings.TextScale = tongue.tag, c.scale
			speaking(t, tongue.tag)
			u := begin(t, s)
			for page, name := range pageNames {
				u.show(page)
				u.settle()
				if least := u.win.Canvas().Content().MinSize(); least.Width > c.size.Width || least.Height > c.size.Height {
					t.Errorf("%s, %d %%: the page %s needs %v", tongue.tag, c.scale, name, least)
				}
				each(u.win.Canvas().Content(), func(o fyne.CanvasObject) {
					if w, ok := o.(fyne.Widget); ok && (w.Size().Width < 0 || w.Size().Height < 0) {
						t.Errorf("%s, %d %%, page %s: %T %q has the size %v", tongue.tag, c.scale, name, o, text(o), w.Size())
					}
				})
			}
			u.close()
		}
	}
}

// The size of text is that of the settings, at once.
func TestTextScale(t *testing.T) {
	for scale, want := range map[int]float32{0: 1, 80: 0.8, 100: 1, 200: 2} {
		l := lookOf(assistant.Settings{TextScale: scale})
		for _, name := range []fyne.ThemeSizeName{theme.SizeNameText, theme.SizeNameCaptionText, theme.SizeNameHeadingText, theme.SizeNameSubHeadingText, widgets.SizeNameReading} {
			if got := l.Size(name); got != sizes[name]*want {
				t.Errorf("at %d %%, %s is %v", scale, name, got)
			}
		}
		if got := l.Size(theme.SizeNamePadding); got != sizes[theme.SizeNamePadding] {
			t.Errorf("at %d %%, the padding is %v", scale, got)
		}
	}
	u := begin(t, setup{})
	u.settings.change(func(s *assistant.Settings) { s.TextScale = 150 })
	if got := theme.Size(theme.SizeNameText); got != 21 {
		t.Errorf("text is %v high after the change", got)
	}
}
