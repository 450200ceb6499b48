package discover

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"lamplight/engine/safetensors"
)

// kind is what a file is by its name.
type kind uint8

const (
	other      kind = iota
	ggufFile        // a GGUF file, or a part of one
	weights         // of a Hugging Face folder
	pickle          // weights as PyTorch writes them
	config          // of a Hugging Face folder
	unfinished      // a download
	remote          // stands for a model on a server
	described       // Jan's description of a model
)

const adapterConfig = "adapter_config.json" // in the place of config.json beside an adapter

func kindOf(app, name string) kind {
	lower := strings.ToLower(name)
	switch {
	case app == GPT4All && strings.HasPrefix(lower, "incomplete-"):
		return unfinished
	case app == GPT4All && strings.HasSuffix(lower, ".rmodel"):
		return remote
	case app == Jan && name == janFile:
		return described
	case isGGUF(name):
		return ggufFile
	case isWeights(name):
		return weights
	case strings.HasPrefix(lower, "pytorch_model") && strings.HasSuffix(lower, ".bin"):
		return pickle
	case name == safetensors.ConfigFile, name == adapterConfig:
		return config
	}
	for _, end := range []string{".part", ".crdownload", ".download", ".downloadinprogress"} {
		if before, ok := strings.CutSuffix(lower, end); ok && isGGUF(before) {
			return unfinished
		}
	}
	return other
}

func isGGUF(path string) bool { return strings.EqualFold(filepath.Ext(path), ".gguf") }

func isWeights(path string) bool { return strings.EqualFold(filepath.Ext(path), ".safetensors") }

// take reports the models that the files of one folder make up.
func (s *scanner) take(app string, f folder) {
	snap, inHub := snapshotOf(f.path)
	age := ""
	if inHub {
		app, age = HuggingFace, snap.age()
	}
	var inFolder, configs, pickles []string
	sets := map[string]int{} // split files, where they are in all
	var all []Found
	for _, e := range f.files {
		found := Found{App: app, Name: stem(e.name) + age, Path: f.join(e.name), Files: []string{f.join(e.name)}}
		if e.lost {
			found.Files, found.Problem = nil, fmt.Errorf("%s links to nothing: %w", found.Path, ErrMissing)
		}
		switch kindOf(app, e.name) {
		case ggufFile:
			if i, ok := sets[splitSet(e.name)]; ok {
				all[i].add(found)
				continue
			}
			if set := splitSet(e.name); set != "" {
				sets[set] = len(all)
			}
			found.Digest = claimedDigest(found.Path)
			all = append(all, found)
		case unfinished:
			found.Problem = fmt.Errorf("%s: %w", found.Path, ErrIncomplete)
			all = append(all, found)
		case remote:
			found.Problem = fmt.Errorf("%s: %w", found.Path, ErrCloud)
			all = append(all, found)
		case weights:
			inFolder = append(inFolder, found.Path)
		case pickle:
			pickles = append(pickles, found.Path)
		case config:
			configs = append(configs, found.Path)
		}
	}
	name := filepath.Base(f.path)
	if inHub {
		name = snap.name() + age
	}
	switch {
	case len(configs) == 0:
	case len(inFolder) > 0:
		all = append(all, Found{App: app, Name: name, Path: f.path, Files: append(inFolder, configs...)})
	case len(pickles) > 0:
		all = append(all, Found{App: app, Name: name, Path: f.path, Files: append(pickles, configs...),
			Problem: fmt.Errorf("%s has weights as PyTorch writes them: %w", f.path, ErrFormat)})
	}
	for _, found := range all {
		s.emit(found)
	}
}

// add joins another part of a split file. A part that links to nothing is one that is missing, which the header check
// says better.
func (f *Found) add(part Found) {
	if len(part.Files) == 0 {
		return
	}
	if len(f.Files) == 0 {
		f.Path, f.Problem = part.Path, nil
	}
	f.Files = append(f.Files, part.Files...)
	f.Digest = "" // of one part, which says nothing about the whole
}

var splitName = regexp.MustCompile(`^(.+)-\d{5}-of-(\d{5})\.(?i:gguf)$`)

// splitSet names the split GGUF that a file is a part of, "" if it is whole.
func splitSet(name string) string {
	if m := splitName.FindStringSubmatch(name); m != nil {
		return m[1] + "-of-" + m[2]
	}
	return ""
}

// stem is the name of a model in the name of its file.
func stem(name string) string {
	if m := splitName.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return strings.TrimSuffix(name, filepath.Ext(name))
}
