package ui

import (
	"context"
	"errors"
	"iter"

	"fyne.io/fyne/v2/lang"

	"lamplight/library"
)

// verify reads a model again, because the user wants it.
func (m *modelsView) verify(model library.Model) {
	m.w.check(model, func(err error) {
		name := map[string]any{"Name": model.Card.Name}
		switch {
		case err == nil:
			m.w.mention(lang.L("{{.Name}} is as it was when it was added.", name), "", nil)
		case errors.Is(err, context.Canceled):
			m.w.mention(lang.L("Stopped. {{.Name}} was not read to its end.", name), "", nil)
		}
	})
}

// check reads a model again and marks it if it is damaged, which it says. then is told how it ended.
func (w *Window) check(model library.Model, then func(error)) {
	w.checks[model.ID] = true
	w.models.shelfChanged()
	w.importer.run(errand{
		path: model.Path,
		name: model.Card.Name,
		sure: true,
		read: func(ctx context.Context) iter.Seq2[library.Progress, error] { return w.Library.Verify(ctx, model.ID) },
		done: func(_ *library.Model, _ bool, err error) {
			delete(w.checks, model.ID)
			w.Log.Info("model verified", "id", model.ID, "good", err == nil) // an error has the path of a user's file
			name := map[string]any{"Name": model.Card.Name, "App": model.Card.App}
			switch {
			case errors.Is(err, library.ErrDamaged) && model.Card.App != "":
				w.say(lang.L("{{.Name}} is damaged: its file has other content than when it was added. Fetch it again in {{.App}}, then use it from there.", name), lang.L("Models"), func() { w.show(modelsPage) })
			case errors.Is(err, library.ErrDamaged):
				w.say(lang.L("{{.Name}} is damaged: its file has other content than when it was added. Remove it and drop the model again.", name), lang.L("Models"), func() { w.show(modelsPage) })
			case err != nil && !errors.Is(err, context.Canceled):
				w.complain(explainFile(model.Path, err), err)
			}
			if then != nil {
				then(err)
			}
			w.models.shelfChanged()
			w.chat.preload() // it may have waited for this
		},
	})
}

// checkChanged reads those models again whose files were written to, the one that is chosen first. What could not be
// read to its end is not tried again before somebody wants to use it.
func (w *Window) checkChanged() {
	chosen, ok := w.shelf.chosen()
	if ok {
		w.checkOnce(chosen)
	}
	for _, m := range w.shelf.models {
		w.checkOnce(m)
	}
}

func (w *Window) checkOnce(m library.Model) {
	if !m.Changed || m.Err() != nil || w.checks[m.ID] || w.unchecked[m.ID] {
		return
	}
	w.unchecked[m.ID] = true // until it goes well
	w.check(m, func(err error) {
		if err == nil || errors.Is(err, library.ErrDamaged) {
			delete(w.unchecked, m.ID)
		}
	})
}

// own copies the files of a reference into the library, which keeps what is on its card.
func (m *modelsView) own(model library.Model) {
	w := m.w
	w.importer.run(errand{
		path: model.Path,
		name: model.Card.Name,
		read: func(ctx context.Context) iter.Seq2[library.Progress, error] {
			return w.Library.Import(ctx, model.Path, library.ImportOptions{})
		},
		done: func(_ *library.Model, _ bool, err error) {
			if err != nil {
				w.importer.ended(model.Path, nil, false, err)
				return
			}
			w.mention(lang.L("{{.Name}} is in the library itself now. The other application's file can go.", map[string]any{"Name": model.Card.Name}), "", nil)
		},
	})
}
