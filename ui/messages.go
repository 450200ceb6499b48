package ui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/assistant/attach"
	"lamplight/engine"
	"lamplight/engine/gguf"
	"lamplight/engine/measure"
	"lamplight/engine/safetensors"
	"lamplight/engine/sample"
	"lamplight/engine/source"
	"lamplight/library"
	"lamplight/library/discover"
	"lamplight/library/jobs"
	"lamplight/privacy/vault"
)

// This file has every sentence about something that went wrong: what happened, what was kept, what to do.

// remedy is what a message offers to do.
type remedy uint8

const (
	noRemedy remedy = iota
	openModels
	openSettings
	startChat
	copyDetails // of the error, for whoever is asked for help
)

// message is a sentence about an error.
type message struct {
	text   string
	remedy remedy
}

// complaint is an error and its message. The first that fits wins: what wraps several errors is told by the
// most particular.
type complaint struct {
	err    error
	text   string // English, the key of its translation
	remedy remedy
}

// foundComplaints are about what other applications keep, and what is used where it lies.
var foundComplaints = []complaint{
	{discover.ErrUnreadable, "This folder belongs to somebody else on this computer, such as a service, and you are not allowed to look into it. Ask for the permission to read it.", noRemedy},
	{discover.ErrTooMany, "There are too many files in this folder to look at all of them. Drop the model that you miss.", noRemedy},
	{discover.ErrCloud, "This model answers on somebody else's server and is not on this computer. Fetch one that is.", noRemedy},
	{discover.ErrMissing, "The other application knows this model, but its weights are not on the disk. Fetch it again there.", noRemedy},
	{discover.ErrIncomplete, "The download of this model has not finished, or was damaged. Finish it where it was begun, or fetch the model again.", noRemedy},
	{discover.ErrFormat, "The model is kept in a form that Lamplight cannot read. Look for the same model as a GGUF file or with model.safetensors.", noRemedy},
	{discover.ErrManifest, "What the other application wrote down about this model is damaged. Remove the model there and fetch it again.", noRemedy},
	{library.ErrPath, "The name of this file, or of a folder that it lies in, has characters that are no text. Rename it, or copy the model into the library.", noRemedy},
}

// fileComplaints are about a file or folder that was to become a model, or was one.
var fileComplaints = []complaint{
	{source.ErrVocabularyOnly, "It has a vocabulary but no weights, so it cannot answer. Look for the file of the same model that is some hundred megabytes large.", noRemedy},
	{source.ErrAdapter, "It is an adapter, a small change to a model, and cannot answer by itself. Drop it on this window to use it with its model.", noRemedy},
	{source.ErrProjector, "It lets a model see pictures and cannot chat by itself. Drop the model that it belongs to.", noRemedy},
	{source.ErrArchitecture, "Lamplight does not know this kind of model yet{{.Name}}. It runs Gemma 3.", noRemedy},
	{source.ErrMissingTensor, "The model is incomplete: some of its weights are not in the file. Fetch the file again from where it came from.", noRemedy},
	{source.ErrInvalid, "The model does not describe itself as a model must, so it cannot be run. Fetch another version of it.", noRemedy},
	{source.ErrShape, "The model's weights do not fit together, so the file was made wrongly. Fetch another version of it.", noRemedy},
	{gguf.ErrMissingPart, "This model was split into several files and one of them is missing. Put all parts into one folder and drop any of them.", noRemedy},
	{gguf.ErrTruncated, "The file ends too early, as after an interrupted download. Fetch it again and drop it here.", noRemedy},
	{gguf.ErrNotGGUF, "It is called a model but is something else. Fetch it again; what a browser saves when a download fails is a web page under the model's name.", noRemedy},
	{gguf.ErrNewer, "Its format is newer than this version of Lamplight. Update Lamplight, or fetch the model in version 3 of GGUF.", noRemedy},
	{gguf.ErrUnsupported, "It is made in a way that Lamplight cannot read yet. A GGUF file with the type Q4_0, Q8_0 or Q4_K works.", noRemedy},
	{gguf.ErrCorrupt, "The file is damaged. Fetch it again and drop it here.", noRemedy},
	{safetensors.ErrNoModel, "There is no model in this folder: config.json or model.safetensors is missing. Drop the folder that has both.", noRemedy},
	{source.ErrNotModel, "This is not a model. Lamplight takes a .gguf file, or a folder from Hugging Face with config.json and model.safetensors.", noRemedy},
	{library.ErrSeveralModels, "There are several models in this folder{{.Names}}. Drop the one you want.", noRemedy},
	{library.ErrNoModel, "There is no model in this folder. Lamplight takes a .gguf file, or a folder from Hugging Face with config.json and model.safetensors.", noRemedy},
	{library.ErrNoSpace, "The disk is full. Nothing is left behind. Make room and drop it again.", noRemedy},
	{library.ErrChanged, "The file changed while it was read, as during a download. Wait until it is complete and drop it again.", noRemedy},
	{fs.ErrPermission, "You are not allowed to read this file. Change its permissions, or copy it to a folder of your own.", noRemedy},
	{fs.ErrNotExist, "It is no longer there. Look where it went and drop it again.", noRemedy},
}

