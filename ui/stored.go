package ui

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/widget"

	"lamplight/privacy/vault"
)

// store is a place on the disk where Lamplight keeps something.
type store struct {
	name, about string
	dir         string
	prefix      string // of the names in dir that belong to it; "": all, in folders below it too
}

// vaultPrefix starts the names of a vault's files.
const vaultPrefix = "vault."

// vaultDir is the folder of the vault, also of one that is not open; "" where nothing is kept.
func (w *Window) vaultDir() string {
	if w.Vault != nil {
		return w.Vault.Dir()
	}
	return w.VaultDir
}

// stores are all the places, in the order of the page.
func (w *Window) stores() []store {
	var list []store
	list = append(list,
		store{lang.L("Conversations"), lang.L("And the documents and all else that you write."), w.vaultDir(), vaultPrefix},
		store{lang.L("Models"), lang.L("A model that was linked, not copied, counts where it lies."), w.Models, ""},
		store{lang.L("Training"), lang.L("The numbers that a model is learning, until you keep or discard them. Not encrypted."), w.tuningDir(), ""},
		store{lang.L("Settings"), lang.L("Your choices on the page Settings. Not encrypted."), filepath.Dir(w.SettingsPath), filepath.Base(w.SettingsPath)},
		store{lang.L("File dialog"), lang.L("The folder that you chose something from last. Not encrypted."), filepath.Dir(w.preferences), filepath.Base(w.preferences)},
		store{lang.L("Cache"), lang.L("Weights of models, arranged for this processor. They are made again when they are missing."), w.Cache, ""},
		store{lang.L("Log"), lang.L("What the program did. None of your words are in it."), filepath.Dir(w.LogPath), filepath.Base(w.LogPath)})
	kept := list[:0]
	for _, s := range list {
		if s.dir != "" && s.prefix != "." { // Base of no path
			kept = append(kept, s)
		}
	}
	return kept
}

// path is what to look for in a file manager.
func (s store) path() string {
	if strings.HasSuffix(s.prefix, ".") { // there are several
		return s.dir
	}
	return filepath.Join(s.dir, s.prefix)
}

// each calls f for every file of a store.
func (s store) each(f func(path string, bytes int64) error) error {
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // it has gone since, or was never there
			return nil
		case err != nil:
			return err
		case e.IsDir():
			if s.prefix != "" && path != s.dir {
				return fs.SkipDir
			}
			return nil
		case !strings.HasPrefix(e.Name(), s.prefix):
			return nil
		}
		info, err := e.Info() // of a link itself
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return f(path, info.Size())
	})
	return err
}

// bytes adds up the files of a store.
func (s store) bytes(ctx context.Context) (sum int64, err error) {
	err = s.each(func(_ string, n int64) error {
		sum += n
		return ctx.Err()
	})
	return sum, err
}

// findings are what was found on the disk.
type findings struct {
	sizes      []int64 // by stores; -1 could not be counted
	protection vault.Protection
	memory     int64 // bytes that trying one passphrase takes
	noise      bool  // the database does not begin as one does that is not encrypted
	err        error // why it cannot be told how the vault is protected
}

// size says how large a store is.
func (f findings) size(i int) string {
	switch {
	case i >= len(f.sizes):
		return lang.L("counting…")
	case f.sizes[i] < 0:
		return lang.L("cannot be read")
	}
	return byteSize(f.sizes[i])
}

// lookAtDisk counts what lies there and shows it.
func (p *privacyView) lookAtDisk() {
	p.looking++
	look, stores, dir := p.looking, p.w.stores(), p.w.vaultDir()
	p.w.work(func(ctx context.Context) {
		var f findings
		for _, s := range stores {
			n, err := s.bytes(ctx)
			if err != nil {
				p.w.Log.Warn("a folder cannot be counted", "error", err)
				n = -1
			}
			f.sizes = append(f.sizes, n)
		}
		if dir != "" {
			var state vault.State
			state, f.err = vault.Inspect(dir)
			f.protection, f.memory, f.noise = state.Protection, state.Memory, unreadable(filepath.Join(dir, "vault.db"))
		}
		p.w.do(func() {
			if look == p.looking {
				p.found = f
				p.storedChanged()
			}
		})
	})
}

// unreadable reports whether a file is there that does not begin as an SQLite database does.
func unreadable(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 16)
	n, err := f.Read(head)
	return err == nil && n == len(head) && !strings.HasPrefix(string(head), "SQLite format 3")
}

// storedChanged shows the findings.
func (p *privacyView) storedChanged() {
	var list []fyne.CanvasObject
	full := false
	for i, s := range p.w.stores() {
		list = append(list, ended(s.name, p.found.size(i), widget.MediumImportance), lines(muted(s.about), muted(abbreviated(s.path()))))
		full = full || s.dir == p.w.Cache && i < len(p.found.sizes) && p.found.sizes[i] > 0
	}
	p.stored.Objects = list
	if full {
		p.empty.Enable()
	} else {
		p.empty.Disable()
	}
	if p.kept != nil {
		p.kept.show(p.found)
	}
	p.settle()
}

// abbreviated writes a path of the user's as people do.
func abbreviated(path string) string {
	home, err := os.UserHomeDir()
	if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok && err == nil && home != "" {
		return "~" + string(filepath.Separator) + rest
	}
	return path
}

// emptyCache removes the arranged weights. A model that is in memory keeps its own until it goes.
func (p *privacyView) emptyCache() {
	p.empty.Disable()
	cache := store{dir: p.w.Cache}
	p.w.inOrder(func() {
		var freed int64
		err := cache.each(func(path string, n int64) error {
			err := os.Remove(path)
			if err == nil {
				freed += n
			}
			return err
		})
		p.w.do(func() {
			p.w.Log.Info("cache emptied", "bytes", freed)
			if err != nil {
				p.w.complain(message{lang.L("The cache could not be emptied. The folder may be read-only."), copyDetails}, err)
			} else {
				p.w.mention(lang.L("{{.Size}} were removed from the cache.", map[string]any{"Size": byteSize(freed)}), "", nil)
			}
			p.lookAtDisk()
		})
	})
}
