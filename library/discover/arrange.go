package discover

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watchesFiles says that watching a folder takes a file descriptor for everything in it.
var watchesFiles = slices.Contains([]string{"darwin", "dragonfly", "freebsd", "netbsd", "openbsd"}, runtime.GOOS)

// arrange watches the folders that a search reads now, and no others.
func (w *watcher) arrange(ctx context.Context) {
	w.inside, w.above = map[string]searched{}, map[string]bool{}
	w.incomplete = w.notify == nil
	var want []string
	cost := 0
	add := func(path string, entries int) {
		cost++
		if watchesFiles {
			cost += entries
		}
		if cost > w.most {
			w.incomplete = true
			return
		}
		want = append(want, path)
	}
	for _, p := range w.places {
		there := false
		eachFolder(ctx, p, func(f folder) {
			if errors.Is(f.err, ErrUnreadable) {
				return
			}
			there = true
			if _, twice := w.inside[f.path]; !twice {
				w.inside[f.path] = searched{p.App, isManifests(f.path)}
				add(f.path, f.entries)
			}
		})
		if dir := nearest(p.Path); !there && !w.above[dir] {
			w.above[dir] = true
			add(dir, 0)
		}
	}
	if w.notify != nil {
		w.put(want)
	}
}

// put has the system watch the folders in want and no others.
func (w *watcher) put(want []string) {
	have := w.notify.WatchList()
	for _, path := range have {
		if !slices.Contains(want, path) {
			_ = w.notify.Remove(path) // it may be gone, and the watch with it
		}
	}
	for _, path := range want {
		if slices.Contains(have, path) {
			continue
		}
		err := w.notify.Add(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			w.incomplete = true // there are no more watches to be had
			return
		}
	}
}

// nearest is the folder closest above path that exists.
func nearest(path string) string {
	for {
		path = filepath.Dir(path)
		if info, err := os.Stat(path); err == nil && info.IsDir() || path == filepath.Dir(path) {
			return path
		}
	}
}

// isManifests reports whether path is in the part of Ollama's store in which files of any name count.
func isManifests(path string) bool {
	for range manifestDepth + 1 {
		if filepath.Base(path) == manifestsDir {
			_, err := os.Stat(filepath.Join(filepath.Dir(path), blobsDir))
			return err == nil
		}
		path = filepath.Dir(path)
	}
	return false
}

// note passes on what an event says about models.
func (w *watcher) note(e fsnotify.Event) {
	path := filepath.Clean(e.Name)
	dir, name := filepath.Dir(path), filepath.Base(path)
	moved := e.Has(fsnotify.Create) || e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)
	now := time.Now()
	if _, ok := w.inside[path]; ok && (moved || e.Has(fsnotify.Chmod)) {
		w.pace.appeared(now)
		return
	}
	if w.above[dir] && slices.ContainsFunc(w.places, func(p Place) bool { return leadsTo(path, p.Path) }) {
		w.pace.appeared(now)
		return
	}
	in, ok := w.inside[dir]
	if !ok || strings.HasPrefix(name, ".") {
		return
	}
	kind := kindOf(in.app, name)
	switch {
	case (moved || e.Has(fsnotify.Chmod)) && isFolder(path):
		w.pace.appeared(now)
	case kind == other && !in.all:
	case moved:
		w.pace.appeared(now)
	case kind != unfinished: // that it grows makes no difference
		w.pace.wrote(now)
	}
}

// leadsTo reports whether place is path or below it.
func leadsTo(path, place string) bool {
	rel, err := filepath.Rel(path, place)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
