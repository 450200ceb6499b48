package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/assets/starter"
	"lamplight/assistant/stories"
	"lamplight/ui/widgets"
)

// told is a part of the sentence at the top: what was ticked stands out.
type told struct {
	text   string
	ticked bool
}

// slot stands for who a story is about while its sentence is translated.
const slot = "\x00"

// sentence says what a choice makes, in parts: who it is about, and what else was ticked, in the order of the groups.
func sentence(c stories.Choice) []told {
	who := whoIn(c)
	before, after, _ := strings.Cut(lang.L("A bedtime story about {{.Who}}", map[string]any{"Who": slot}), slot)
	var list []told
	add := func(text string, ticked bool) {
		if text != "" {
			list = append(list, told{text, ticked})
		}
	}
	add(before, false)
	for i, name := range who {
		switch {
		case i > 0 && i == len(who)-1:
			add(lang.L(" and "), false)
		case i > 0:
			add(lang.L(", "), false)
		}
		add(name, true)
	}
	if len(who) == 0 {
		add("…", true)
	}
	add(after, false)
	for _, g := range stories.Groups() {
		if g.ID == starter.Heroes || g.ID == starter.Companions {
			continue
		}
		for _, phrase := range c[g.ID] {
			add(lang.L(", "), false)
			add(toldOf(g, phrase), true)
		}
	}
	return list
}

// whoIn are the heroes and their companions.
func whoIn(c stories.Choice) (who []string) {
	for _, g := range stories.Groups() {
		if g.ID == starter.Heroes || g.ID == starter.Companions {
			for _, phrase := range c[g.ID] {
				who = append(who, toldOf(g, phrase))
			}
		}
	}
	return who
}

// toldOf is how the sentence says an option, or the user's own words.
func toldOf(g starter.Group, phrase string) string {
	if o, ok := stories.Option(g, phrase); ok {
		return optionNames()[g.ID][o.ID].told
	}
	own := map[string]any{"Own": oneLine(phrase, starter.MaxOwn)}
	switch g.ID {
	case starter.Place:
		return lang.L("the place is {{.Own}}", own)
	case starter.Theme:
		return lang.L("it is about {{.Own}}", own)
	case starter.Listener:
		return lang.L("for {{.Own}}", own)
	}
	return oneLine(phrase, starter.MaxOwn)
}

// labelOf is what an option is called on its card.
func labelOf(g starter.Group, phrase string) string {
	if o, ok := stories.Option(g, phrase); ok {
		return optionNames()[g.ID][o.ID].label
	}
	return oneLine(phrase, starter.MaxOwn)
}

// fullStop ends a sentence.
func fullStop() string {
	if tag := spokenTongue().tag; tag == "ja" || strings.HasPrefix(tag, "zh") {
		return "。"
	}
	return "."
}

// sentenceView shows the sentence. It is read as one line.
type sentenceView struct{ widget.RichText }

func newSentenceView() *sentenceView {
	v := &sentenceView{}
	v.Wrapping, v.Scroll = spokenTongue().wrapping, fyne.ScrollNone
	v.ExtendBaseWidget(v)
	return v
}

func (v *sentenceView) show(parts []told) {
	v.Segments = nil
	for _, p := range slices.Concat(parts, []told{{text: fullStop()}}) {
		style := widget.RichTextStyle{Inline: true, SizeName: theme.SizeNameSubHeadingText, ColorName: widgets.ColorNameMuted}
		if p.ticked {
			style.ColorName, style.TextStyle.Bold = theme.ColorNamePrimary, true
		}
		v.Segments = append(v.Segments, &widget.TextSegment{Text: p.text, Style: style})
	}
	v.Refresh()
}

// Label is the sentence as it is read.
func (v *sentenceView) Label() string { return v.String() }
