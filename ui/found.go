package ui

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/library"
	"lamplight/library/discover"
)

// finder knows which models other applications, and the user, have on this computer beside the library's. It watches
// their folders while the window is open.
type finder struct {
	w *Window

	stop     context.CancelFunc // of the watch
	ctx      context.Context    // of the watch
	places   []discover.Place   // that are watched
	scanning bool
	again    bool // something has changed since the scan under way began

	all       []discover.Found // of the last scan
	compared  int              // how often all was compared with the library: the last one counts
	others    []discover.Found // of all: those that can be used and are not in the library
	unusable  []discover.Found // of all: those that cannot chat
	libraryAs string           // what the library had then
}

// names are those of the models that can be used.
func (f *finder) names() string {
	var list []string
	for _, found := range f.others {
		list = append(list, found.Name)
	}
	return strings.Join(list, "\n")
}

// watch begins to look for models, in other folders than before when the settings have changed.
func (f *finder) watch() {
	w := f.w
	if w.elsewhere == nil {
		return
	}
	if f.stop != nil {
		f.stop()
	}
	ctx, cancel := context.WithCancel(w.ctx)
	f.ctx, f.stop = ctx, cancel
	folders := slices.Clone(w.Settings.Folders)
	w.watchers.Go(func() {
		places := w.elsewhere()
		for _, path := range folders {
			places = append(places, discover.Place{Path: path})
		}
		discover.Watch(ctx, places, func() {
			w.do(func() {
				if ctx.Err() == nil {
					f.places = places
					f.scan()
				}
			})
		})
	})
}

// scan looks for models. One worker looks at a time, however much changes.
func (f *finder) scan() {
	if f.scanning {
		f.again = true
		return
	}
	f.scanning, f.again = true, false
	ctx, places := f.ctx, f.places
	f.w.work(func(context.Context) {
		var all []discover.Found
		for found := range discover.Scan(ctx, places) {
			all = append(all, found)
		}
		f.w.do(func() {
			f.scanning = false
			if ctx.Err() == nil {
				f.all = all
				f.w.Log.Info("other models looked for", "found", len(all))
				f.compare()
			}
			if f.again {
				f.scan()
			}
		})
	})
}

// shelfChanged compares what was found with the library again, if that has other models now.
func (f *finder) shelfChanged() {
	if len(f.all) > 0 && f.libraryAs != signature(f.w.shelf.models) {
		f.compare()
	}
}

// signature changes with the models that can be used of the library.
func signature(models []library.Model) string {
	var b strings.Builder
	for _, m := range models {
		if m.Err() == nil {
			b.WriteString(m.ID + m.Card.SHA256 + m.Path + "\n")
		}
	}
	return b.String()
}

// compare sorts what was found into what is offered and what is only explained. It looks at files, so a worker does.
func (f *finder) compare() {
	f.compared++
	f.libraryAs = signature(f.w.shelf.models)
	turn, all, models := f.compared, f.all, f.w.shelf.models
	f.w.work(func(context.Context) {
		has := newOwned(models)
		var others, unusable []discover.Found
		for _, found := range all {
			switch {
			case found.Problem != nil:
				unusable = append(unusable, found)
			case !has.model(found):
				others = append(others, found)
			}
		}
		f.w.do(func() {
			if turn == f.compared {
				f.others, f.unusable = others, unusable
				f.w.models.shelfChanged()
				f.w.chat.arrangeMiddle() // it says so to a newcomer
			}
		})
	})
}

// owned knows the files of the library.
type owned struct {
	paths   map[string]int64 // sizes of files by their paths, the places they came from included
	digests map[string]bool
	infos   []os.FileInfo
}

func newOwned(models []library.Model) *owned {
	o := &owned{paths: map[string]int64{}, digests: map[string]bool{}}
	for _, m := range models {
		if m.Err() != nil { // what was found may bring it back
			continue
		}
		o.paths[m.Card.Source] = m.Card.Bytes
		if m.Card.SHA256 != "" {
			o.digests[m.Card.SHA256] = true
		}
		for _, file := range m.Card.Files {
			o.digests[file.SHA256] = true
			path := fileOf(m, file)
			o.paths[path] = file.Bytes
			if info, err := os.Stat(path); err == nil {
				o.infos = append(o.infos, info)
			}
		}
	}
	delete(o.digests, "")
	return o
}

// fileOf is where a file of a model is.
func fileOf(m library.Model, file library.File) string {
	switch {
	case m.Card.Reference:
		return file.Name
	case filepath.Base(m.Path) == m.ID: // a folder with several
		return filepath.Join(m.Path, file.Name)
	}
	return filepath.Join(filepath.Dir(m.Path), file.Name)
}

