package discover

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Ollama's store has a manifest for each name, and blobs that several names may share:
//
//	manifests/registry.ollama.ai/library/gemma3/270m
//	blobs/sha256-<64 hexadecimal digits>
//
// The file of a blob is called after its content. While it is downloaded it has another name, so that what has the
// right name and size is complete.
const (
	manifestsDir  = "manifests"
	blobsDir      = "blobs"
	manifestDepth = 3 // host/namespace/model below manifests; the tag is the file
)

const (
	defaultHost      = "registry.ollama.ai"
	defaultNamespace = "library"
)

const (
	maxConfig     = 4 << 20 // bytes; ones of licences and vocabularies, which some old ones have, stay below
	maxText       = 1 << 20
	maxParameters = 64 << 10
	maxLicenses   = 16
)

// store reports the models of Ollama's store in dir. Names of which the same model can be made are one; those that
// share the weights but have a system prompt of their own, say, are not.
func (s *scanner) store(dir string) {
	w := walker{ctx: s.ctx, depth: manifestDepth, left: maxEntries, keep: func(string) bool { return true }}
	models := map[string]int{} // where those with the same manifest are in all
	var all []Found
	root := filepath.Join(dir, manifestsDir)
	w.walk(root, func(f folder) bool {
		if f.err != nil {
			s.emit(Found{App: Ollama, Name: f.path, Path: f.path, Problem: f.err})
		}
		if f.depth != manifestDepth {
			return !s.done()
		}
		for _, e := range f.files {
			if s.done() {
				return false
			}
			found, same := s.manifest(dir, f.join(e.name))
			found.Name = ollamaName(root, f.join(e.name))
			if i, ok := models[same]; ok && same != "" {
				all[i].Aliases = append(all[i].Aliases, clean(found.Name))
				continue
			}
			models[same] = len(all)
			all = append(all, found)
		}
		return true
	})
	s.emit(all...)
}

// ollamaName is what Ollama calls the model of a manifest: what everybody has is left out.
func ollamaName(root, path string) string {
	rel, err := filepath.Rel(root, path)
	parts := strings.Split(filepath.ToSlash(rel), "/")
	if err != nil || len(parts) != manifestDepth+1 {
		return filepath.Base(path)
	}
	tag := parts[manifestDepth]
	parts = parts[:manifestDepth]
	if parts[0] == defaultHost {
		parts = parts[1:]
		if parts[0] == defaultNamespace {
			parts = parts[1:]
		}
	}
	return strings.Join(parts, "/") + ":" + tag
}

// manifest makes a model of a manifest, but for its name. What is equal for two manifests is one model; it is "" for
// one that has no weights.
func (s *scanner) manifest(dir, path string) (found Found, same string) {
	found = Found{App: Ollama, Path: path}
	data, err := readFile(path, maxManifest)
	if err != nil {
		found.Problem = fmt.Errorf("%w: %w", ErrManifest, err)
		return found, ""
	}
	m, err := parseManifest(data)
	if err != nil {
		found.Problem = fmt.Errorf("%s: %w: %w", path, ErrManifest, err)
		return found, ""
	}
	var about settings
	if text, ok := readBlob(dir, m.config, maxConfig); ok {
		about = parseSettings(text)
	}
	models := m.of(modelLayer)
	switch {
	case about.RemoteHost != "" || about.RemoteModel != "":
		found.Problem = fmt.Errorf("%s: %w", path, ErrCloud)
		return found, ""
	case len(m.of(tensorLayer)) > 0, about.Format != "" && about.Format != "gguf", len(models) > 1:
		found.Problem = fmt.Errorf("%s has no single file of weights: %w", path, ErrFormat)
		return found, ""
	case len(models) == 0:
		found.Problem = fmt.Errorf("%s lists no weights: %w", path, ErrMissing)
		return found, ""
	}
	found.weights(dir, m)
	found.texts(dir, m)
	return found, m.same()
}

// weights adds the files of a model: its weights, adapters and projectors.
func (f *Found) weights(dir string, m manifest) {
	weights := m.of(modelLayer)[0]
	path, err := weights.find(dir)
	if f.Problem = err; path != "" {
		f.Path, f.Files = path, []string{path}
		f.Digest = strings.TrimPrefix(weights.Digest, "sha256:")
	}
	for _, l := range m.of(adapterLayer) {
		path, err := l.find(dir)
		if f.Problem == nil {
			f.Problem = err // without it the weights are those of another model
		}
		if path != "" {
			f.Extras.Adapters = append(f.Extras.Adapters, path)
		}
	}
	for _, l := range m.of(projectorLayer) {
		if path, err := l.find(dir); err == nil {
			f.Extras.Projectors = append(f.Extras.Projectors, path)
		}
	}
}

// find returns the file of a layer, "" if there is none, and what is wrong with it.
func (l layer) find(dir string) (path string, err error) {
	path = filepath.Join(dir, blobsDir, l.blob())
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.Mode().IsRegular():
		return "", fmt.Errorf("%s: %w", path, ErrMissing)
	case err != nil:
		return "", unreadable(err)
	case info.Size() != l.Size:
		return path, fmt.Errorf("%s has %d bytes where its manifest says %d: %w", path, info.Size(), l.Size, ErrIncomplete)
	}
	return path, nil
}

// texts adds what the store keeps with the weights. A text that is absent, or too long to be one, is left out.
func (f *Found) texts(dir string, m manifest) {
	text := func(meaning string) string {
		var parts []string
		for _, l := range m.of(meaning)[:min(len(m.of(meaning)), maxLicenses)] {
			if data, ok := readBlob(dir, l, maxText); ok {
				parts = append(parts, strings.ToValidUTF8(string(data), "\uFFFD"))
			}
		}
		return strings.Join(parts, "\n\n")
	}
	value := func(meaning string, open byte) json.RawMessage {
		for _, l := range slices.Backward(m.of(meaning)) {
			if data, ok := readBlob(dir, l, maxParameters); ok {
				return jsonValue(data, open)
			}
		}
		return nil
	}
	f.Extras.Template = text(templateLayer)
	if f.Extras.Template == "" {
		f.Extras.Template = text(promptLayer)
	}
	f.Extras.System = text(systemLayer)
	f.Extras.License = text(licenseLayer)
	f.Extras.Parameters = value(parametersLayer, '{')
	f.Extras.Messages = value(messagesLayer, '[')
}

// readBlob reads a blob that has the size that its manifest says.
func readBlob(dir string, l layer, limit int64) ([]byte, bool) {
	if l.blob() == "" || l.Size < 0 || l.Size > limit {
		return nil, false
	}
	data, err := readFile(filepath.Join(dir, blobsDir, l.blob()), limit)
	return data, err == nil && int64(len(data)) == l.Size
}

// jsonValue returns data if it is a JSON object ('{') or array ('[').
func jsonValue(data []byte, open byte) json.RawMessage {
	text := strings.TrimSpace(strings.ToValidUTF8(string(data), "\uFFFD"))
	if text == "" || text[0] != open || !json.Valid([]byte(text)) {
		return nil
	}
	return json.RawMessage(text)
}
