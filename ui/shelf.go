package ui

import (
	"context"
	"slices"
	"time"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/library"
)

// shelf is what the window shows of the library. It is read by workers, because a disk may be slow and another
// instance may hold the library's lock.
type shelf struct {
	models   []library.Model              // in order of name
	active   string                       // ID of the one that answers, "" while there is none
	missing  library.Model                // was chosen, and its files are gone, so that the active one stands in for it
	free     int64                        // bytes of memory that can be had, 0 while not known
	adapters map[string][]library.Adapter // that fit a model, by its ID; see specialists.go
	at       uint64                       // shelves that were read later have a higher one
}

// readShelf reads the library. It may be called from any goroutine.
func (w *Window) readShelf() (shelf, error) {
	s := shelf{at: w.looks.Add(1)}
	all, err := w.Library.List()
	if active, ok := w.Library.Active(); ok {
		s.active = active.ID
		if chosen, ok := w.Library.Selected(); ok && chosen.ID != s.active {
			s.missing = chosen
		}
	}
	s.models = all
	s.adapters = w.adaptersOf(all)
	if free, known := w.free(); known {
		s.free = max(1, free)
	}
	return s, err
}

// adaptersOf finds out which adapters fit which models.
func (w *Window) adaptersOf(models []library.Model) map[string][]library.Adapter {
	if list, err := w.Library.Adapters(); err != nil || len(list) == 0 {
		return nil
	}
	fit := map[string][]library.Adapter{}
	for _, m := range models {
		if m.Err() != nil {
			continue
		}
		if list, err := w.Library.AdaptersFor(m); err == nil && len(list) > 0 {
			fit[m.ID] = list
		}
	}
	return fit
}

// usable are the models that can be loaded.
func (s shelf) usable() []library.Model {
	return slices.DeleteFunc(slices.Clone(s.models), func(m library.Model) bool { return m.Err() != nil })
}

// starterAlone reports whether the starter is there, and no other model.
func (s shelf) starterAlone() bool { return len(s.models) == 1 && s.models[0].BuiltIn() }

// standIn says which model answers in the place of the one that is missing.
func (s shelf) standIn() string {
	m, _ := s.chosen()
	return lang.L("{{.Gone}} is no longer on the disk, so {{.Name}} answers.", map[string]any{"Gone": s.missing.Card.Name, "Name": m.Card.Name})
}

// chosen returns the active model, which may be gone or damaged.
func (s shelf) chosen() (library.Model, bool) {
	for _, m := range s.models {
		if m.ID == s.active {
			return m, true
		}
	}
	return library.Model{}, false
}

// look reads the library again and shows it.
func (w *Window) look() {
	w.work(func(context.Context) {
		s, err := w.readShelf()
		w.do(func() { w.showShelf(s, err) })
	})
}

// showShelf puts the library as it was read before every page.
func (w *Window) showShelf(s shelf, err error) {
	if err != nil {
		w.Log.Error("the library cannot be read", "error", err)
		w.complain(explainChange(err), err)
		return
	}
	if s.at < w.shelf.at {
		return
	}
	missing := w.shelf.missing.ID
	w.shelf = s
	if s.missing.ID != "" && s.missing.ID != missing {
		action, f := w.remedy(openModels, nil)
		w.mention(s.standIn(), action, f)
	}
	w.chat.shelfChanged()
	w.write.help.panel.shelfChanged()
	w.models.shelfChanged()
	w.finder.shelfChanged()
	w.checkChanged()
}

// change does something to the library, shows what became of it and, if it went well, calls then, which may
// be nil.
func (w *Window) change(f func() error, then func()) {
	w.inOrder(func() {
		changeErr := f()
		s, err := w.readShelf()
		w.do(func() {
			w.showShelf(s, err)
			switch {
			case changeErr != nil:
				w.Log.Warn("the library was not changed", "error", changeErr)
				w.complain(explainChange(changeErr), changeErr)
			case then != nil:
				then()
			}
		})
	})
}

// choose makes a model the active one.
func (w *Window) choose(id string) {
	w.change(func() error { return w.Library.SetActive(id) }, nil)
}

// worthMeasuring is the number of tokens from which on the speed of an answer says something about the model.
const worthMeasuring = 16

// remember writes on the card of a model that it has answered, and how fast, and shows the library as it is now.
func (w *Window) remember(s assistant.Stats) {
	w.inOrder(func() {
		if s.Answer > 0 {
			if err := w.Library.Used(s.Model); err != nil {
				w.Log.Warn("when a model was used is not on its card", "id", s.Model)
			}
		}
		if s.Answer >= worthMeasuring && s.AnswerSeconds > 0 {
			if err := w.Library.SetSpeed(s.Model, w.speedOf(s)); err != nil {
				w.Log.Warn("how fast a model was is not on its card", "id", s.Model)
			}
		}
		shelf, err := w.readShelf()
		w.do(func() { w.showShelf(shelf, err) })
	})
}

// speedOf is the speed of an answer, with how fast the model reads as far as that was measured before.
func (w *Window) speedOf(s assistant.Stats) library.Speed {
	speed := library.Speed{Decode: s.TokensPerSecond(), Kernels: s.Kernels, Threads: s.Threads, Measured: w.now().UTC().Truncate(time.Second)}
	if m, err := w.Library.Get(s.Model); err == nil && m.Card.Speed != nil {
		speed.Prefill = m.Card.Speed.Prefill
	}
	return speed
}