// attachComplaints are about a file that was to be attached to a question, or opened as a text.
var attachComplaints = []complaint{
	{attach.ErrBinary, "This file has no text in it. Plain text, source code, .docx and .odt files work.", noRemedy},
	{attach.ErrFormat, "Lamplight cannot read this kind of document yet. Save it as .docx, .odt or plain text, and use that.", noRemedy},
	{attach.ErrTooLarge, "This file is too large. Take the part of it that matters.", noRemedy},
	{attach.ErrEncrypted, "This document has a password. Save a copy of it without one, and use that.", noRemedy},
	{attach.ErrDamaged, "The document is damaged. Open it in the program that made it, save it again, and use that.", noRemedy},
	{fs.ErrPermission, "You are not allowed to read this file. Change its permissions, or copy it to a folder of your own.", noRemedy},
	{fs.ErrNotExist, "It is no longer there. Look where it went, and use that.", noRemedy},
}

// libraryComplaints are about a model in the library.
var libraryComplaints = []complaint{
	{library.ErrGone, "The model's file is no longer on the disk. Choose another model, or bring the file back.", openModels},
	{library.ErrDamaged, "The model's file in the library is damaged. Remove it and drop the model again.", openModels},
	{library.ErrNotFound, "This model is no longer in the library. Choose another one.", openModels},
	{library.ErrAmbiguous, "Several models have this name. Rename one of them.", openModels},
	{library.ErrName, "A model needs a name.", noRemedy},
	{jobs.ErrFull, "Too many jobs are waiting already. Let some of them end, or cancel some.", noRemedy},
	{jobs.ErrNoJob, "This job is no longer there. It has ended or was cancelled.", noRemedy},
	{jobs.ErrLongText, "This text is longer than 4 MiB, which would take hours. Choose a part of it.", noRemedy},
	{measure.ErrShort, "This text is too short to compare models on. Choose one of at least a page.", noRemedy},
	{measure.ErrVocabulary, "These models read text differently, so their answers cannot be compared. Choose the model that this one was made from.", noRemedy},
	{measure.ErrNotFinite, "The model computes nothing that could be compared: its weights are damaged. Fetch it again.", noRemedy},
}

// errUnchecked is why a model cannot be used whose file may have changed.
var errUnchecked = errors.New("the model's file has not been checked since it was written to")

// answerComplaints are about an answer.
var answerComplaints = []complaint{
	{context.Canceled, "Stopped.", noRemedy},
	{assistant.ErrNoModel, "There is no model to answer with. Drop one on this window, or choose one of yours.", openModels},
	{assistant.ErrSpecialist, "A specialist that was asked for is not in your library, or was made for another model. Choose another one, or another model.", noRemedy},
	{assistant.ErrTooLong, "This message is longer than the model can read at once. Shorten it, or allow a longer context in the settings.", openSettings},
	{assistant.ErrAnswering, "An answer is being written. Wait for its end, or stop it.", noRemedy},
	{assistant.ErrMemory, "The model needs more memory than is free. Close other programs, choose a smaller model, or allow a shorter context in the settings.", openSettings},
	{errUnchecked, "The model's file was written to since it was checked, so it is checked again before it is used. Try again when that is done.", noRemedy},
	{engine.ErrContextFull, "The model's context is full, so the answer ends here. A new chat has room again.", startChat},
	{assistant.ErrLoop, "The model repeated itself, tried once more in another way, and repeated itself again, so the answer ends here. Ask in other words, or try a higher temperature.", noRemedy},
	{assistant.ErrChances, "How sure the model was of this answer cannot be known any more: the model, or what it was asked, is no longer the same. Let it answer again to see.", noRemedy},
	{assistant.ErrReceipt, "How this answer came about was not written down, so it cannot be made once more. Let the model answer again: that answer can.", noRemedy},
	{assistant.ErrUnread, "Your conversations are still being read. Try again in a moment.", noRemedy},
	{engine.ErrBusy, "The model is busy. Try again in a moment.", noRemedy},
	{sample.ErrNaN, "The model computed nothing that could be said: its file is damaged, or its weights are. Try another model.", openModels},
}

