package ui

import (
	"context"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/library"
	"lamplight/library/jobs"
	"lamplight/ui/widgets"
)

// modelExtension is how the name of a GGUF file ends.
const modelExtension = ".gguf"

// askExportModel asks where a model is to be written as one file.
func (w *Window) askExportModel(m library.Model) {
	if w.dialog != nil || w.lock != nil || w.unfit(m) {
		return
	}
	name := map[string]any{"Name": m.Card.Name}
	to, hint := w.newTarget(m.ID+modelExtension), muted(lang.L("One GGUF file, {{.Size}}, which llama.cpp and what is built on it read too. The library keeps the model.", map[string]any{"Size": byteSize(m.Card.Bytes)}))
	refuse := func(text string) {
		hint.show(text, theme.ColorNameError)
		w.dialog.fit()
	}
	start := widgets.NewChipButton(icon("export"), lang.L("Export"), nil)
	start.OnTapped = func() {
		if problem := to.problem(); problem != "" {
			refuse(problem)
			return
		}
		d, path := w.dialog, to.file()
		w.work(func(context.Context) { // a disk may be slow
			free, known := library.FreeSpace(filepath.Dir(path))
			w.do(func() {
				switch {
				case w.dialog != d:
				case known && free < m.Card.Bytes:
					refuse(lang.L("It needs {{.Need}} of this disk, and {{.Free}} are free. Make room, or choose another disk.", map[string]any{"Need": byteSize(m.Card.Bytes), "Free": byteSize(free)}))
				default:
					w.closeDialog()
					w.jobs.add(jobs.Spec{Kind: jobs.Export, Model: m.ID, Path: path})
				}
			})
		})
	}
	to.path.OnSubmitted = func(string) { start.OnTapped() }
	w.showDialog(subheading(lang.L("Export {{.Name}}", name)), container.NewVBox(to.row, hint), to.path,
		widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), start)
	if at := len([]rune(strings.TrimSuffix(to.path.Text, modelExtension))); at > 0 {
		to.path.CursorColumn = at
	}
}
