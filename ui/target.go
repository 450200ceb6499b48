package ui

import (
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/storage"

	"lamplight/ui/widgets"
)

// target asks where a file is to be written. Fyne's own dialog for that is not used: it empties the file that
// the user agrees to replace, long before there is a new one.
type target struct {
	w      *Window
	path   *field
	folder *widgets.ChipButton
	row    fyne.CanvasObject
	agreed string // the file that may be replaced
}

// newTarget proposes a name in the folder that was chosen last.
func (w *Window) newTarget(name string) *target {
	t := &target{w: w, path: w.newField()}
	t.path.SetText(abbreviated(filepath.Join(usualFolder(), name)))
	t.folder = widgets.NewChipButton(nil, lang.L("Folder…"), func() {
		w.askFolder(lang.L("Choose a folder"), func(dir string) {
			t.path.SetText(abbreviated(filepath.Join(dir, filepath.Base(t.file()))))
		})
	})
	t.row = container.NewBorder(nil, nil, nil, container.NewCenter(t.folder), t.path)
	return t
}

// usualFolder is the folder of the last file dialog, or else the user's own.
func usualFolder() string {
	if u, err := storage.ParseURI(fyne.CurrentApp().Preferences().String(lastFolder)); err == nil && u.Scheme() == "file" {
		if info, err := os.Stat(u.Path()); err == nil && info.IsDir() {
			return u.Path()
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return home
}

// file is the path of the file. One without a folder is in the usual one.
func (t *target) file() string {
	path := strings.TrimSpace(t.path.Text)
	if rest, ok := strings.CutPrefix(path, "~"+string(filepath.Separator)); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(usualFolder(), path)
	}
	return filepath.Clean(path)
}

// setExtension changes the end of the name, unless the user has given it another one.
func (t *target) setExtension(old, now string) {
	if rest, ok := strings.CutSuffix(t.path.Text, old); ok {
		t.path.SetText(rest + now)
	}
}

// problem says what keeps the file from being written, or what would be lost. That a file is there is said
// once: the next time it may be replaced.
func (t *target) problem() string {
	path := t.file()
	info, err := os.Stat(path)
	dir, dirErr := os.Stat(filepath.Dir(path))
	switch {
	case strings.TrimSpace(t.path.Text) == "":
		return lang.L("Say where the file is to be.")
	case err == nil && info.IsDir():
		return lang.L("This is a folder. Add the name of a file to it.")
	case dirErr != nil || !dir.IsDir():
		return lang.L("There is no such folder. Choose one that is there.")
	case err == nil && path != t.agreed:
		t.agreed = path
		return lang.L("There is a file of this name already. Press the button again to replace it. It stays as it is until the new one is complete.")
	}
	return ""
}