// vaultComplaints are about what the user wrote.
var vaultComplaints = []complaint{
	{vault.ErrPassphrase, "This passphrase does not open your conversations. Type it once more; capital letters count.", noRemedy},
	{vault.ErrKeyring, "The keyring of your desktop does not answer, and it has the key of your conversations. Unlock it there and open them again.", copyDetails},
	{vault.ErrKeyGone, "The keyring of your desktop no longer has the key of your conversations, so nobody can open them. Bring back a backup of the keyring, or one that you made in Lamplight.", copyDetails},
	{vault.ErrBusy, "Your conversations are open in another Lamplight. Close it there and open them again.", noRemedy},
	{vault.ErrNewer, "Your conversations were written by a later version of Lamplight. Start that one, or update this one.", noRemedy},
	{vault.ErrDamaged, "The file of your conversations is damaged. It stays as it is; bring back a backup of it.", copyDetails},
	{vault.ErrFull, "The disk is full, so your words could not be stored. Make room and try again.", noRemedy},
	{vault.ErrReadOnly, "Your conversations cannot be written, as the folder they are in is read-only. Change its permissions and try again.", copyDetails},
	{vault.ErrLocked, "Your conversations are locked. Open them and try again.", noRemedy},
	{vault.ErrNotFound, "This conversation is no longer there. Begin a new one.", startChat},
	{vault.ErrNone, "The file of your conversations is gone. Start Lamplight again to begin a new one.", noRemedy},
	{vault.ErrExists, "There is one of this name already. Choose another name.", noRemedy},
	{assistant.ErrPersona, "This persona cannot be kept. Give it a name of at most 80 characters, and a shorter system prompt if that is very long.", noRemedy},
	{assistant.ErrStore, "Your conversations could not be read or written. The disk may be damaged; what you wrote now is kept until you close the window.", copyDetails},
}

// find returns the message of the first complaint that fits.
func find(err error, tables ...[]complaint) (message, bool) {
	for _, c := range slices.Concat(tables...) {
		if errors.Is(err, c.err) {
			return message{lang.L(c.text, map[string]any{"Name": architectureName(err), "Names": modelNames(err)}), c.remedy}, true
		}
	}
	return message{}, false
}

// explainFile says why the file or folder at path did not become a model.
func explainFile(path string, err error) message {
	if errors.Is(err, gguf.ErrNotGGUF) && !strings.EqualFold(filepath.Ext(path), ".gguf") {
		err = source.ErrNotModel // it does not even pretend
	}
	if m, ok := find(err, foundComplaints, fileComplaints, libraryComplaints); ok {
		return m
	}
	return message{lang.L("Lamplight cannot tell why. Try once more, or fetch another version of it."), copyDetails}
}

// explainAttach says why a file did not become text.
func explainAttach(err error) message {
	if m, ok := find(err, attachComplaints); ok {
		return m
	}
	return message{lang.L("This file could not be read. Try once more, or copy it to another disk."), copyDetails}
}

// explainAnswer says why the model of that name gives no answer.
func explainAnswer(name string, err error) message {
	if m, ok := find(err, answerComplaints, libraryComplaints, vaultComplaints); ok {
		return m
	}
	if m, ok := find(err, fileComplaints); ok {
		m.text = lang.L("{{.Name}} could not be used. {{.Why}}", map[string]any{"Name": name, "Why": m.text})
		return m
	}
	return message{lang.L("The model stopped for a reason that Lamplight does not know. Ask again, or try another model."), copyDetails}
}

// explainChange says why something in the library could not be read or changed.
func explainChange(err error) message {
	if m, ok := find(err, libraryComplaints); ok {
		return m
	}
	return message{lang.L("Your library could not be read or written. Your models are kept. Its folder may be read-only, or the disk full."), copyDetails}
}

// explainVault says why what the user wrote could not be read or written.
func explainVault(err error) message {
	if m, ok := find(err, vaultComplaints); ok {
		return m
	}
	return message{lang.L("Your conversations could not be opened. They stay as they are. Their folder may be read-only, or the disk damaged."), copyDetails}
}

// explainSettings says what not being able to keep the settings means.
func explainSettings() message {
	return message{lang.L("Your settings are in force but could not be written to the disk, so they end with this window. The folder may be read-only, or the disk full."), copyDetails}
}

// explainOldSettings says what not being able to read the settings means.
func explainOldSettings() message {
	return message{lang.L("Your settings could not be read, so Lamplight begins with the usual ones. The old file is kept under another name where that was possible."), copyDetails}
}

// explainCard says on a model's card why it cannot be used, "" when it can.
func explainCard(m library.Model) string {
	switch {
	case m.Gone:
		return lang.L("Its file is no longer on the disk. Bring it back to where it was, drop it again, or remove this card.")
	case m.Damage != nil:
		return lang.L("Its file was changed or damaged since it was added. Remove this card and drop the model again.")
	}
	return ""
}

// architectureName returns ": name" of an architecture that is not known, as its file says it.
func architectureName(err error) string {
	var unknown *source.ArchitectureError
	if !errors.As(err, &unknown) {
		return ""
	}
	return fmt.Sprintf(", “%s”", oneLine(unknown.Name, 40))
}

// modelNames returns ": a, b, c…" of the models of a folder that has several.
func modelNames(err error) string {
	var several *library.SeveralModelsError
	if !errors.As(err, &several) {
		return ""
	}
	const most = 3
	var names []string
	for _, n := range several.Names[:min(most, len(several.Names))] {
		names = append(names, oneLine(n, 60))
	}
	list := ": " + strings.Join(names, ", ")
	if len(several.Names) > most {
		list += ", …"
	}
	return list
}

// oneLine makes a text from a stranger safe to stand in a sentence: no characters that control a terminal or
// turn the direction of what follows, at most n runes.
func oneLine(text string, n int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text)
	if r := []rune(text); len(r) > n {
		return string(r[:n]) + "…"
	}
	return text
}
