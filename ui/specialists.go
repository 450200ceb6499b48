package ui

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/engine/adapter"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// Specialists are what the window calls adapters: what a model has learnt beside its weights. This file is about choosing
// which a model has, on its card, for a persona, a chat or an action, and about the adapters of the library themselves.

// strengths are what can be chosen, from weak to strong; 1 is as it was trained.
var strengths = []float32{0.25, 0.5, 0.75, 1, 1.25, 1.5, 2}

func strengthText(s float32) string {
	switch s {
	case 0:
		return lang.L("Off")
	case 1:
		return lang.L("As trained")
	}
	return "× " + number(float64(s))
}

// specialistsText lists adapters with their strengths.
func specialistsText(uses []adapter.Use) string {
	var list []string
	for _, u := range uses {
		name := cmp.Or(oneLine(u.Name, 40), u.SHA256[:min(12, len(u.SHA256))])
		if u.Strength != 1 {
			name += " " + strengthText(u.Strength)
		}
		list = append(list, name)
	}
	return strings.Join(list, ", ")
}

// specialistsOf says on the card of a model which adapters fit it, and how strong they are.
func (w *Window) specialistsOf(m library.Model) string {
	var list []adapter.Use
	for _, a := range w.shelf.adapters[m.ID] {
		list = append(list, adapter.Use{SHA256: a.Card.SHA256, Name: a.Card.Name, Strength: strengthIn(m.Card.Adapters, a.Card.SHA256)})
	}
	return specialistsText(list)
}

func strengthIn(uses []adapter.Use, sha256 string) float32 {
	for _, u := range uses {
		if u.SHA256 == sha256 {
			return u.Strength
		}
	}
	return 0
}

// specialistsView is a list of adapters with a strength each. It may leave open which they are.
type specialistsView struct {
	w      *Window
	scroll scroller
	own    *[]adapter.Use // nil: left open
	usual  string         // what it says then; "": it cannot be left open
	model  library.Model
	manage bool // adapters can be renamed and removed
	rows   *fyne.Container
}

func newSpecialistsView(w *Window, scroll scroller, own *[]adapter.Use, usual string) *specialistsView {
	if own == nil && usual == "" {
		own = &[]adapter.Use{}
	}
	return &specialistsView{w: w, scroll: scroll, own: own, usual: usual, rows: container.NewVBox()}
}

// setModel lists the adapters that fit a model, and those that were chosen and do not.
func (v *specialistsView) setModel(m library.Model) {
	v.model = m
	v.fill()
}

// set chooses adapters, or leaves them open.
func (v *specialistsView) set(own *[]adapter.Use) {
	v.own = own
	v.fill()
}

// uses is what was chosen, without those that are off.
func (v *specialistsView) uses() []adapter.Use {
	if v.own == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(*v.own), func(u adapter.Use) bool { return u.Strength == 0 })
}

// chosen is uses, nil while it is left open.
func (v *specialistsView) chosen() *[]adapter.Use {
	if v.own == nil {
		return nil
	}
	uses := v.uses()
	if uses == nil {
		uses = []adapter.Use{}
	}
	return &uses
}

func (v *specialistsView) fill() {
	v.rows.RemoveAll()
	adapters := v.w.shelf.adapters[v.model.ID]
	if v.usual != "" && (len(adapters) > 0 || v.own != nil) {
		open := v.scroll.choice([]string{v.usual, lang.L("Chosen here")})
		if open.SetSelectedIndex(0); v.own != nil {
			open.SetSelectedIndex(1)
		}
		open.OnChanged = func(string) {
			if open.SelectedIndex() == 0 {
				v.set(nil)
			} else {
				v.set(&[]adapter.Use{})
			}
			v.fit()
		}
		v.rows.Add(row(lang.L("Specialists"), muted(lang.L("What the model has learnt beside its weights.")), open))
	}
	if v.own == nil {
		return
	}
	if v.usual == "" && !v.manage && len(adapters)+len(*v.own) > 0 {
		v.rows.Add(lines(paragraph(lang.L("Specialists")), muted(lang.L("What the model has learnt beside its weights."))))
	}
	for _, a := range adapters {
		v.rows.Add(v.row(adapter.Use{SHA256: a.Card.SHA256, Name: a.Card.Name}, aboutAdapter(a.Card), &a))
	}
	for _, u := range *v.own {
		if !slices.ContainsFunc(adapters, func(a library.Adapter) bool { return a.Card.SHA256 == u.SHA256 }) {
			v.rows.Add(v.row(u, lang.L("It is not in your library, or was made for another model."), nil))
		}
	}
}

// fit gives the dialog the height of what is in it now.
func (v *specialistsView) fit() {
	if d := v.w.dialog; d != nil && d.fit != nil {
		for range 2 { // texts wrap to their width, then know their height
			v.rows.Refresh()
		}
		d.fit()
	}
}

// row is an adapter with its strength.
func (v *specialistsView) row(u adapter.Use, about string, a *library.Adapter) fyne.CanvasObject {
	now := strengthIn(*v.own, u.SHA256)
	values := append([]float32{0}, strengths...)
	if !slices.Contains(values, now) {
		values = append(values, now)
	}
	var names []string
	for _, s := range values {
		names = append(names, strengthText(s))
	}
	box := v.scroll.choice(names)
	box.SetSelectedIndex(slices.Index(values, now))
	box.OnChanged = func(string) {
		i := box.SelectedIndex()
		if i < 0 {
			return
		}
		*v.own = slices.DeleteFunc(slices.Clone(*v.own), func(o adapter.Use) bool { return o.SHA256 == u.SHA256 })
		*v.own = append(*v.own, adapter.Use{SHA256: u.SHA256, Name: u.Name, Strength: values[i]})
	}
	line := row(oneLine(u.Name, 40), muted(about), box)
	if !v.manage || a == nil {
		return line
	}
	name := map[string]any{"Name": oneLine(u.Name, 40)}
	tools := container.NewHBox(
		v.scroll.tool(icon("pen"), lang.L("Rename {{.Name}}", name), func() { v.w.renameAdapter(*a) }),
		v.scroll.tool(icon("trash"), lang.L("Delete {{.Name}}", name), func() { v.w.removeAdapter(*a) }))
	return container.NewBorder(nil, nil, nil, container.NewCenter(tools), line)
}

