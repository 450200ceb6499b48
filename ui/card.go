package ui

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"lamplight/library"
)

// cardFace is all that the card of a model shows.
type cardFace struct {
	model    library.Model
	active   bool
	checking bool // its file has changed and is being read again
	memory   verdict
	learnt   string // the adapters that fit it
	today    string // which day it is, as the card says when the model was used
}

// cardHeight is how high a card gets. It is asked of hundreds of models at once, so nothing is written for it but what
// wraps.
func (m *modelsView) cardHeight(model library.Model, width float32) float32 {
	f := cardFace{model: model, checking: m.w.checks[model.ID], memory: verdict{asked: model.Err() == nil}, learnt: m.w.specialistsOf(model)}
	return partsHeight(m.cardParts(f, width))
}

// newCard makes the card of a model.
func (m *modelsView) newCard(f cardFace, width float32) fyne.CanvasObject {
	card := newPartsCard(m.cardParts(f, width))
	card.SetActive(f.active)
	return card
}

// cardParts are what a person needs to choose a model, from the top. What is not known is left out.
func (m *modelsView) cardParts(f cardFace, width float32) []part {
	c, inside := &f.model.Card, width-2*cardInset
	parts := []part{headPart(f.active, c.Name, func() string { return facts(*c) })}
	if text, color := cardState(f); text != "" {
		parts = append(parts, m.heights.textPart(text, color, inside))
	} else if f.model.BuiltIn() {
		parts = append(parts, m.heights.textPart(starterText(), plainColor, inside))
	} else if text := goodFor(c); text != "" {
		parts = append(parts, m.heights.textPart(text, plainColor, inside))
	}
	if c.Reference {
		parts = append(parts, m.heights.textPart(staysText(c.App), mutedColor, inside))
	}
	for _, fact := range cardFacts {
		if fact.known(&f) {
			color := plainColor
			if fact.warn != nil && fact.warn(&f) {
				color = warnColor
			}
			parts = append(parts, factPart(fact.name, func() string { return fact.text(&f) }, color))
		}
	}
	if len(c.Tags) > 0 {
		parts = append(parts, tagsPart(c.Tags))
	}
	if c.Notes != "" {
		parts = append(parts, linePart(func() string { return strings.Join(strings.Fields(c.Notes), " ") }, mutedColor))
	}
	return append(parts, buttonsPart(func() (fyne.CanvasObject, fyne.CanvasObject) { return m.buttons(f) }))
}

// facts are the first things to know of a model. What its file does not say is left out.
func facts(c library.Card) string {
	var list []string
	if c.Parameters > 0 {
		list = append(list, lang.N("{{.N}} parameters", int(c.Parameters), map[string]any{"N": count(c.Parameters)}))
	}
	if c.Quantization != "" {
		list = append(list, c.Quantization)
	}
	if c.Bytes > 0 {
		list = append(list, byteSize(c.Bytes))
	}
	return strings.Join(list, " · ")
}

// cardState says what is wrong with a model and what to do, "" for one that can be used.
func cardState(f cardFace) (string, fyne.ThemeColorName) {
	if text := explainCard(f.model); text != "" {
		return text, badColor
	}
	switch {
	case f.checking:
		return lang.L("Its file was written to, so it is being checked before it is used."), mutedColor
	case f.model.Changed:
		return lang.L("Its file was written to since it was checked. It is checked again before it is used."), warnColor
	}
	return "", plainColor
}

// staysText says where the files of a reference are.
func staysText(app string) string {
	if app == "" {
		return lang.L("Stays in the folder where you keep it; nothing is copied.")
	}
	return lang.L("Stays where {{.App}} keeps it; nothing is copied.", map[string]any{"App": app})
}

// goodFor says in a line what a model is good for, as far as its facts tell.
func goodFor(c *library.Card) string {
	hint := c.Hint()
	var list []string
	switch hint.Tuning {
	case library.Instruct:
		list = append(list, lang.L("Chats and follows instructions."))
	case library.Base:
		list = append(list, lang.L("Continues a text; it has not learned to chat."))
	}
	if c.Parameters > 0 {
		switch hint.Size {
		case library.Tiny:
			list = append(list, lang.L("Quick; for short texts and narrow tasks."))
		case library.Small:
			list = append(list, lang.L("For everyday questions and writing."))
		case library.Medium:
			list = append(list, lang.L("Knows more and writes better; wants a good computer."))
		case library.Large:
			list = append(list, lang.L("Knows most; slow without a fast computer."))
		}
	}
	if hint.Precision == library.LowPrecision {
		list = append(list, lang.L("Quantized so much that answers suffer."))
	}
	return strings.Join(list, " ")
}

