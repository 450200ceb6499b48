package ui

import (
	"context"
	"os"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"lamplight/library"
	"lamplight/library/jobs"
	"lamplight/ui/widgets"
)

// halfBits are those of a weight in the smallest of the types that models are trained and handed on in. Weights with
// fewer were quantized.
const halfBits = 16

// expect says in a line what to expect of a recipe.
func expect(r library.Recipe) string {
	switch r.Name {
	case library.Original:
		return lang.L("The weights as they are, in one file.")
	case "f16":
		return lang.L("Half precision. Nobody would see a difference.")
	case "q8_0":
		return lang.L("Answers as the original does, with hardly an exception.")
	case "q6_k":
		return lang.L("Close to the original.")
	case "q5_k_m":
		return lang.L("Close to the original in large models; small ones lose a little.")
	case "q4_k_m":
		return lang.L("What most people use. Small models lose some of their sense.")
	}
	return lang.L("The smallest and quickest. Loses the most.")
}

// askQuantize asks how small a copy of a model is to be made.
func (w *Window) askQuantize(m library.Model) {
	if w.unfit(m) {
		return
	}
	w.work(func(context.Context) {
		list, bits, err := library.Estimates(m.Path)
		worth := smaller(m, list)
		free, known := library.FreeSpace(w.Models)
		w.do(func() {
			if err != nil {
				w.Log.Warn("a model cannot be quantized", "id", m.ID)
				w.complain(explainFile(m.Path, err), err)
				return
			}
			if !known {
				free = -1
			}
			w.showQuantize(m, worth, bits, free)
		})
	})
}

// unfit says why nothing can be made of a model, and reports whether that is so.
func (w *Window) unfit(m library.Model) bool {
	if text := explainCard(m); text != "" {
		w.mention(text, "", nil)
		return true
	}
	return false
}

// smaller leaves out what makes a model no smaller than it is, or than a better recipe does: rows that are no whole
// blocks of a type get another one. Of a folder one file can be made in any case.
func smaller(m library.Model, list []library.Estimate) (worth []library.Estimate) {
	least := m.Card.Bytes
	for _, e := range list {
		if e.Recipe.Name == library.Original {
			if info, err := os.Stat(m.Path); err == nil && info.IsDir() {
				worth = append(worth, e)
			}
			continue
		}
		if e.Bytes < least*worthwhile/100 {
			worth = append(worth, e)
			least = e.Bytes
		}
	}
	return worth
}

// worthwhile is how much of the size, in percent, a recipe may leave at most.
const worthwhile = 99

// usualRecipe is what is chosen until the user chooses.
const usualRecipe = "q4_k_m"

// quantizing is the dialog that asks what to make of a model.
type quantizing struct {
	w      *Window
	model  library.Model
	list   []library.Estimate
	free   int64 // bytes of the disk, −1: not known
	chosen int
	chips  []*widgets.ChipButton
	name   *field
	given  bool // the user has given a name
	text   *textChoice
	space  *words
	start  *widgets.ChipButton
}

func (w *Window) showQuantize(m library.Model, list []library.Estimate, bits float64, free int64) {
	if len(list) == 0 {
		w.mention(lang.L("{{.Name}} cannot be made smaller than it is.", map[string]any{"Name": m.Card.Name}), "", nil)
		return
	}
	if w.dialog != nil || w.lock != nil {
		return
	}
	q := &quantizing{w: w, model: m, list: list, free: free, name: w.newField(), space: muted("")}
	rows := container.New(layout.NewCustomPaddedVBoxLayout(-gap / 2))
	for i, e := range list {
		chip := widgets.NewChipButton(nil, chipName(e.Recipe), func() { q.choose(i) })
		q.chips = append(q.chips, chip)
		facts := lang.L("{{.Size}} · {{.Bits}} bits per weight", map[string]any{"Size": byteSize(e.Bytes), "Bits": decimal(e.BitsPerWeight, 1)})
		column := container.NewGridWrap(fyne.NewSize(96, chip.MinSize().Height), chip)
		rows.Add(container.NewBorder(nil, nil, container.New(layout.NewCustomPaddedLayout(0, 0, textInset, 0), container.NewCenter(column)), nil, lines(paragraph(facts), muted(expect(e.Recipe)))))
		if e.Recipe.Name == usualRecipe {
			q.chosen = i
		}
	}
	q.name.OnChanged = func(string) {
		q.given = true
		q.check()
	}
	q.text = w.newTextChoice(lang.L("Afterwards both are compared on a text, so that its card says what was lost. That takes some minutes."))
	q.start = widgets.NewChipButton(nil, lang.L("Make it"), q.begin)
	body := container.NewVBox()
	if bits < halfBits {
		warning := muted(lang.L("{{.Name}} is quantized already: what is lost twice adds up. Its original makes a better one, if you have it.", map[string]any{"Name": m.Card.Name}))
		warning.segment.Style.ColorName = theme.ColorNameWarning
		body.Add(warning)
	}
	body.Add(rows)
	body.Add(paragraph(lang.L("Name of the new model")))
	body.Add(q.name)
	body.Add(q.text.root)
	body.Add(q.space)
	q.choose(q.chosen)
	w.showDialog(subheading(lang.L("Make {{.Name}} smaller", map[string]any{"Name": m.Card.Name})), body, q.chips[q.chosen],
		widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), q.start)
}

// chipName is the name of a recipe on its button.
func chipName(r library.Recipe) string {
	if r.Name == library.Original {
		return lang.L("Original")
	}
	return recipeName(r.Name)
}

func (q *quantizing) choose(i int) {
	q.chosen = i
	for k, c := range q.chips {
		c.SetActive(k == i)
	}
	if !q.given {
		q.name.SetText(q.model.Card.Name + " " + chipName(q.list[i].Recipe))
		q.given = false
	}
	show(q.text.root, q.kind() == jobs.Quantize)
	q.check()
	if q.w.dialog != nil {
		q.w.dialog.fit()
	}
}

// kind is what the job is: there is nothing to compare where no weight changes.
func (q *quantizing) kind() jobs.Kind {
	if q.list[q.chosen].Recipe.Name == library.Original {
		return jobs.Convert
	}
	return jobs.Quantize
}

// check says what keeps the work from beginning.
func (q *quantizing) check() {
	need := q.list[q.chosen].Bytes
	data := map[string]any{"Name": q.model.Card.Name, "Need": byteSize(need), "Free": byteSize(max(0, q.free))}
	short := q.free >= 0 && need > q.free
	switch {
	case short:
		q.space.show(lang.L("It needs {{.Need}} of the disk, and {{.Free}} are free. Make room, or choose a smaller one.", data), theme.ColorNameError)
	case q.free >= 0:
		q.space.show(lang.L("It takes {{.Need}} of the {{.Free}} that are free on the disk. {{.Name}} stays as it is.", data), widgets.ColorNameMuted)
	}
	if short || strings.TrimSpace(q.name.Text) == "" {
		q.start.Disable()
	} else {
		q.start.Enable()
	}
}

func (q *quantizing) begin() {
	q.w.closeDialog()
	q.w.jobs.add(jobs.Spec{
		Kind: q.kind(), Model: q.model.ID, Recipe: q.list[q.chosen].Recipe.Name, Name: strings.TrimSpace(q.name.Text), Text: q.text.path,
	})
}
