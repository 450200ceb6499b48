package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"lamplight/engine"
	"lamplight/engine/adapter"
	"lamplight/engine/gguf"
	"lamplight/engine/measure"
	"lamplight/engine/source"
	"lamplight/engine/train"
	"lamplight/library"
	"lamplight/library/discover"
)

// advice is what the user can do about an error, the more special errors first.
var advice = []struct {
	err error
	do  string
}{
	{errNoModel, "name one with -m: a GGUF file, a Hugging Face folder or a name in the library"},
	{errUnknown, "check the spelling"},
	{discover.ErrUnreadable, "ask whoever owns it for the permission to read it"},
	{discover.ErrTooMany, "search a smaller folder with -in"},
	{discover.ErrCloud, "fetch a model that is on this computer"},
	{discover.ErrMissing, "fetch it again with the application that it belongs to"},
	{discover.ErrIncomplete, "finish the download, or fetch it again"},
	{discover.ErrFormat, "use the same model as a GGUF file or with model.safetensors"},
	{discover.ErrManifest, "remove it in the application that it belongs to and fetch it again"},
	{library.ErrAmbiguous, "use one of these"},
	{errNoLibrary, "lamp import begins one"},
	{library.ErrNotFound, "check the spelling"},
	{library.ErrGone, "bring the file back, or import the model again"},
	{library.ErrDamaged, "download the model again"},
	{library.ErrChanged, "try again when nothing writes to it any more"},
	{library.ErrSeveralModels, "name one of them"},
	{library.ErrNoModel, "use a GGUF file, or a folder with config.json and model.safetensors"},
	{library.ErrPath, "rename it, or import the model without -reference"},
	{library.ErrNoSpace, "free some space or write to another disk"},
	{source.ErrVocabularyOnly, "it serves tokenize, detokenize and prompt; for anything else use a file with weights"},
	{source.ErrArchitecture, "lamp runs Gemma 3 text models"},
	{source.ErrAdapter, "use the model that it belongs to"},
	{source.ErrProjector, "use the language model that it belongs to"},
	{source.ErrMissingTensor, "download the model again, or use another conversion of it"},
	{source.ErrShape, "download the model again, or use another conversion of it"},
	{source.ErrInvalid, "download the model again, or use another conversion of it"},
	{source.ErrNotModel, "use a GGUF file, or a folder with config.json and model.safetensors"},
	{gguf.ErrNotGGUF, "use a GGUF file"},
	{gguf.ErrMissingPart, "put all parts of the model into one folder"},
	{gguf.ErrTruncated, "download or copy the file again"},
	{gguf.ErrCorrupt, "download the file again"},
	{gguf.ErrNewer, "update Lamplight, or use the model in version 3 of GGUF"},
	{gguf.ErrUnsupported, "use another quantization of the model"},
	{gguf.ErrNoKey, "use a GGUF file with a vocabulary"},
	{measure.ErrShort, "use a longer text"},
	{measure.ErrVocabulary, "compare a model with the one it was made from"},
	{measure.ErrNotFinite, "the model is damaged: download it again"},
	{errNoExamples, "lamp train -check says what is wrong with each row"},
	{train.ErrOther, "use another folder for the result, or delete what is in it"},
	{train.ErrCheckpoint, "delete the folder and begin again"},
	{train.ErrExists, "give it another name"},
	{adapter.ErrUnusable, "use an adapter that was made for this model"},
	{engine.ErrContextFull, "use a shorter prompt or answer"},
	{fs.ErrNotExist, "check the path"},
	{fs.ErrPermission, "change who may read or write it"},
}

// packages are the names with which our packages begin their errors, at the front or behind a file's name.
var packages = regexp.MustCompile(`(^|: )(?:(?:engine|gguf|kernels|library|measure|safetensors|sample|source|tokenizer|chat|train|data): )+`)

// message says on one line what went wrong and what to do about it.
func message(err error) string {
	if errors.Is(err, context.Canceled) {
		return "stopped"
	}
	text := packages.ReplaceAllString(oneLine(err), "$1")
	for _, a := range advice {
		if errors.Is(err, a.err) {
			return text + "; " + a.do
		}
	}
	return text
}

// about names the file in errors that do not.
func about(path string, err error) error {
	if err == nil || strings.Contains(err.Error(), path) {
		return err
	}
	return fmt.Errorf("%s: %w", path, err)
}
