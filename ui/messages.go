package ui

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine"
	"lamplight/engine/gguf"
	"lamplight/engine/safetensors"
	"lamplight/engine/sample"
	"lamplight/engine/source"
	"lamplight/library"
)

// This file has every sentence about something that went wrong: what happened, what was kept, what to do.

// remedy is what a message offers to do.
type remedy uint8

const (
	noRemedy remedy = iota
	openModels
	startChat
)

// complaint is an error and its sentence. Earlier ones win: what wraps several errors is told by the most
// particular.
type complaint struct {
	err    error
	text   string
	remedy remedy
}

var complaints = []complaint{
	{context.Canceled, "Stopped. Nothing was changed.", noRemedy},

	// Files that cannot become models.
	{source.ErrVocabularyOnly, "This file has a vocabulary but no weights, so it cannot answer. Look for the file of the same model that is some hundred megabytes large.", noRemedy},
	{source.ErrAdapter, "This is an adapter, a small change to a model. Lamplight cannot use adapters yet. Drop the model it was made for instead.", noRemedy},
	{source.ErrProjector, "This file lets a model see pictures and cannot chat by itself. Drop the model that it belongs to.", noRemedy},
	{source.ErrArchitecture, "Lamplight does not know this kind of model yet{{.Name}}. It runs Gemma 3.", noRemedy},
	{source.ErrMissingTensor, "The model is incomplete: some of its weights are not in the file. Fetch the file again from where it came from.", noRemedy},
	{source.ErrInvalid, "The model does not describe itself as a model must, so it cannot be run. Fetch another version of it.", noRemedy},
	{source.ErrShape, "The model's weights do not fit together, so the file was made wrongly. Fetch another version of it.", noRemedy},
	{gguf.ErrMissingPart, "This model was split into several files and one of them is missing. Put all parts into one folder and drop any of them.", noRemedy},
	{gguf.ErrTruncated, "The file ends too early, as after an interrupted download. Fetch it again and drop it here.", noRemedy},
	{gguf.ErrNotGGUF, "This file is called a model but is something else. Model files end in .gguf and begin with these four letters.", noRemedy},
	{gguf.ErrUnsupported, "This file is of a kind that Lamplight cannot read yet. A GGUF file with the type Q4_0, Q8_0 or Q4_K works.", noRemedy},
	{gguf.ErrCorrupt, "The file is damaged. Fetch it again and drop it here.", noRemedy},
	{source.ErrNotModel, "This is not a model. Lamplight takes a .gguf file, or a folder from Hugging Face with config.json and model.safetensors.", noRemedy},
	{library.ErrSeveralModels, "There are several models in this folder. Drop the one you want.", noRemedy},
	{library.ErrNoModel, "There is no model in this folder. Lamplight takes a .gguf file, or a folder from Hugging Face with config.json and model.safetensors.", noRemedy},
	{safetensors.ErrNoModel, "There is no model in this folder: config.json or model.safetensors is missing.", noRemedy},

	// Keeping models.
	{library.ErrNoSpace, "The disk is full. The model was not copied and nothing is left behind. Make room and drop it again.", noRemedy},
	{library.ErrChanged, "The file changed while it was read, as during a download. Wait until it is complete and drop it again.", noRemedy},
	{library.ErrGone, "The model's file is no longer on the disk. Your conversation is kept. Choose another model, or bring the file back.", openModels},
	{library.ErrDamaged, "This model's file in the library is damaged. Remove it and drop the model again.", openModels},
	{library.ErrNotFound, "This model is no longer in the library. Choose another one.", openModels},
	{library.ErrAmbiguous, "Several models have this name. Rename one of them.", openModels},
	{library.ErrName, "A model needs a name.", noRemedy},
	{fs.ErrPermission, "You are not allowed to read this file. Change its permissions, or copy it to a folder of your own.", noRemedy},
	{fs.ErrNotExist, "The file is no longer there.", noRemedy},

	// Answering.
	{assistant.ErrNoModel, "There is no model to answer with. Your words are kept. Drop a model on this window, then ask again.", openModels},
	{assistant.ErrTooLong, "This message is longer than the model can read at once. It is kept here. Shorten it, or allow a longer context in the settings.", noRemedy},
	{assistant.ErrAnswering, "An answer is still being written. Wait for its end or stop it.", noRemedy},
	{engine.ErrContextFull, "The model's context is full, so the answer ends here. A new chat has room again.", startChat},
	{engine.ErrBusy, "The model is busy. Try again in a moment.", noRemedy},
	{sample.ErrNaN, "The model computed nothing that could be said: its file is damaged, or its weights are. Try another model.", openModels},
}

// explain returns the sentence for an error and what can be done about it.
func explain(err error) (string, remedy) {
	for _, c := range complaints {
		if errors.Is(err, c.err) {
			return lang.L(c.text, map[string]any{"Name": architectureName(err)}), c.remedy
		}
	}
	return lang.L("Something went wrong that Lamplight has no word for: {{.Error}}", map[string]any{"Error": err.Error()}), noRemedy
}

// architectureName returns ": name" of an architecture that is not known, as its file says it.
func architectureName(err error) string {
	var unknown *source.ArchitectureError
	if !errors.As(err, &unknown) {
		return ""
	}
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return -1
		}
		return r
	}, unknown.Name)
	if r := []rune(name); len(r) > 40 {
		name = string(r[:40]) + "…"
	}
	return ", “" + name + "”"
}
