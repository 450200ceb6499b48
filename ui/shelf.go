package ui

import (
	"context"
	"slices"

	"lamplight/library"
)

// shelf is what the window shows of the library. It is read by workers, because a disk may be slow and another
// instance may hold the library's lock.
type shelf struct {
	models []library.Model // in order of name
	active string          // ID of the chosen one, "" while none is
	at     uint64          // shelves that were read later have a higher one
}

// readShelf reads the library. It may be called from any goroutine.
func (w *Window) readShelf() (shelf, error) {
	s := shelf{at: w.looks.Add(1)}
	all, err := w.Library.List()
	if active, ok := w.Library.Active(); ok {
		s.active = active.ID
	}
	s.models = all
	return s, err
}

// usable are the models that can be loaded.
func (s shelf) usable() []library.Model {
	return slices.DeleteFunc(slices.Clone(s.models), func(m library.Model) bool { return m.Err() != nil })
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

// ready returns the active model if it can be used.
func (s shelf) ready() (library.Model, bool) {
	m, ok := s.chosen()
	return m, ok && m.Err() == nil
}

// alike reports whether nothing that the window shows of a model has changed.
func alike(a, b library.Model) bool {
	return a.ID == b.ID && a.Gone == b.Gone && (a.Damage == nil) == (b.Damage == nil) &&
		a.Card.Name == b.Card.Name && a.Card.SHA256 == b.Card.SHA256 && a.Card.Imported.Equal(b.Card.Imported)
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
	w.shelf = s
	w.chat.shelfChanged()
	w.models.shelfChanged()
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