// fact is a line of a card.
type fact struct {
	name  func() string
	known func(*cardFace) bool
	text  func(*cardFace) string
	warn  func(*cardFace) bool // it is a reason to choose another model; nil: it never is
}

// cardFacts are the lesser facts of a model, from the top.
var cardFacts = []fact{{
	name:  func() string { return lang.L("Memory") },
	known: func(f *cardFace) bool { return f.memory.asked },
	text:  func(f *cardFace) string { return f.memory.text() },
	warn:  func(f *cardFace) bool { return f.memory.short() },
}, {
	name:  func() string { return lang.L("Context") },
	known: func(f *cardFace) bool { return f.model.Card.ContextLength > 0 },
	text: func(f *cardFace) string {
		n := f.model.Card.ContextLength
		return lang.N("{{.N}} tokens", n, map[string]any{"N": grouped(int64(n))})
	},
}, {
	name:  func() string { return lang.L("Speed here") },
	known: func(f *cardFace) bool { return f.model.Card.Speed != nil },
	text: func(f *cardFace) string {
		return lang.L("{{.N}} tokens/s", map[string]any{"N": speed(f.model.Card.Speed.Decode)})
	},
}, {
	name:  func() string { return lang.L("Quality") },
	known: func(f *cardFace) bool { return f.model.Card.Receipt != nil },
	text:  func(f *cardFace) string { return quality(f.model.Card.Receipt) },
}, {
	name:  func() string { return lang.L("Specialists") },
	known: func(f *cardFace) bool { return f.learnt != "" },
	text:  func(f *cardFace) string { return f.learnt },
}, {
	name:  func() string { return lang.L("Licence") },
	known: func(f *cardFace) bool { return f.model.Card.License != "" },
	text:  func(f *cardFace) string { return f.model.Card.License },
}, {
	name:  func() string { return lang.L("Origin") },
	known: func(f *cardFace) bool { return f.model.Card.Origin != "" },
	text:  func(f *cardFace) string { return strings.TrimPrefix(f.model.Card.Origin, "https://") },
}, {
	name:  func() string { return lang.L("Last used") },
	known: func(f *cardFace) bool { return !f.model.Card.LastUsed.IsZero() },
	text:  func(f *cardFace) string { return usedOn(f.model.Card.LastUsed, f.today) },
}}

// quality is a receipt in a line: how often the model chooses as the one that it was made from.
func quality(r *library.Receipt) string {
	return lang.L("{{.Share}} % of words as {{.Source}}", map[string]any{"Share": decimal(100*r.SameTop, 1), "Source": r.Source})
}

// dayForm writes a day so that days can be compared.
const dayForm = "2006-01-02"

// usedOn is a day as people say it. today is in dayForm.
func usedOn(t time.Time, today string) string {
	if t.Local().Format(dayForm) == today {
		return lang.L("Today")
	}
	now, err := time.ParseInLocation(dayForm, today, time.Local)
	if err != nil {
		return ""
	}
	if t.Local().Format(dayForm) == now.AddDate(0, 0, -1).Format(dayForm) {
		return lang.L("Yesterday")
	}
	return date(t, now)
}

// buttons are the one thing that is done most with a model, and the menu of everything else.
func (m *modelsView) buttons(f cardFace) (first, menu fyne.CanvasObject) {
	model := f.model
	use := m.grid.chip(icon("chat"), lang.L("Use"), func() { m.w.chatWith(model.ID) })
	if f.active {
		use.SetFace(icon("chat"), lang.L("Chat"))
	}
	if model.Err() != nil {
		use.Hide()
	}
	more := m.grid.tool(icon("more"), lang.L("More about {{.Name}}", map[string]any{"Name": model.Card.Name}), nil)
	more.OnTapped = func() { m.w.showMenu(more, m.actions(model)) }
	return use, more
}
