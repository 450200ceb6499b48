package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const (
	maxDepth   = 4      // folders below the one given: enough for models--org--name/snapshots/revision
	maxEntries = 20_000 // files and folders looked at before the user is asked for the model itself
)

// SeveralModelsError is ErrSeveralModels with what was found, so that the user can choose.
type SeveralModelsError struct {
	Folder string
	Names  []string // relative to Folder
}

func (e *SeveralModelsError) Error() string {
	names := e.Names
	more := ""
	if len(names) > 8 {
		names, more = names[:8], fmt.Sprintf(" and %d more", len(names)-8)
	}
	return fmt.Sprintf("%s: %v: %s%s", e.Folder, ErrSeveralModels, strings.Join(names, ", "), more)
}

func (e *SeveralModelsError) Unwrap() error { return ErrSeveralModels }

// locate finds the model that path means: a GGUF file, a Hugging Face folder, a file of such a folder, or a
// folder with one model somewhere inside.
func locate(ctx context.Context, path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return search(ctx, path, maxDepth)
	}
	if dir := filepath.Dir(path); isWeights(path) && (has(dir, configName) || has(dir, adapterName)) {
		return dir, nil // which opens, or says what it is
	}
	return path, nil
}

// onlyModelIn is the model whose files are in folder itself.
func onlyModelIn(folder string) (string, error) {
	return search(context.Background(), folder, 0)
}

func search(ctx context.Context, folder string, depth int) (string, error) {
	f := finder{ctx: ctx, left: maxEntries}
	if err := f.walk(folder, depth); err != nil {
		return "", err
	}
	switch {
	case len(f.found) == 1:
		return f.found[0], nil
	case len(f.found) == 0 && f.unreadable != nil:
		return "", f.unreadable
	case len(f.found) == 0 && f.beside != "":
		return f.beside, nil
	case len(f.found) == 0:
		return "", fmt.Errorf("%s: %w", folder, ErrNoModel)
	}
	several := &SeveralModelsError{Folder: folder}
	for _, path := range f.found {
		name, err := filepath.Rel(folder, path)
		if err != nil {
			name = path
		}
		several.Names = append(several.Names, name)
	}
	return "", several
}

// finder collects the models below a folder.
type finder struct {
	ctx        context.Context
	left       int      // files and folders it may still look at
	found      []string // GGUF files, of split ones the first part there is, and Hugging Face folders
	beside     string   // what belongs to a model and is none, which opening it tells
	unreadable error    // the first folder below the one asked for that could not be read
}

func (f *finder) walk(dir string, depth int) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var files, folders []string
	for _, e := range entries {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		if f.left--; f.left < 0 {
			return fmt.Errorf("%s: too many files to search, choose the model itself: %w", dir, ErrNoModel)
		}
		path := filepath.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			folders = append(folders, path)
		case isGGUF(path) || isWeights(path):
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() { // follows a link
				files = append(files, path)
			}
		}
	}
	f.take(dir, files)
	if depth == 0 {
		return nil
	}
	for _, folder := range folders {
		err := f.walk(folder, depth-1)
		if errors.Is(err, fs.ErrPermission) {
			f.unreadable = errors.Join(f.unreadable, err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// take adds the models that the files of one folder make up.
func (f *finder) take(dir string, files []string) {
	sets := map[string]bool{} // split files of which a part was taken
	for _, path := range files {
		switch {
		case !isGGUF(path):
			continue
		case isSidecar(path):
			f.beside = path
			continue
		}
		if set, ok := splitSet(path); ok {
			if sets[set] {
				continue
			}
			sets[set] = true
		}
		f.found = append(f.found, path)
	}
	switch {
	case !slices.ContainsFunc(files, isWeights):
	case has(dir, configName):
		f.found = append(f.found, dir)
	case has(dir, adapterName):
		f.beside = dir
	}
}

func isGGUF(path string) bool { return strings.EqualFold(filepath.Ext(path), ".gguf") }

// isWeights reports whether a Hugging Face folder keeps weights in files of this name.
func isWeights(path string) bool { return strings.EqualFold(filepath.Ext(path), ".safetensors") }

// What the weights in a folder are, says one of these files beside them.
const (
	configName  = "config.json"
	adapterName = "adapter_config.json"
)

func has(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.Mode().IsRegular()
}

// isSidecar reports whether a GGUF file belongs beside a model and is none itself: a vision projector or
// the heads for multi-token prediction.
func isSidecar(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	return strings.HasPrefix(name, "mmproj") || strings.HasPrefix(name, "mtp-")
}

var splitName = regexp.MustCompile(`^(.+)-\d{5}-of-(\d{5})\.(?i:gguf)$`)

// splitSet names the split GGUF that path is a part of.
func splitSet(path string) (string, bool) {
	m := splitName.FindStringSubmatch(filepath.Base(path))
	if m == nil {
		return "", false
	}
	return m[1] + "-of-" + m[2], true
}