// model reports whether the library has what was found: the same content, the same file, or what it was made from.
func (o *owned) model(f discover.Found) bool {
	if f.Digest != "" && o.digests[f.Digest] {
		return true
	}
	if size, ok := o.paths[f.Path]; ok && size == f.Bytes {
		return true
	}
	if len(f.Files) == 0 {
		return false
	}
	info, err := os.Stat(f.Files[0])
	if err != nil {
		return false
	}
	if size, ok := o.paths[f.Files[0]]; ok && size == info.Size() {
		return true
	}
	return slices.ContainsFunc(o.infos, func(have os.FileInfo) bool { return os.SameFile(have, info) })
}

// extrasOf are what the library keeps of what another application has beside a model.
func extrasOf(f discover.Found) *library.Extras {
	e := f.Extras
	return &library.Extras{Template: e.Template, System: e.System, Parameters: e.Parameters, License: e.License, Adapters: e.Adapters}
}

// use makes a card for a model that stays where it is, and chooses it.
func (f *finder) use(found discover.Found) {
	w := f.w
	f.take(found, func(ctx context.Context) iter.Seq2[library.Progress, error] {
		return w.Library.Refer(ctx, found.Path, library.ReferOptions{Name: found.Name, App: found.App, Extras: extrasOf(found)})
	}, func(m library.Model) {
		w.choose(m.ID)
		if w.current == chatPage { // which says it
			w.focus(w.chat.prompt)
			return
		}
		w.mention(lang.L("{{.Name}} is ready. {{.Where}}", map[string]any{"Name": m.Card.Name, "Where": staysText(found.App)}), lang.L("Chat with it"), func() { w.chatWith(m.ID) })
	})
}

// copy copies a model into the library.
func (f *finder) copy(found discover.Found) {
	w := f.w
	f.take(found, func(ctx context.Context) iter.Seq2[library.Progress, error] {
		return w.Library.Import(ctx, found.Path, library.ImportOptions{Name: found.Name, App: found.App, Extras: extrasOf(found)})
	}, func(m library.Model) { w.importer.imported(m, false) })
}

// take reads a model that was found.
func (f *finder) take(found discover.Found, read func(context.Context) iter.Seq2[library.Progress, error], taken func(library.Model)) {
	f.w.importer.run(errand{path: found.Path, name: found.Name, read: read, done: func(m *library.Model, existed bool, err error) {
		if err != nil {
			f.w.importer.ended(found.Path, nil, existed, err)
			return
		}
		f.w.Log.Info("a model of another application was taken", "id", m.ID, "existed", existed)
		taken(*m)
	}})
}

// addFolder asks for a folder in which models are looked for.
func (f *finder) addFolder() {
	f.w.askFolder(lang.L("Look in another folder"), func(path string) {
		folders := f.w.Settings.Folders
		switch {
		case slices.Contains(folders, path):
		case len(folders) >= assistant.MaxFolders:
			f.w.say(lang.L("These are as many folders as can be watched. Stop looking in one of them first."), "", nil)
		default:
			f.setFolders(append(slices.Clone(folders), path))
		}
	})
}

// forgetFolder ends looking in a folder.
func (f *finder) forgetFolder(path string) {
	f.setFolders(slices.DeleteFunc(slices.Clone(f.w.Settings.Folders), func(p string) bool { return p == path }))
}

func (f *finder) setFolders(folders []string) {
	s := f.w.Settings
	s.Folders = folders
	f.w.changeSettings(s)
	f.watch()
	f.w.models.shelfChanged()
}

// reason says why a model that was found cannot chat.
func reason(found discover.Found) string {
	if errors.Is(found.Problem, fs.ErrPermission) && len(found.Files) > 0 {
		return explainFile(found.Path, fs.ErrPermission).text
	}
	return explainFile(found.Path, found.Problem).text
}

// foundFacts are what is known of a model that was found.
func foundFacts(found discover.Found) string {
	var list []string
	if found.App != discover.Folder {
		list = append(list, found.App)
	}
	for _, text := range []string{found.Quantization, byteSize(found.Bytes)} {
		if text != "" {
			list = append(list, text)
		}
	}
	return strings.Join(list, " · ")
}

// foundCard makes the card of a model that was found.
func (m *modelsView) foundParts(found discover.Found) []part {
	return []part{
		headPart(false, found.Name, func() string { return foundFacts(found) }),
		linePart(func() string { return shownPath(found.Path) }, mutedColor),
		buttonsPart(func() (fyne.CanvasObject, fyne.CanvasObject) {
			use := m.grid.chip(icon("chat"), lang.L("Use"), func() { m.w.finder.use(found) })
			more := m.grid.tool(icon("more"), lang.L("More about {{.Name}}", map[string]any{"Name": found.Name}), nil)
			more.OnTapped = func() {
				m.w.showMenu(more, []*fyne.MenuItem{
					fyne.NewMenuItem(lang.L("Copy into the library"), func() { m.w.finder.copy(found) }),
					fyne.NewMenuItem(lang.L("Copy its path"), func() {
						fyne.CurrentApp().Clipboard().SetContent(found.Path)
						m.w.mentionInPrivate(lang.L("The path is in the clipboard."), "", nil)
					}),
				})
			}
			return use, more
		}),
	}
}
