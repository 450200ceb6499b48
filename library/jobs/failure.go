package jobs

import (
	"errors"
	"io/fs"

	"lamplight/engine/gguf"
	"lamplight/engine/measure"
	"lamplight/engine/source"
	"lamplight/library"
)

// Failure is an error that outlives the program.
type Failure struct {
	Text  string `json:"text"`
	Cause string `json:"cause,omitempty"` // name of the error in causes
}

// causes are the errors that a window has sentences for, the more special ones first. Their names are in files.
var causes = []struct {
	name string
	err  error
}{
	{"not found", library.ErrNotFound}, {"gone", library.ErrGone}, {"damaged", library.ErrDamaged},
	{"no space", library.ErrNoSpace}, {"changed", library.ErrChanged}, {"own source", library.ErrOwnSource},
	{"vocabulary only", source.ErrVocabularyOnly}, {"adapter", source.ErrAdapter}, {"projector", source.ErrProjector},
	{"architecture", source.ErrArchitecture}, {"missing tensor", source.ErrMissingTensor}, {"shape", source.ErrShape},
	{"invalid", source.ErrInvalid}, {"missing part", gguf.ErrMissingPart}, {"truncated", gguf.ErrTruncated},
	{"not gguf", gguf.ErrNotGGUF}, {"unsupported", gguf.ErrUnsupported}, {"corrupt", gguf.ErrCorrupt},
	{"not model", source.ErrNotModel}, {"long text", ErrLongText}, {"short text", measure.ErrShort}, {"vocabularies differ", measure.ErrVocabulary},
	{"not finite", measure.ErrNotFinite}, {"permission", fs.ErrPermission}, {"not exist", fs.ErrNotExist},
}

func failureOf(err error) *Failure {
	f := &Failure{Text: cut(err.Error())}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			f.Cause = c.name
			break
		}
	}
	return f
}

// Error returns the text that the error had.
func (f *Failure) Error() string { return f.Text }

// Unwrap returns the error that a caller may decide on, nil for one that is not known.
func (f *Failure) Unwrap() error {
	for _, c := range causes {
		if c.name == f.Cause {
			return c.err
		}
	}
	return nil
}
