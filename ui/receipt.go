package ui

import (
	"cmp"
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assets"
	"lamplight/engine"
	"lamplight/library"
	"lamplight/library/jobs"
	"lamplight/ui/widgets"
)

// textChoice is a row that says on which text models are compared, and lets the user choose another one.
type textChoice struct {
	w     *Window
	path  string // "": the text that comes along
	said  *words
	reset *widgets.ChipButton
	root  *fyne.Container
}

func (w *Window) newTextChoice(about string) *textChoice {
	t := &textChoice{w: w, said: muted("")}
	other := widgets.NewChipButton(nil, lang.L("Choose a text…"), t.ask)
	t.reset = widgets.NewChipButton(nil, lang.L("Use the one that comes along"), func() { t.set("") })
	t.root = container.NewVBox(lines(muted(about), t.said), chips(other, t.reset))
	t.set("")
	return t
}

// ask lets the user choose a file. The dialog that this is in stays below.
func (t *textChoice) ask() {
	t.w.askFileOver(lang.L("Choose a text to compare on"), []string{".txt", ".md", ".csv", ".json", ".log", ".html"}, t.set)
}

func (t *textChoice) set(path string) {
	t.path = path
	if path == "" {
		t.said.set(lang.L("Text: {{.Name}}, English of many kinds that comes with Lamplight.", map[string]any{"Name": assets.ReceiptName}))
	} else {
		t.said.set(lang.L("Text: {{.Name}}. At most 4 MiB are read; about a page is the least.", map[string]any{"Name": shownPath(path)}))
	}
	show(t.reset, path != "")
	if t.w.dialog != nil && t.w.dialog.fit != nil {
		t.w.dialog.fit()
	}
}

// askReceipt shows what a model lost against the one that it was made from, or offers to measure it.
func (w *Window) askReceipt(m library.Model) {
	if m.Card.Receipt != nil {
		w.showReceipt(m)
		return
	}
	w.askMeasure(m)
}

// askMeasure asks with which model, and on which text, a model is to be compared.
func (w *Window) askMeasure(m library.Model) {
	if w.dialog != nil || w.lock != nil || w.unfit(m) {
		return
	}
	name := map[string]any{"Name": m.Card.Name}
	sources := w.sources(m)
	if len(sources) == 0 {
		w.mention(lang.L("{{.Name}} can be compared with the model that it was made from, and that is not in your library. Add it, then try again.", name), "", nil)
		return
	}
	base := newChoiceBox(modelLabels(sources), nil)
	base.Selected = base.Options[0]
	memory := muted("")
	look := func() { w.sayMemory(memory, m, sources[max(0, base.SelectedIndex())]) }
	text := w.newTextChoice(lang.L("Both read the same text, and their predictions are compared word by word. That takes some minutes."))
	base.OnChanged = func(string) { look() }
	start := widgets.NewChipButton(nil, lang.L("Compare"), func() {
		w.closeDialog()
		w.jobs.add(jobs.Spec{Kind: jobs.Receipt, Model: m.ID, Base: sources[max(0, base.SelectedIndex())].ID, Text: text.path})
	})
	body := container.NewVBox(paragraph(lang.L("Which model was it made from?")), base, text.root, memory)
	w.showDialog(subheading(lang.L("What did {{.Name}} lose?", name)), body, base, widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), start)
	look()
}

// sayMemory writes on a line of the dialog what comparing two models needs.
func (w *Window) sayMemory(line *words, a, b library.Model) {
	d := w.dialog
	w.work(func(context.Context) { // a disk may be slow
		text, color := w.bothInMemory(a, b)
		w.do(func() {
			if w.dialog != nil && w.dialog == d {
				line.show(text, color)
				d.fit()
			}
		})
	})
}

// sources are the models that m may have been made from, the likeliest first: where its card says that it comes from,
// then what keeps more of each weight.
func (w *Window) sources(m library.Model) []library.Model {
	list := slices.DeleteFunc(w.shelf.usable(), func(o library.Model) bool {
		return o.ID == m.ID || o.Card.Architecture != m.Card.Architecture || o.Card.Vocabulary != m.Card.Vocabulary
	})
	likeliness := func(o library.Model) int {
		switch {
		case o.Path == m.Card.Source:
			return 2
		case o.Card.Parameters == m.Card.Parameters:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b library.Model) int {
		return cmp.Or(likeliness(b)-likeliness(a), cmp.Compare(b.Card.Bytes, a.Card.Bytes))
	})
	return list
}

// bothInMemory says what comparing two models needs: both are in memory then.
func (w *Window) bothInMemory(a, b library.Model) (string, fyne.ThemeColorName) {
	need := int64(0)
	for _, m := range []library.Model{a, b} {
		memory, err := engine.Need(m.Path, engine.LoadOptions{Threads: w.Settings.Threads}, engine.SessionOptions{ContextLength: receiptContext})
		if err != nil {
			return "", widgets.ColorNameMuted // measuring says it better
		}
		need += memory.Total()
	}
	free, known := w.free()
	data := map[string]any{"Need": byteSize(need), "Free": byteSize(free)}
	if known && need > free {
		return lang.L("Both are in memory meanwhile: {{.Need}}, and {{.Free}} are free. Close other programs first.", data), theme.ColorNameWarning
	}
	return lang.L("Both are in memory meanwhile: {{.Need}}.", data), widgets.ColorNameMuted
}

// receiptContext is how many tokens a text is read at a time.
const receiptContext = 512
