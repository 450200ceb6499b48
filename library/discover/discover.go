// Package discover finds the models that other applications, and the user, keep on this computer. Nothing is copied,
// and nothing is ever written.
//
//	places := discover.Places(home, os.Getenv, runtime.GOOS)
//	places = append(places, discover.Place{Path: folder}) // one that the user added
//	for found := range discover.Scan(ctx, places) { … }
//	discover.Watch(ctx, places, func() { … scan again … })
//
// Of a model no more than its header is read. What is there and cannot be used is found too, with a Problem that says
// why; what says nothing about a model, such as a chat, is passed over.
//
// places.go knows where applications keep their models. Most layouts are folders with GGUF files or Hugging Face
// folders somewhere inside: walk.go goes through them and files.go makes models of what is there. Ollama's store
// (ollama.go), Hugging Face's cache (hub.go) and Jan's descriptions (jan.go) say more than their files do. The first
// two are known by their shape, so they are found in a folder of the user's as well.
//
// The folders belong to strangers. Depth, entries and the sizes of what is read are bounded, links that lead in a
// circle are followed once, and only regular files and folders are opened.
package discover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
	"unicode"

	"lamplight/engine/source"
)

// Applications whose models are found, as they call themselves.
const (
	Ollama      = "Ollama"
	LMStudio    = "LM Studio"
	HuggingFace = "Hugging Face"
	GPT4All     = "GPT4All"
	Jan         = "Jan"
	LlamaCpp    = "llama.cpp"
	Folder      = "" // no application: a folder of the user's
)

// Why something that was found cannot be used, beside the errors of packages source, gguf and safetensors for a file
// that cannot chat or is damaged, and fs.ErrPermission for a file that may not be read.
var (
	ErrUnreadable = errors.New("the folder cannot be read")
	ErrTooMany    = errors.New("there are too many files to look at all of them")
	ErrCloud      = errors.New("the model is on a server, not on this computer")
	ErrMissing    = errors.New("the model's weights are not there")
	ErrIncomplete = errors.New("the download is not complete")
	ErrFormat     = errors.New("the model is kept in a form that is not read")
	ErrManifest   = errors.New("the application's description of the model is damaged")
)

// Found is a model, or what is left of one.
type Found struct {
	App          string   // whose layout it is kept in: Ollama, …, or Folder
	Name         string   // what the application, or else the file, calls it; one line of at most 200 characters
	Aliases      []string // further names that the application has for the same thing
	Path         string   // what source.Open takes; without any weights, what was found instead of them
	Files        []string // absolute paths, the weights first; none where the weights are missing
	Bytes        int64    // of Files together
	Quantization string   // "Q4_0", "mixed"; "" where it could not be read
	Digest       string   // SHA-256 of the weights in hexadecimal as the layout claims it, unverified; "" without a claim
	Extras       Extras
	Problem      error // nil: it can be used, as far as its header says
}

// Extras are what an application keeps with a model beside the weights. Texts are valid UTF-8.
type Extras struct {
	Template   string          // of the chat, in the application's own language: Ollama's is that of Go's text/template
	System     string          // system prompt
	Parameters json.RawMessage // a JSON object, such as {"temperature": 1, "stop": ["<end_of_turn>"]}
	Messages   json.RawMessage // a JSON array of {role, content} with which every chat begins
	License    string          // the whole text
	Adapters   []string        // absolute paths of changes to the weights
	Projectors []string        // absolute paths of the parts that read images
}

// Place is a folder in which models may be. It need not exist.
type Place struct {
	App  string
	Path string

	depth int // how many folders below Path are searched; 0: defaultDepth
}

const defaultDepth = 5 // hub/models--org--name/snapshots/revision/folder, or a collection that somebody sorted

func (p Place) walker(ctx context.Context) walker {
	depth := p.depth
	if depth == 0 {
		depth = defaultDepth
	}
	return walker{ctx: ctx, depth: depth, left: maxEntries, keep: func(name string) bool { return kindOf(p.App, name) != other }}
}

// Scan looks for models in places, one after the other. A file that several places lead to belongs to the first. The
// sequence ends early when ctx is cancelled.
func Scan(ctx context.Context, places []Place) iter.Seq[Found] {
	return func(yield func(Found) bool) {
		s := scanner{ctx: ctx, yield: yield, seen: map[string]bool{}}
		for _, p := range places {
			if info, err := os.Stat(p.Path); err == nil && !s.fresh(p.Path, info) {
				continue // another name of a place that was searched
			}
			s.search(p)
		}
	}
}

// scanner is one Scan under way.
type scanner struct {
	ctx   context.Context
	yield func(Found) bool
	left  bool            // the consumer has left the loop and must not be called again
	seen  map[string]bool // identities of places that were searched and of files that were reported
}

func (s *scanner) done() bool { return s.left || s.ctx.Err() != nil }

func (s *scanner) fresh(path string, info fs.FileInfo) bool {
	id := identity(path, info)
	known := s.seen[id]
	s.seen[id] = true
	return !known
}

// search reports what is in one place.
func (s *scanner) search(p Place) {
	w := p.walker(s.ctx)
	w.walk(p.Path, func(f folder) bool {
		switch {
		case f.err != nil:
			s.emit(Found{App: p.App, Name: f.path, Path: f.path, Problem: f.err})
		case f.store:
			s.store(f.path)
		}
		if p.App == Jan {
			s.described(p, f)
		}
		s.take(p.App, f)
		return !s.done()
	})
}

// emit completes and reports models, unless their files were reported before. Those that are given together may share
// files.
func (s *scanner) emit(all ...Found) {
	all = slices.DeleteFunc(all, func(f Found) bool { return len(f.Files) > 0 && s.seen[identityOf(f.Files[0])] })
	for _, f := range all {
		if s.done() {
			return
		}
		for _, path := range slices.Concat(f.Files, f.Extras.Adapters, f.Extras.Projectors) {
			s.seen[identityOf(path)] = true
		}
		if f.Name = clean(f.Name); f.Name == "" {
			f.Name = "Model"
		}
		if f.Problem == nil {
			f.Problem = f.inspect()
		}
		for _, path := range f.Files {
			if info, err := os.Stat(path); err == nil {
				f.Bytes += info.Size()
			}
		}
		s.left = !s.yield(f)
	}
}

// inspect reads the header of the model and says why it cannot be used, nil if it can.
func (f *Found) inspect() error {
	src, err := source.Open(f.Path)
	if err != nil {
		return err
	}
	defer src.Close()
	if f.Path != f.Files[0] && !isGGUF(f.Files[0]) { // a folder: it knows best what belongs to it
		f.Files = src.Facts().Files
		slices.SortStableFunc(f.Files, func(a, b string) int {
			switch {
			case isWeights(a) == isWeights(b):
				return 0
			case isWeights(a):
				return -1
			}
			return 1
		})
	}
	if err := src.Check(); err != nil {
		return err
	}
	f.Quantization = src.Facts().Quantization
	_, err = src.Vocab()
	return err
}

// clean makes one line of at most 200 characters of a name that anybody may have given.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
	const most = 200
	if r := []rune(name); len(r) > most {
		name = string(r[:most-1]) + "…"
	}
	return strings.TrimSpace(name)
}

// unreadable is the problem of a folder that could not be read.
func unreadable(err error) error { return fmt.Errorf("%w: %w", ErrUnreadable, err) }
