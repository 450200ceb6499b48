package ui

import (
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant/attach"
	"lamplight/ui/widgets"
)

// openDialog lies over the window until it is answered. There is one at a time; shortcuts wait for its end, and
// Escape closes it.
type openDialog struct {
	hide     func()
	closed   func()      // it was closed; may be nil
	fit      func()      // gives it the height of what is in it now; nil where it has its own
	asksFile bool        // which a drop answers too
	under    *openDialog // a file dialog may lie over the dialog that it was asked for in
}

// dialogWidth is how wide a dialog is in a window that is wide enough.
const dialogWidth = 560

// showDialog puts a body under a title, with buttons at its foot, and gives the keyboard to first. The body
// scrolls when the window is too low for it.
func (w *Window) showDialog(title *words, body fyne.CanvasObject, first fyne.Focusable, buttons ...fyne.CanvasObject) {
	w.showScrolled(title, newScroller(body), first, buttons...)
}

// showScrolled is showDialog with a scroller, which moves to what the keyboard comes to.
func (w *Window) showScrolled(title *words, scroll scroller, first fyne.Focusable, buttons ...fyne.CanvasObject) {
	body := scroll.Content
	if w.dialog != nil {
		return
	}
	foot := container.NewHBox(append([]fyne.CanvasObject{layout.NewSpacer()}, buttons...)...)
	space := w.win.Canvas().Size().SubtractWidthHeight(64, 64)
	width := min(dialogWidth, space.Width)

	body.Resize(fyne.NewSize(width-32, body.MinSize().Height)) // texts wrap to the width, then know their height
	around := title.MinSize().Height + foot.MinSize().Height + 3*gap + 32
	if body.MinSize().Height+around > space.Height { // the bar would lie over the controls
		body = container.New(layout.NewCustomPaddedLayout(0, 0, 0, 3*gap), body)
		body.Resize(fyne.NewSize(width-32, body.MinSize().Height))
		scroll.Content = body
	}
	content := container.New(layout.NewCustomPaddedLayout(16, 16, 16, 16),
		container.NewBorder(title, container.New(layout.NewCustomPaddedLayout(gap, 0, 0, 0), foot), nil, nil, scroll.Scroll))
	pop := widget.NewModalPopUp(content, w.win.Canvas())
	fit := func() {
		pop.Resize(fyne.NewSize(width, min(body.MinSize().Height+around, space.Height)))
	}
	fit()
	w.dialog = &openDialog{hide: pop.Hide, fit: fit}
	pop.Show()
	if first != nil {
		w.win.Canvas().Focus(first)
	}
}

// closeDialog closes the dialog that is open, and shows again what it lay over.
func (w *Window) closeDialog() {
	if s := w.dialog; s != nil {
		w.dialog = s.under
		s.hide()
		if s.closed != nil {
			s.closed()
		}
	}
}

// askName asks for a name, which is not empty. More may stand under the field.
func (w *Window) askName(title, label, name string, accept func(string), more ...fyne.CanvasObject) *field {
	entry := w.newField()
	entry.SetText(name)
	confirm := widgets.NewChipButton(nil, label, nil)
	confirm.OnTapped = func() {
		w.closeDialog()
		if now := strings.Join(strings.Fields(entry.Text), " "); now != name {
			accept(now)
		}
	}
	entry.OnChanged = func(text string) {
		if strings.TrimSpace(text) == "" {
			confirm.Disable()
		} else {
			confirm.Enable()
		}
	}
	entry.OnChanged(name)
	entry.OnSubmitted = func(string) { confirm.Tapped(nil) }
	w.showDialog(subheading(title), container.NewVBox(append([]fyne.CanvasObject{entry}, more...)...), entry,
		widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), confirm)
	entry.TypedShortcut(&fyne.ShortcutSelectAll{})
	return entry
}

// chooseFile asks for a model file and imports it.
func (w *Window) chooseFile() {
	w.askFile(lang.L("Add a model"), []string{".gguf", ".safetensors"}, func(path string) { w.importer.add(path) })
}

// askFile asks for a file whose name ends in one of some ways.
func (w *Window) askFile(title string, extensions []string, chosen func(path string)) {
	if w.dialog == nil {
		w.askFileOver(title, extensions, chosen)
	}
}

// askFileOver is askFile. It may lie over another dialog.
func (w *Window) askFileOver(title string, extensions []string, chosen func(path string)) {
	w.askFiltered(title, storage.NewExtensionFileFilter(extensions), chosen)
}

// askText asks for a file that can be read as text.
func (w *Window) askText(title string, chosen func(path string)) {
	if w.dialog == nil {
		w.askFiltered(title, texts{}, chosen)
	}
}

// texts are the files that can most likely be read as text.
type texts struct{}

// Matches implements storage.FileFilter.
func (texts) Matches(u fyne.URI) bool { return attach.Recognizes(u.Name()) }

// askFiltered shows the folder from which a file was taken last.
func (w *Window) askFiltered(title string, filter storage.FileFilter, chosen func(path string)) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		switch {
		case err != nil:
			w.Log.Warn("the chosen file cannot be opened") // its name may be the user's words
			w.complain(explainFile("", err), err)
		case f != nil:
			_ = f.Close() // it was only opened
			path := f.URI().Path()
			w.folder = filepath.Dir(path)
			chosen(path)
		}
	}, w.win)
	d.SetFilter(filter)
	if w.folder != "" {
		if folder, err := storage.ListerForURI(storage.NewFileURI(w.folder)); err == nil {
			d.SetLocation(folder)
		}
	}
	w.showFileDialog(d, title)
}

// askFolder asks for a folder. It may lie over another dialog.
func (w *Window) askFolder(title string, chosen func(path string)) {
	d := dialog.NewFolderOpen(func(f fyne.ListableURI, err error) {
		switch {
		case err != nil:
			w.Log.Warn("the chosen folder cannot be opened")
			w.complain(explainFile("", err), err)
		case f != nil:
			chosen(f.Path())
		}
	}, w.win)
	w.showFileDialog(d, title)
}

func (w *Window) showFileDialog(d *dialog.FileDialog, title string) {
	d.SetTitleText(title)
	open := &openDialog{hide: d.Hide, asksFile: true, under: w.dialog}
	d.SetOnClosed(func() {
		if w.dialog == open {
			w.dialog = open.under
		}
	})
	w.dialog = open
	d.Show()
	space := w.win.Canvas().Size().SubtractWidthHeight(64, 64)
	d.Resize(fyne.NewSize(min(800, space.Width), min(560, space.Height)))
}
