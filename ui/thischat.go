package ui

import (
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// openThisChat shows what the conversation that is shown has of its own, to be changed.
func (w *Window) openThisChat() {
	if w.dialog != nil {
		return
	}
	t := w.chat.shown
	o, persona := t.Options(), w.chat.personaOf(t)
	scroll := newScroller(nil)

	model := w.modelChoice(scroll, w.usualModel(persona), o.Model)
	system := newOwnSystem(w, scroll, o.System, persona, func() library.Model { return w.modelFor(model.id, persona) })
	numbers := newSamplingView(w, scroll, o.Sampling, w.ownSampling(""), nil, func(assistant.Sampling) {})
	learnt := newSpecialistsView(w, scroll, o.Adapters, w.usualSpecialists(persona))
	follow := func(string) {
		m := w.modelFor(model.id, persona)
		numbers.setOwn(w.ownSampling(m.ID), w.layersUnder(persona))
		system.show()
		learnt.setModel(m)
		learnt.fit()
	}
	model.changed = follow
	follow("")
	scroll.Content = container.NewVBox(paragraph(lang.L("Instructions")), system.entry, container.NewBorder(nil, nil, nil, container.NewCenter(system.back), system.about),
		row(lang.L("Model"), muted(lang.L("Which one answers in this chat.")), model.box), learnt.rows, numbers.root)
	accept := func() {
		w.closeDialog()
		w.chat.setOptions(t, func(o *assistant.Options) {
			o.System, o.Model, o.Sampling, o.Adapters = system.own, model.id, numbers.now, learnt.chosen()
		})
		w.focus(w.chat.prompt)
	}
	usual := widgets.NewChipButton(icon("restore"), lang.L("All as usual"), func() {
		system.set(nil)
		model.box.SetSelectedIndex(0)
		numbers.set(assistant.Sampling{})
		learnt.set(nil)
		learnt.fit()
	})
	w.showScrolled(subheading(lang.L("This chat")), scroll, system.entry, usual, widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), widgets.NewChipButton(nil, lang.L("Save"), accept))
}

// usualModel says which model answers in a conversation that has none of its own.
func (w *Window) usualModel(p assistant.Persona) string {
	if p.Model != "" {
		return lang.L("The persona's: {{.Name}}", map[string]any{"Name": w.modelName(p.Model)})
	}
	return lang.L("The one that is active")
}

// usualSpecialists says which adapters a conversation has that has none of its own.
func (w *Window) usualSpecialists(p assistant.Persona) string {
	if p.Adapters != nil {
		return lang.L("The persona's specialists: {{.Name}}", map[string]any{"Name": orNone(specialistsText(*p.Adapters))})
	}
	return lang.L("As on the model's card")
}

// modelFor is the model that answers in a conversation with a model of its own, or "".
func (w *Window) modelFor(own string, p assistant.Persona) library.Model {
	for _, id := range []string{own, p.Model} {
		for _, m := range w.shelf.usable() {
			if id != "" && m.ID == id {
				return m
			}
		}
	}
	m, _ := w.shelf.chosen()
	return m
}

// layersUnder are the numbers under those of a conversation.
func (w *Window) layersUnder(p assistant.Persona) []layer {
	return append([]layer{{lang.L("From the persona."), p.Sampling}}, w.settingsLayer()...)
}

// ownSystem is an entry for the instructions of a conversation, which has those of its persona or model until they are
// changed.
type ownSystem struct {
	own     *string // nil: as the persona or the model has it
	persona assistant.Persona
	model   func() library.Model
	entry   *field
	about   *words
	back    *widgets.ChipButton
	filling bool
}

func newOwnSystem(w *Window, scroll scroller, own *string, p assistant.Persona, model func() library.Model) *ownSystem {
	s := &ownSystem{own: own, persona: p, model: model, entry: w.instructions(scroll), about: muted("")}
	s.back = scroll.chip(icon("restore"), "", func() {
		s.set(nil)
		w.win.Canvas().Focus(s.entry)
	})
	s.entry.OnChanged = func(text string) {
		if !s.filling {
			s.set(&text)
		}
	}
	return s
}

// usual returns what the conversation is told while it has nothing of its own, and whose that is.
func (s *ownSystem) usual() (system, whose, back string) {
	if s.persona.System != "" {
		return s.persona.System, lang.L("As the persona has it."), lang.L("As the persona has it")
	}
	if extras := s.model().Card.Extras; extras != nil && extras.System != "" {
		return extras.System, lang.L("As the model has it."), lang.L("As the model has it")
	}
	return "", lang.L("The model is told nothing."), lang.L("No instructions")
}

func (s *ownSystem) set(own *string) {
	s.own = own
	s.show()
}

func (s *ownSystem) show() {
	usual, whose, back := s.usual()
	s.filling = true
	text := usual
	if s.own != nil {
		text = *s.own
		whose = lang.L("Changed for this chat.")
		if text == "" {
			whose = lang.L("The model is told nothing in this chat.")
		}
	}
	if s.entry.Text != text {
		s.entry.SetText(text)
	}
	s.about.set(whose)
	s.back.SetFace(icon("restore"), back)
	show(s.back, s.own != nil)
	s.filling = false
}
