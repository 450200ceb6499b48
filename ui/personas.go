package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/library"
	"lamplight/privacy/vault"
)

// This file is about who answers: the persona of a conversation, and what it has of its own. personasdialog.go has the list
// of personas and the page of one of them, thischat.go what a conversation has of its own.

// whoLayout puts who answers beside each other: the persona and the model. In a narrow window they leave more room to the
// title.
type whoLayout struct{ c *chatView }

func (l *whoLayout) widths() (persona, model float32) {
	persona, model = 148, choiceWidth
	if l.c.side != nil && l.c.side.folded {
		persona, model = 120, 144
	}
	if !l.c.persona.Visible() {
		persona = 0
	}
	return persona, model
}

// MinSize implements fyne.Layout.
func (l *whoLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	persona, model := l.widths()
	return fyne.NewSize(persona+gap+model, o[1].MinSize().Height)
}

// Layout implements fyne.Layout.
func (l *whoLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	persona, model := l.widths()
	height := o[1].MinSize().Height
	at := fyne.NewPos(0, (size.Height-height)/2)
	for i, width := range []float32{persona, model} {
		o[i].Move(at)
		o[i].Resize(fyne.NewSize(width, height))
		at.X += width + gap
	}
}

// explainPersona says why a persona, or what a conversation has of its own, was not kept.
func explainPersona(err error) message {
	if m, ok := find(err, answerComplaints); ok {
		return m
	}
	return explainVault(err)
}

// readPersonas reads the personas of the vault.
func (c *chatView) readPersonas() {
	v := c.w.Vault
	if v == nil {
		c.personas = nil
		c.optionsChanged()
		return
	}
	c.w.inOrder(func() {
		list, err := assistant.Personas(c.w.ctx, c.w.runner, v)
		c.w.do(func() {
			switch {
			case v != c.w.Vault || errors.Is(err, context.Canceled):
			case err != nil:
				c.w.Log.Error("the personas cannot be read", "error", err)
				c.w.complain(explainPersona(err), err)
			default:
				c.personas = list
				c.optionsChanged()
			}
		})
	})
}

// personaOf returns the persona of a conversation, without an ID if it has none.
func (c *chatView) personaOf(t *talk) assistant.Persona {
	id := t.Options().Persona
	for _, p := range c.personas {
		if p.ID == id {
			return p
		}
	}
	return assistant.Persona{}
}

// wanted is the ID of the model that was chosen for a conversation, "" for the active one.
func (c *chatView) wanted(t *talk) string { return cmp.Or(t.Options().Model, c.personaOf(t).Model) }

// model returns the one that answers in the conversation that is shown, which may be gone or damaged if it is the active
// one.
func (c *chatView) model() (library.Model, bool) {
	wanted := c.wanted(c.shown)
	for _, m := range c.w.shelf.usable() {
		if m.ID == wanted {
			return m, true
		}
	}
	return c.w.shelf.chosen()
}

// missesModel reports whether the model that was chosen for the conversation is not there, so that another one answers.
func (c *chatView) missesModel() bool {
	wanted := c.wanted(c.shown)
	m, ok := c.model()
	return wanted != "" && ok && m.ID != wanted
}

// showPersonas brings the list to choose from up to date. There is none while nothing can be kept.
func (c *chatView) showPersonas() {
	names := []string{lang.L("No persona")}
	now := c.personaOf(c.shown)
	at := 0
	for _, p := range c.personas {
		name := oneLine(p.Name, 40)
		for n := 2; slices.Contains(names, name); n++ {
			name = fmt.Sprintf("%s (%d)", oneLine(p.Name, 40), n)
		}
		if p.ID == now.ID {
			at = len(names)
		}
		names = append(names, name)
	}
	c.persona.OnChanged = nil
	c.persona.Options = append(names, lang.L("Personas…"))
	c.persona.SetSelectedIndex(at)
	c.persona.OnChanged = c.pickedPersona
	show(c.persona, c.w.Vault != nil)
}

// pickedPersona gives the conversation the persona that was picked, or opens the list of them.
func (c *chatView) pickedPersona(string) {
	i := c.persona.SelectedIndex()
	switch {
	case i == len(c.personas)+1:
		c.showPersonas()
		c.w.openPersonas()
		return
	case i <= 0:
		c.setOptions(c.shown, func(o *assistant.Options) { o.Persona = vault.UID{} })
	default:
		id := c.personas[i-1].ID
		c.setOptions(c.shown, func(o *assistant.Options) { o.Persona = id })
	}
	c.w.focus(c.prompt)
}

// setOptions changes what a conversation has of its own.
func (c *chatView) setOptions(t *talk, change func(*assistant.Options)) {
	o := t.Options()
	change(&o)
	c.w.inOrder(func() {
		err := t.SetOptions(context.Background(), o)
		c.w.do(func() {
			if err != nil {
				c.w.Log.Error("what a conversation has of its own was not kept", "error", err)
				c.w.complain(explainPersona(err), err)
			}
			c.optionsChanged()
		})
	})
}

// optionsChanged shows who answers in the conversation that is shown, and brings it into memory.
func (c *chatView) optionsChanged() {
	c.showPersonas()
	c.showChoice()
	o := c.shown.Options()
	c.own.SetActive(o.System != nil || o.Model != "" || o.Adapters != nil || o.Sampling != assistant.Sampling{})
	c.preload()
	c.measure()
	c.showStatus()
}