// aboutAdapter says what an adapter was made for.
func aboutAdapter(c library.AdapterCard) string {
	data := map[string]any{"Base": oneLine(c.Base, 40), "Size": byteSize(c.Bytes)}
	switch {
	case c.Trained && c.Base != "":
		return lang.L("Trained here on {{.Base}} · {{.Size}}", data)
	case c.Base != "":
		return lang.L("Made for {{.Base}} · {{.Size}}", data)
	}
	return lang.L("{{.Size}}, made for models of this shape", data)
}

// specialists shows the adapters that fit a model, and which of them it has where nothing else is chosen.
func (w *Window) specialists(model library.Model) {
	if w.dialog != nil {
		return
	}
	scroll := newScroller(nil)
	own := slices.Clone(model.Card.Adapters)
	v := newSpecialistsView(w, scroll, &own, "")
	v.manage = true
	v.setModel(model)
	about := paragraph(lang.L("A specialist is what a model has learnt beside its weights. Those that are on here answer in every chat with this model that chooses none of its own."))
	if len(w.shelf.adapters[model.ID]) == 0 {
		about = paragraph(lang.L("There is no specialist for this model yet. Drop an adapter (LoRA) on this window: a GGUF file or a folder from Hugging Face."))
	}
	scroll.Content = container.NewVBox(about, v.rows)
	save := widgets.NewChipButton(nil, lang.L("Save"), func() {
		uses := v.uses()
		w.closeDialog()
		w.change(func() error { return w.Library.SetAdapters(model.ID, uses) }, w.chat.optionsChanged)
	})
	w.showScrolled(subheading(lang.L("Specialists of {{.Name}}", map[string]any{"Name": oneLine(model.Card.Name, 40)})), scroll, save,
		widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), save)
}

func (w *Window) renameAdapter(a library.Adapter) {
	w.closeDialog()
	w.askName(lang.L("Rename"), lang.L("Rename"), a.Card.Name, func(name string) {
		w.change(func() error { return w.Library.RenameAdapter(a.ID, name) }, nil)
	})
}

func (w *Window) removeAdapter(a library.Adapter) {
	w.closeDialog()
	w.change(func() error { return w.Library.RemoveAdapter(a.ID) }, func() {
		w.offerUndo(lang.L("{{.Name}} is in the trash.", map[string]any{"Name": oneLine(a.Card.Name, 40)}), func() {
			w.change(func() error { return w.Library.RestoreAdapter(a.ID) }, nil)
		})
	})
}

// adapterComplaints are about a file that was to become a specialist.
var adapterComplaints = []complaint{
	{adapter.ErrUnusable, "It is an adapter, but it is damaged or breaks the rules of its format. Fetch it again, or ask whoever made it.", noRemedy},
	{errors.ErrUnsupported, "It is an adapter of a kind that cannot be applied while a model runs: it changes more than linear layers. Lamplight takes LoRA.", noRemedy},
}

// takeAdapter puts an adapter into the library and offers it for the model that it fits.
func (w *Window) takeAdapter(path string) {
	if strings.EqualFold(filepath.Ext(path), ".safetensors") { // its folder says what it is
		path = filepath.Dir(path)
	}
	w.inOrder(func() {
		a, existed, err := w.Library.AddAdapter(context.Background(), path, library.AdapterOptions{})
		s, shelfErr := w.readShelf()
		w.do(func() {
			w.showShelf(s, shelfErr)
			if err != nil {
				w.Log.Warn("an adapter was not added", "error", err)
				why, ok := find(err, adapterComplaints)
				if !ok {
					why = explainFile(path, err)
				}
				w.say(lang.L("{{.Name}} was not added. {{.Why}}", map[string]any{"Name": oneLine(filepath.Base(path), 60), "Why": why.text}), "", nil)
				return
			}
			w.Log.Info("adapter added", "id", a.ID, "existed", existed)
			w.offerAdapter(a)
		})
	})
}

// offerAdapter says for which model an adapter is: the one that answers if it fits, else the first that it fits.
func (w *Window) offerAdapter(a library.Adapter) {
	fits := func(m library.Model) bool {
		return slices.ContainsFunc(w.shelf.adapters[m.ID], func(b library.Adapter) bool { return b.ID == a.ID })
	}
	data := map[string]any{"Name": oneLine(a.Card.Name, 40)}
	models := slices.DeleteFunc(w.shelf.usable(), func(m library.Model) bool { return !fits(m) })
	if len(models) == 0 {
		w.mention(lang.L("{{.Name}} is in your library. None of your models has the shape that it was made for.", data), "", nil)
		return
	}
	model := models[0]
	if m, ok := w.shelf.chosen(); ok && fits(m) {
		model = m
	}
	data = map[string]any{"Name": oneLine(a.Card.Name, 40), "Model": oneLine(model.Card.Name, 40)}
	w.mention(lang.L("{{.Name}} is in your library, a specialist for {{.Model}}.", data), lang.L("Specialists"), func() { w.specialists(model) })
}
