package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
)

// textScales are the sizes of text that can be chosen, in percent.
var textScales = []int{assistant.MinTextScale, 90, 100, 110, 125, 150, 175, assistant.MaxTextScale}

func (s *settingsView) textScales(now assistant.Settings) fyne.CanvasObject {
	var names []string
	var values []int
	for _, n := range textScales {
		names, values = append(names, lang.L("{{.N}} %", map[string]any{"N": n})), append(values, n)
	}
	scale := now.TextScale
	if scale == 0 {
		scale = 100
	}
	return choose(s, names, values, scale, func(c *assistant.Settings, v int) {
		if c.TextScale = v; v == 100 {
			c.TextScale = 0
		}
	})
}

// languageHint says what is true of the choice of a language.
func (s *settingsView) languageHint() *words {
	return muted(lang.L("The window speaks it from the next start on."))
}

func (s *settingsView) languages(now assistant.Settings) fyne.CanvasObject {
	names, tags := []string{lang.L("As the system")}, []string{""}
	for _, t := range tongues {
		names, tags = append(names, t.name), append(tags, t.tag)
	}
	return choose(s, names, tags, now.Language, func(c *assistant.Settings, v string) { c.Language = v })
}

func (s *settingsView) calls(now assistant.Settings) fyne.CanvasObject {
	return choose(s, []string{lang.L("Yes"), lang.L("No")}, []bool{false, true}, now.NoCall, func(c *assistant.Settings, v bool) { c.NoCall = v })
}
