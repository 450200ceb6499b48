package ui

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"lamplight/assistant/attach"
	"lamplight/privacy/vault"
	"lamplight/privacy/vault/exchange"
)

// This file takes what people give to the program: by dropping it on the window, or by starting the program with it.

// dropped takes files and folders that were dropped anywhere on the window.
func (w *Window) dropped(uris []fyne.URI) {
	var paths []string
	for _, u := range uris {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	w.take(given{paths: paths})
}

// given are files and folders, and how they came.
type given struct {
	paths   []string
	started bool // the program was started with them; else they were dropped
}

// take sorts files and folders, and does with each what it is for: a backup is restored, chats of other programs and
// models are imported, writing actions are added. Text that is dropped on the page Write is opened as a document, and so is a document that the program
// was started with; examples that are dropped on the page Tune are learnt from; other text goes with the message that is being written. They answer what a file dialog asks, so it
// closes. While the window is locked they wait.
func (w *Window) take(g given) {
	switch {
	case len(g.paths) == 0:
		return
	case w.lock != nil:
		w.waiting = append(w.waiting, g)
		return
	case w.dialog != nil && w.dialog.asksFile:
		w.closeDialog()
	}
	if w.current == tunePage && !g.started {
		g.paths = w.tune.takeExamples(g.paths)
	}
	w.work(func(context.Context) { // a disk may be slow
		actions, paths := actionFiles(g.paths)
		backups, chats, texts, models := sorted(paths)
		w.do(func() {
			if w.lock != nil {
				w.waiting = append(w.waiting, g)
				return
			}
			w.Log.Info("files taken", "backups", len(backups), "chats", len(chats), "texts", len(texts), "models", len(models))
			for _, path := range backups {
				w.restore(path)
			}
			if len(actions) > 0 {
				w.write.help.takeActions(actions)
			}
			if len(chats) > 0 {
				w.privacy.exchange.add(chats...)
			}
			documents := texts
			switch {
			case g.started:
				documents, texts = parted(texts)
			case w.current == writePage:
				texts = nil
			default:
				documents = nil
			}
			if len(texts) > 0 {
				w.chat.attach(texts...)
			}
			if len(documents) > 0 {
				w.write.openFiles(documents...)
			}
			if len(models) > 0 {
				w.importer.add(models...)
			}
		})
	})
}

// takeWaiting takes what was given while the window was locked.
func (w *Window) takeWaiting() {
	waiting := w.waiting
	w.waiting = nil
	for _, g := range waiting {
		w.take(g)
	}
}

// parted tells documents from other text, by their names.
func parted(paths []string) (documents, others []string) {
	for _, path := range paths {
		if isDocument(path) {
			documents = append(documents, path)
		} else {
			others = append(others, path)
		}
	}
	return documents, others
}

// otherDocuments are endings of what is dropped to be read and cannot be: package attach says why.
var otherDocuments = []string{".pdf", ".rtf", ".doc", ".xls", ".xlsx", ".ods", ".ppt", ".pptx", ".odp", ".epub", ".pages", ".png", ".jpg", ".jpeg", ".gif", ".webp"}

// sorted tells by names, and by how files begin, what paths are. What is nothing else may be a model.
func sorted(paths []string) (backups, chats, texts, models []string) {
	for _, path := range paths {
		switch ext := strings.ToLower(filepath.Ext(path)); {
		case slices.Contains([]string{".gguf", ".safetensors"}, ext):
			models = append(models, path)
		case ext == backupExtension || vault.IsBackup(path):
			backups = append(backups, path)
		case exchange.Recognizes(path):
			chats = append(chats, path)
		case (attach.Recognizes(filepath.Base(path)) || slices.Contains(otherDocuments, ext)) && !isFolder(path):
			texts = append(texts, path)
		default:
			models = append(models, path)
		}
	}
	return backups, chats, texts, models
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
