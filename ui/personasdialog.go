package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant"
	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// openPersonas shows the personas, to be changed.
func (w *Window) openPersonas() {
	if w.Vault == nil {
		w.sayNotOpen()
		return
	}
	scroll := newScroller(nil)
	add := widgets.NewChipButton(icon("plus"), lang.L("New persona"), func() { w.editPersona(assistant.Persona{}) })
	rows := container.NewVBox(paragraph(lang.L("A persona is who answers: what the model is told before you speak, which model it is, and how it chooses its words.")))
	for _, p := range w.chat.personas {
		rows.Add(w.personaRow(scroll, p))
	}
	scroll.Content = rows
	w.showScrolled(subheading(lang.L("Personas")), scroll, add, add, widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog))
}

// personaRow is a persona with what can be done with it.
func (w *Window) personaRow(scroll scroller, p assistant.Persona) fyne.CanvasObject {
	name := map[string]any{"Name": oneLine(p.Name, 40)}
	tools := container.NewHBox(
		scroll.tool(icon("pen"), lang.L("Edit {{.Name}}", name), func() { w.editPersona(p) }),
		scroll.tool(icon("copy"), lang.L("Duplicate {{.Name}}", name), func() {
			p.ID, p.Name = vault.UID{}, lang.L("{{.Name}}, copy", map[string]any{"Name": p.Name})
			w.editPersona(p)
		}),
		scroll.tool(icon("trash"), lang.L("Delete {{.Name}}", name), func() { w.deletePersona(p) }))
	about := strings.Join(strings.Fields(p.System), " ")
	if about == "" {
		about = lang.L("Without instructions")
	}
	if m := w.modelName(p.Model); m != "" {
		about = m + " · " + about
	}
	return container.NewBorder(nil, nil, nil, container.NewCenter(tools), lines(oneLined(paragraph(oneLine(p.Name, maxTitle))), oneLined(muted(oneLine(about, 200)))))
}

// modelName is the name of a model of the library, "" without an ID.
func (w *Window) modelName(id string) string {
	if id == "" {
		return ""
	}
	for _, m := range w.shelf.models {
		if m.ID == id {
			return m.Card.Name
		}
	}
	return lang.L("a model that is gone")
}

// deletePersona puts a persona into the trash. Undo brings it back.
func (w *Window) deletePersona(p assistant.Persona) {
	v := w.Vault
	w.closeDialog()
	if v == nil {
		return
	}
	w.inOrder(func() {
		undo, err := assistant.TrashPersona(context.Background(), w.runner, v, p.ID)
		w.do(func() {
			w.chat.readPersonas()
			if err != nil {
				w.Log.Error("a persona was not deleted", "error", err)
				w.complain(explainPersona(err), err)
				return
			}
			w.offerUndoInPrivate(lang.L("“{{.Title}}” was deleted.", map[string]any{"Title": oneLine(p.Name, 40)}), func() {
				w.inOrder(func() {
					err := undo(context.Background())
					w.do(func() {
						w.chat.readPersonas()
						if err != nil {
							w.Log.Error("a persona was not brought back", "error", err)
							w.complain(explainPersona(err), err)
						}
					})
				})
			})
		})
	})
}

