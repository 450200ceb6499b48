package ui

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"lamplight/assistant"
	"lamplight/assistant/attach"
	"lamplight/assistant/publish"
	"lamplight/assistant/speech"
	"lamplight/assistant/stories"
	"lamplight/assistant/tuning"
	"lamplight/assistant/writing"
	"lamplight/engine"
	"lamplight/engine/adapter"
	"lamplight/engine/chat"
	"lamplight/engine/gguf"
	"lamplight/engine/measure"
	"lamplight/engine/safetensors"
	"lamplight/engine/sample"
	"lamplight/engine/source"
	"lamplight/engine/train"
	"lamplight/engine/train/data"
	"lamplight/library"
	"lamplight/library/discover"
	"lamplight/library/jobs"
	"lamplight/privacy/vault"
	"lamplight/privacy/vault/exchange"
)

// exported has every exported error of the packages whose errors reach the window. The test below compares
// the table with their source.
var exported = map[string]map[string]error{
	"assistant": {"ErrTooLong": assistant.ErrTooLong, "ErrAnswering": assistant.ErrAnswering, "ErrNoModel": assistant.ErrNoModel,
		"ErrMemory": assistant.ErrMemory, "ErrPersona": assistant.ErrPersona, "ErrStore": assistant.ErrStore, "ErrUnread": assistant.ErrUnread,
		"ErrChances": assistant.ErrChances, "ErrLoop": assistant.ErrLoop, "ErrReceipt": assistant.ErrReceipt, "ErrSpecialist": assistant.ErrSpecialist},
	"assistant/attach": {"ErrBinary": attach.ErrBinary, "ErrFormat": attach.ErrFormat, "ErrTooLarge": attach.ErrTooLarge,
		"ErrEncrypted": attach.ErrEncrypted, "ErrDamaged": attach.ErrDamaged},
	"assistant/publish": {"ErrLetters": publish.ErrLetters, "ErrNoPrinter": publish.ErrNoPrinter},
	"assistant/speech":  {"ErrNoVoice": speech.ErrNoVoice},
	"assistant/stories": {"ErrTooLong": stories.ErrTooLong, "ErrNothing": stories.ErrNothing},
	"assistant/tuning":  {"ErrNoExamples": tuning.ErrNoExamples, "ErrRunning": tuning.ErrRunning, "ErrNone": tuning.ErrNone, "ErrMany": tuning.ErrMany},
	"engine/train": {"ErrOptions": train.ErrOptions, "ErrExamples": train.ErrExamples, "ErrCheckpoint": train.ErrCheckpoint, "ErrOther": train.ErrOther,
		"ErrDiverged": train.ErrDiverged, "ErrExists": train.ErrExists},
	"engine/train/data": {"ErrTooLarge": data.ErrTooLarge},
	"assistant/writing": {"ErrAction": writing.ErrAction, "ErrTooLong": writing.ErrTooLong},
	"engine": {"ErrContextFull": engine.ErrContextFull, "ErrPrefix": nil, // nothing in the window saves or loads prefixes
		"ErrBusy": engine.ErrBusy},
	"engine/adapter": {"ErrUnusable": adapter.ErrUnusable},
	"engine/chat": {
		"ErrOrder": nil, // conversations alternate by construction
	},
	"engine/gguf": {
		"ErrNotGGUF": gguf.ErrNotGGUF, "ErrTruncated": gguf.ErrTruncated, "ErrCorrupt": gguf.ErrCorrupt,
		"ErrUnsupported": gguf.ErrUnsupported, "ErrMissingPart": gguf.ErrMissingPart,
		"ErrNewer": gguf.ErrNewer,
		"ErrNoKey": nil, // package source turns it into ErrInvalid
	},
	"engine/safetensors": {
		"ErrTruncated": safetensors.ErrTruncated, "ErrCorrupt": safetensors.ErrCorrupt,
		"ErrMissingPart": safetensors.ErrMissingPart, "ErrNoModel": safetensors.ErrNoModel,
	},
	"engine/sample": {"ErrNaN": sample.ErrNaN},
	"engine/source": {
		"ErrNotModel": source.ErrNotModel, "ErrArchitecture": source.ErrArchitecture, "ErrAdapter": source.ErrAdapter,
		"ErrProjector": source.ErrProjector, "ErrVocabularyOnly": source.ErrVocabularyOnly, "ErrMissingTensor": source.ErrMissingTensor,
		"ErrShape": source.ErrShape, "ErrInvalid": source.ErrInvalid, "ErrUnsupported": source.ErrUnsupported,
	},
	"library": {
		"ErrNotFound": library.ErrNotFound, "ErrAmbiguous": library.ErrAmbiguous, "ErrGone": library.ErrGone,
		"ErrDamaged": library.ErrDamaged, "ErrName": library.ErrName, "ErrNoModel": library.ErrNoModel,
		"ErrSeveralModels": library.ErrSeveralModels, "ErrChanged": library.ErrChanged, "ErrNoSpace": library.ErrNoSpace,
		"ErrPath": library.ErrPath, "ErrOwnSource": library.ErrOwnSource,
		"ErrBuiltIn": nil, // no menu has it removed
	},
	"library/discover": {
		"ErrUnreadable": discover.ErrUnreadable, "ErrTooMany": discover.ErrTooMany, "ErrCloud": discover.ErrCloud, "ErrMissing": discover.ErrMissing,
		"ErrIncomplete": discover.ErrIncomplete, "ErrFormat": discover.ErrFormat, "ErrManifest": discover.ErrManifest,
	},
	"library/jobs":   {"ErrNoJob": jobs.ErrNoJob, "ErrFull": jobs.ErrFull, "ErrLongText": jobs.ErrLongText},
	"engine/measure": {"ErrShort": measure.ErrShort, "ErrVocabulary": measure.ErrVocabulary, "ErrNotFinite": measure.ErrNotFinite},
	"privacy/vault": {
		"ErrNone": vault.ErrNone, "ErrExists": vault.ErrExists, "ErrPassphrase": vault.ErrPassphrase, "ErrKeyring": vault.ErrKeyring,
		"ErrKeyGone": vault.ErrKeyGone, "ErrBusy": vault.ErrBusy, "ErrDamaged": vault.ErrDamaged, "ErrNewer": vault.ErrNewer,
		"ErrFull": vault.ErrFull, "ErrReadOnly": vault.ErrReadOnly, "ErrLocked": vault.ErrLocked, "ErrNotFound": vault.ErrNotFound,
		"ErrBackup": vault.ErrBackup, "ErrBackupNewer": vault.ErrBackupNewer, "ErrBackupPassphrase": vault.ErrBackupPassphrase,
		"ErrContent": vault.ErrContent,
	},
	"privacy/vault/exchange": {
		"ErrUnknown": exchange.ErrUnknown, "ErrDamaged": exchange.ErrDamaged, "ErrTooLarge": exchange.ErrTooLarge,
		"ErrNewer": exchange.ErrNewer, "ErrInUse": exchange.ErrInUse,
	},
}

