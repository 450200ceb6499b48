package discover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	maxEntries    = 20_000 // files and folders looked at in one place
	maxUnreadable = 20     // folders of one place that are reported because they cannot be read
)

// folder is a folder as it was read.
type folder struct {
	path    string
	depth   int     // below the place
	files   []entry // in order of name
	entries int     // of any kind
	store   bool    // it has the shape of Ollama's
	err     error   // why it could not be read, or not to its end: ErrUnreadable or ErrTooMany
}

// entry is a file that is of interest by its name: a regular one, or a link to nothing.
type entry struct {
	name string
	lost bool // a link to nothing
}

func (f *folder) join(name string) string { return filepath.Join(f.path, name) }

// has reports whether there is a regular file of this name.
func (f *folder) has(name string) bool {
	for _, e := range f.files {
		if e.name == name {
			return !e.lost
		}
	}
	return false
}

// walker goes through the folders of a place, the ones near its root first. Links are followed.
type walker struct {
	ctx     context.Context
	depth   int // folders below the root
	left    int // entries that it may still look at
	keep    func(name string) bool
	visited map[string]bool
	refused int // folders that could not be read
}

// walk calls visit for every folder until it returns false. A root that does not exist is no folder.
func (w *walker) walk(root string, visit func(folder) bool) {
	w.visited = map[string]bool{}
	queue := []folder{{path: root}}
	for len(queue) > 0 && w.ctx.Err() == nil {
		f := queue[0]
		queue = queue[1:]
		below, ok := w.read(&f)
		if ok && !visit(f) || errors.Is(f.err, ErrTooMany) {
			return
		}
		if f.depth == w.depth {
			continue
		}
		for _, path := range below {
			queue = append(queue, folder{path: path, depth: f.depth + 1})
		}
	}
}

// read completes f and returns the folders in it that are to be searched. It is false for what is no folder, was
// visited before, or was one of too many that cannot be read.
func (w *walker) read(f *folder) (below []string, ok bool) {
	info, err := os.Stat(f.path)
	if err == nil && !info.IsDir() || errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	var entries []fs.DirEntry
	var more bool
	if err == nil {
		id := identity(f.path, info)
		if w.visited[id] {
			return nil, false
		}
		w.visited[id] = true
		entries, more, err = readDir(f.path, w.left)
	}
	if err != nil {
		w.refused++
		f.err = unreadable(err)
		return nil, w.refused <= maxUnreadable
	}
	w.left -= len(entries)
	f.entries = len(entries)
	if more {
		f.err = fmt.Errorf("%s: %w", f.path, ErrTooMany)
	}
	for _, e := range entries {
		if w.ctx.Err() != nil {
			return nil, false
		}
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		switch w.look(f, e) {
		case aFolder:
			below = append(below, f.join(e.Name()))
		case aFile:
			f.files = append(f.files, entry{name: e.Name()})
		case nothing:
			f.files = append(f.files, entry{name: e.Name(), lost: true})
		}
	}
	return f.known(below), true
}

// what an entry is.
type what uint8

const (
	notOurs what = iota
	aFolder
	aFile   // a regular one that is kept
	nothing // a link to nothing, of a name that is kept
)

func (w *walker) look(f *folder, e fs.DirEntry) what {
	mode := e.Type()
	if mode&fs.ModeSymlink != 0 {
		info, err := os.Stat(f.join(e.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist) && w.keep(e.Name()):
			return nothing
		case err != nil:
			return notOurs
		}
		mode = info.Mode()
	}
	switch {
	case mode.IsDir():
		return aFolder
	case mode.IsRegular() && w.keep(e.Name()):
		return aFile
	}
	return notOurs
}

// known recognizes the layouts in which only some folders are worth a visit: Ollama's store, which has its own way of
// naming, and a model in Hugging Face's cache.
func (f *folder) known(below []string) []string {
	names := map[string]bool{}
	for _, path := range below {
		names[filepath.Base(path)] = true
	}
	switch {
	case names[manifestsDir] && names[blobsDir]:
		f.store = true
		return nil
	case isRepo(f.path) && names[snapshotsDir]:
		return []string{f.join(snapshotsDir)}
	case filepath.Base(f.path) == snapshotsDir && isRepo(filepath.Dir(f.path)):
		return currentFirst(filepath.Dir(f.path), below)
	}
	return below
}