// editPersona shows a persona, a new one if it has no ID, to be changed.
func (w *Window) editPersona(p assistant.Persona) {
	w.closeDialog()
	scroll := newScroller(nil)
	name, system, hint := scroll.field(w), w.instructions(scroll), muted(" ")
	name.SetPlaceHolder(lang.L("A careful editor"))
	name.SetText(p.Name)
	system.SetText(p.System)
	model := w.modelChoice(scroll, lang.L("The one that is active"), p.Model)
	var numbers *samplingView
	learnt := newSpecialistsView(w, scroll, p.Adapters, lang.L("As on the model's card"))
	learnt.setModel(w.modelFor(p.Model, assistant.Persona{}))
	model.changed = func(id string) {
		numbers.setOwn(w.ownSampling(id), w.settingsLayer())
		learnt.setModel(w.modelFor(id, assistant.Persona{}))
		learnt.fit()
	}
	numbers = newSamplingView(w, scroll, p.Sampling, w.ownSampling(p.Model), w.settingsLayer(), func(assistant.Sampling) {})
	scroll.Content = container.NewVBox(paragraph(lang.L("Name")), name,
		paragraph(lang.L("Instructions")), system, muted(lang.L("What the model is told before you speak. It reads them with every question, so they take room in its view.")),
		row(lang.L("Model"), muted(lang.L("Which one answers.")), model.box), learnt.rows, numbers.root, hint)
	accept := func() {
		p.Name, p.System, p.Model, p.Sampling, p.Adapters = name.Text, system.Text, model.id, numbers.now, learnt.chosen()
		w.savePersona(p, func(err error) {
			hint.show(explainPersona(err).text, theme.ColorNameError)
			scroll.ScrollToBottom()
		})
	}
	name.OnSubmitted = func(string) { accept() }
	title := lang.L("New persona")
	if p.ID != (vault.UID{}) {
		title = lang.L("Edit the persona")
	}
	cancel := widgets.NewChipButton(nil, lang.L("Cancel"), func() {
		w.closeDialog()
		w.openPersonas()
	})
	w.showScrolled(subheading(title), scroll, name, cancel, widgets.NewChipButton(nil, lang.L("Save"), accept))
}

// savePersona keeps a persona and shows the list, unless it cannot be kept.
func (w *Window) savePersona(p assistant.Persona, failed func(error)) {
	v, open := w.Vault, w.dialog
	if v == nil {
		return
	}
	w.inOrder(func() {
		_, err := assistant.SavePersona(context.Background(), w.runner, v, p)
		list, listErr := assistant.Personas(w.ctx, w.runner, v)
		w.do(func() {
			switch {
			case v != w.Vault || open != w.dialog: // it was locked, or closed
			case err != nil:
				w.Log.Warn("a persona was not kept", "error", err)
				failed(err)
				return
			default:
				w.closeDialog()
			}
			if v == w.Vault && listErr == nil {
				w.chat.personas = list
				w.chat.optionsChanged()
				if err == nil {
					w.openPersonas()
				}
			}
		})
	})
}

// settingsLayer is what the settings say of the numbers.
func (w *Window) settingsLayer() []layer {
	return []layer{{lang.L("From the settings."), w.Settings.Sampling}}
}

// instructions is an entry for a text of some lines.
func (w *Window) instructions(scroll scroller) *field {
	f := scroll.field(w)
	f.MultiLine, f.Wrapping = true, fyne.TextWrapWord
	f.SetMinRowsVisible(4)
	return f
}

// modelChoice is a list of models of which one is chosen, or none.
type modelChoice struct {
	id      string          // of the chosen one, "" for none
	changed func(id string) // may be nil
	box     *choiceBox
}

// modelChoice makes a list of which the first entry, none, is no model.
func (w *Window) modelChoice(scroll scroller, none, id string) *modelChoice {
	c := &modelChoice{id: id}
	usable := w.shelf.usable()
	names, ids := append([]string{none}, modelLabels(usable)...), []string{""}
	for _, m := range usable {
		ids = append(ids, m.ID)
	}
	at := -1
	for i := range ids {
		if ids[i] == id {
			at = i
		}
	}
	if at < 0 { // it is chosen, and not to be had
		at = len(ids)
		names, ids = append(names, w.modelName(id)), append(ids, id)
	}
	c.box = scroll.choice(names)
	c.box.SetSelectedIndex(at)
	c.box.OnChanged = func(string) {
		if i := c.box.SelectedIndex(); i >= 0 {
			c.id = ids[i]
			if c.changed != nil {
				c.changed(c.id)
			}
		}
	}
	return c
}