// exportedErrors parses the names of a package's exported errors from its source.
func exportedErrors(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(dir, files, err)
	}
	var names []string
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				for _, name := range s.(*ast.ValueSpec).Names {
					if rest, ok := strings.CutPrefix(name.Name, "Err"); ok && rest != "" && unicode.IsUpper(rune(rest[0])) {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

func TestEveryExportedErrorHasASentence(t *testing.T) {
	for dir, table := range exported {
		for _, name := range exportedErrors(t, dir) {
			err, ok := table[name]
			if !ok {
				t.Errorf("%s.%s is not in the table of this test", dir, name)
				continue
			}
			if err == nil {
				continue
			}
			if _, ok := find(fmt.Errorf("wrapped: %w", err), answerComplaints, attachComplaints, libraryComplaints, foundComplaints, fileComplaints, jobComplaints, vaultComplaints, restoreComplaints, importComplaints, jobComplaints, writingComplaints, tuneComplaints, storyComplaints, outComplaints, adapterComplaints); !ok {
				t.Errorf("%s.%s has no sentence", dir, name)
			}
		}
	}
	if err := fmt.Errorf("%w", chat.ErrOrder); explainAnswer("M", err).remedy != copyDetails {
		t.Error("an error without a sentence offers no details")
	}
}

func TestComplaintsAreSentences(t *testing.T) {
	for _, c := range slices.Concat(foundComplaints, fileComplaints, attachComplaints, jobComplaints, libraryComplaints, answerComplaints, vaultComplaints, writeComplaints, restoreComplaints, importComplaints, jobComplaints, writingComplaints, tuneComplaints, storyComplaints, outComplaints, adapterComplaints) {
		if !unicode.IsUpper(rune(c.text[0])) || !strings.HasSuffix(c.text, ".") || strings.Contains(c.text, "!") {
			t.Errorf("not a sentence: %q", c.text)
		}
		if c.err != context.Canceled && c.remedy == noRemedy && !strings.Contains(c.text, ". ") && c.err != library.ErrName {
			t.Errorf("no way out: %q", c.text)
		}
		if strings.Contains(c.text, c.err.Error()) && len(c.err.Error()) > 12 {
			t.Errorf("the Go error is in the sentence: %q", c.text)
		}
	}
}

// Whatever an error says, the window does not repeat it.
func TestNoSentenceRepeatsAnError(t *testing.T) {
	secret := errors.New("library: open /home/ana/model.gguf: input/output error")
	for name, m := range map[string]message{
		"file": explainFile("/home/ana/model.gguf", secret), "answer": explainAnswer("Tiny", secret), "attach": explainAttach(secret),
		"change": explainChange(secret), "settings": explainSettings(), "old settings": explainOldSettings(),
		"vault": explainVault(secret),
		"write": explainWrite(secret), "tune": explainTuning(secret), "restore": explainRestore(secret), "import": explainImport(secret), "job": explainJob(jobs.Job{Failure: &jobs.Failure{Text: secret.Error()}}),
	} {
		if strings.Contains(m.text, "/home") || strings.Contains(m.text, "input/output") {
			t.Errorf("%s: %q", name, m.text)
		}
		if m.remedy != copyDetails {
			t.Errorf("%s offers no details", name)
		}
	}
}

func TestExplain(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("library: import /x/y.gguf: %w", err) }
	several := &library.SeveralModelsError{Folder: "/x", Names: []string{"a.gguf", "b/c.gguf"}}
	long := &source.ArchitectureError{Name: strings.Repeat("é", 50) + "\u202e"}
	for _, c := range []struct {
		name   string
		got    message
		want   string
		remedy remedy
	}{
		{"text file", explainFile("/x/letter.TXT", errors.Join(source.ErrNotModel, gguf.ErrNotGGUF)), "This is not a model.", noRemedy},
		{"false name", explainFile("/x/letter.GGUF", errors.Join(source.ErrNotModel, gguf.ErrNotGGUF)), "It is called a model", noRemedy},
		{"the most particular wins", explainFile("/x", errors.Join(source.ErrInvalid, gguf.ErrMissingPart)), "does not describe itself", noRemedy},
		{"adapter", explainFile("/x/a.gguf", wrap(source.ErrAdapter)), "Drop it on this window to use it with its model.", noRemedy},
		{"projector", explainFile("/x/mmproj.gguf", wrap(source.ErrProjector)), "Drop the model that it belongs to.", noRemedy},
		{"vocabulary", explainFile("/x/vocab.gguf", wrap(source.ErrVocabularyOnly)), "Look for the file of the same model", noRemedy},
		{"newer format", explainFile("/x/a.gguf", wrap(gguf.ErrNewer)), "Update Lamplight, or fetch the model in version 3", noRemedy},
		{"unknown type of weights", explainFile("/x/a.gguf", wrap(gguf.ErrUnsupported)), "Q4_0, Q8_0 or Q4_K works", noRemedy},
		{"several", explainFile("/x", wrap(several)), "in this folder: a.gguf, b/c.gguf. Drop", noRemedy},
		{"long name", explainFile("/x", wrap(long)), "“" + strings.Repeat("é", 40) + "…”", noRemedy},
		{"file while answering", explainAnswer("Tiny", gguf.ErrTruncated), "Tiny could not be used. The file ends too early", noRemedy},
		{"too long", explainAnswer("Tiny", wrap(assistant.ErrTooLong)), "Shorten it", openSettings},
		{"gone", explainAnswer("Tiny", wrap(library.ErrGone)), "no longer on the disk", openModels},
		{"full", explainAnswer("Tiny", wrap(engine.ErrContextFull)), "A new chat", startChat},
		{"permission in the library", explainChange(wrap(fs.ErrPermission)), "Your models are kept", copyDetails},
		{"disk full in the library", explainChange(wrap(os.ErrDeadlineExceeded)), "disk full", copyDetails},
		{"words that were not stored", explainAnswer("Tiny", fmt.Errorf("%w: %w", assistant.ErrStore, vault.ErrFull)), "could not be stored", noRemedy},
		{"store", explainAnswer("Tiny", wrap(assistant.ErrStore)), "until you close the window", copyDetails},
		{"vault in use", explainVault(wrap(vault.ErrBusy)), "Close it there and open them again.", noRemedy},
		{"name", explainChange(wrap(library.ErrName)), "A model needs a name.", noRemedy},
	} {
		if !strings.Contains(c.got.text, c.want) || c.got.remedy != c.remedy {
			t.Errorf("%s: %q with remedy %d", c.name, c.got.text, c.got.remedy)
		}
	}
}

func TestRemedies(t *testing.T) {
	u := begin(t, setup{})
	for remedy, done := range map[remedy]func() bool{
		openModels:   func() bool { return u.current == modelsPage },
		openSettings: func() bool { return u.current == settingsPage },
		startChat:    func() bool { return u.current == chatPage },
	} {
		label, f := u.remedy(remedy, nil)
		if f(); label == "" || !done() {
			t.Errorf("remedy %d, %q, has no effect", remedy, label)
		}
	}
	if label, f := u.remedy(noRemedy, nil); label != "" || f != nil {
		t.Error("no remedy has a button")
	}
}
