// Package source opens a model, whichever container holds it: a GGUF file, a set of split ones, or a Hugging
// Face folder. The rest of the program sees one [Config], one set of tensor names (those of GGUF), one
// vocabulary.
//
//	src, err := source.Open(path)
//	defer src.Close()
//	err = src.Check() // every tensor is there, in the right shape and of a type that can be computed
//	q, err := src.Matrix("blk.0.attn_q.weight")
//
// What differs between the containers is in gguf.go and folder.go; tensors.go has the table of all tensors
// with their names in both. Weights are mapped, not copied, so matrices are valid until Close.
package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"lamplight/engine/internal/container"
	"lamplight/engine/sample"
	"lamplight/tokenizer"
)

// What can be wrong with a model, for errors.Is. Beside these, errors wrap those of packages gguf and
// safetensors, and fs.ErrPermission and fs.ErrNotExist.
var (
	// ErrNotModel: neither a GGUF file nor a folder with a model.
	ErrNotModel = errors.New("not a model")
	// ErrArchitecture: a model of a kind that is not known; see ArchitectureError.
	ErrArchitecture = errors.New("unknown architecture")
	// ErrAdapter: changes to a model, such as a LoRA, without the model.
	ErrAdapter = errors.New("an adapter, not a model")
	// ErrProjector: the part of a vision model that reads images, without the language model.
	ErrProjector = errors.New("the vision part of a model, not a language model")
	// ErrVocabularyOnly: a tokenizer without weights.
	ErrVocabularyOnly = errors.New("only a vocabulary, without weights")
	// ErrMissingTensor: a tensor that the architecture needs is absent.
	ErrMissingTensor = errors.New("a tensor is missing")
	// ErrShape: a tensor does not have the shape that the architecture asks for.
	ErrShape = errors.New("a tensor has the wrong shape")
	// ErrInvalid: the description of the model is incomplete or makes no sense.
	ErrInvalid = errors.New("the description of the model is invalid")
	// ErrUnsupported: the model is sound and uses something that is not implemented. The same value as
	// gguf.ErrUnsupported.
	ErrUnsupported = container.ErrUnsupported
)

// ArchitectureError is ErrArchitecture with the name that the model gives its architecture.
type ArchitectureError struct{ Name string }

func (e *ArchitectureError) Error() string { return fmt.Sprintf("%v %q", ErrArchitecture, e.Name) }

// Unwrap returns ErrArchitecture.
func (e *ArchitectureError) Unwrap() error { return ErrArchitecture }

// gemma3 is the architecture as GGUF names it.
const gemma3 = "gemma3"

// Source is an open model. It is safe for concurrent use until Close.
type Source struct {
	path   string
	files  files
	config Config
	vocab  func() (tokenizer.Vocab, error)
}

// files is a model's container.
type files interface {
	config() (Config, error)
	tensor(name string) (tensor, bool) // by its GGUF name
	vocab() (tokenizer.Vocab, error)   // as the files have it
	stopIDs() []int64                  // ids the files name as ends of a text, perhaps out of range
	sampling(p *sample.Params)         // overrides what the files say
	template() string
	license() string
	describe(f *Facts)
	intact() error
	release()
	dropVocab()
	close() error
}

// Open opens the model at path: a GGUF file, any part of a split one, or a folder. The structure of the
// files and the description of the model are checked; Check does the rest.
func Open(path string) (*Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("source: %w", err)
	}
	var f files
	switch {
	case info.IsDir():
		f, err = openFolder(path)
	case info.Mode().IsRegular():
		f, err = openGGUF(path)
	default:
		err = fmt.Errorf("neither a file nor a folder: %w", ErrNotModel)
	}
	if err != nil {
		return nil, about(path, err)
	}
	s := &Source{path: path, files: f}
	if s.config, err = f.config(); err != nil {
		f.close()
		return nil, about(path, err)
	}
	s.vocab = sync.OnceValues(s.readVocab)
	return s, nil
}

// about names the model in an error, unless one of its files is named already.
func about(path string, err error) error {
	if strings.Contains(err.Error(), filepath.Clean(path)) {
		return fmt.Errorf("source: %w", err)
	}
	return fmt.Errorf("source: %s: %w", path, err)
}

// Close unmaps the weights. Matrices must not be touched any more.
func (s *Source) Close() error { return s.files.close() }

// Release gives the memory of the mapped weights back to the system, which reads them again when they are touched:
// after they were read once from one end to the other, say.
func (s *Source) Release() { s.files.release() }

// Intact returns an error that wraps gguf.ErrTruncated when a file of the model has become shorter since
// Open, so that reading its weights would fault.
func (s *Source) Intact() error {
	if err := s.files.intact(); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	return nil
}

// Config returns the numbers of the architecture. Of a vocabulary without weights only Architecture, Vocab
// and, where the file has it, ContextLength are set.
func (s *Source) Config() Config { return s.config }

// Template returns the chat template, "" if the model has none. It is text from a stranger.
func (s *Source) Template() string { return s.files.template() }
