package ui

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
	"lamplight/privacy/vault/exchange"
	"lamplight/ui/widgets"
)

// fixtures are the files of other programs that package exchange reads in its tests.
const fixtures = "../privacy/vault/exchange/testdata"

// formats returns the list of formats of the dialog that is open.
func (u *session) formats() *choiceBox {
	u.t.Helper()
	var found *choiceBox
	each(u.win.Canvas().Overlays().Top(), func(o fyne.CanvasObject) {
		if c, ok := o.(*choiceBox); ok {
			found = c
		}
	})
	if found == nil {
		u.t.Fatal("there is no list of formats")
	}
	return found
}

func TestExportAll(t *testing.T) {
	u, _ := atHome(t, vault.File)
	u.add("Why are there tides?", "The moon pulls.")
	dir := t.TempDir()
	for i, want := range map[int][]string{
		0: {"# Why are there tides?", "**You** · ", "**Answer** · ", "The moon pulls.", "# Xylophones"},
		1: {"Why are there tides?\n====", "] You:\n", "] Answer:\nThe moon pulls."},
		2: {"<h1>Why are there tides?</h1>", "<h2>You <time>", "<h2>Answer <time>"},
		3: {`"format":"lamplight conversations"`, `"Xylophones"`, "The moon pulls."},
		4: {`"from":"human","value":"Why are there tides?"`, `"from":"gpt","value":"The moon pulls."`},
	} {
		u.tap("Export all…")
		u.mustSee("Export all conversations", "The file is not encrypted: whoever gets it can read it.")
		formats := u.formats()
		if u.win.Canvas().Focused() != formats {
			t.Errorf("the keyboard is on %v", u.win.Canvas().Focused())
		}
		formats.SetSelectedIndex(i)
		name, use := formatName(exchange.Formats[i])
		u.mustSee(name, use)
		e := u.entries()[0]
		extension := exchange.Formats[i].Extension()
		if filepath.Ext(e.Text) != extension || !strings.HasPrefix(filepath.Base(e.Text), "lamplight-") {
			t.Errorf("%s: the file is %q", name, e.Text)
		}
		path := filepath.Join(dir, "words"+extension)
		e.SetText(path)
		u.press(fyne.KeyReturn, e)
		u.settle()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		u.mustSee(path+" was written at", byteSize(int64(len(data))))
		for _, part := range want {
			if !strings.Contains(strings.ReplaceAll(string(data), `": `, `":`), part) {
				t.Errorf("%s lacks %q:\n%s", name, part, data)
			}
		}
	}
	if strings.Contains(u.log.String(), dir) {
		t.Error("the log has the path")
	}
}

func TestExportAsksBeforeItReplaces(t *testing.T) {
	u, _ := atHome(t, vault.File)
	path := filepath.Join(t.TempDir(), "words.md")
	overwrite(t, path, "precious")
	u.tap("Export all…")
	e := u.entries()[0]
	e.SetText(path)
	u.press(fyne.KeyReturn, e)
	u.settle()
	u.mustSee("There is a file of this name already.")
	if data, err := os.ReadFile(path); err != nil || string(data) != "precious" {
		t.Fatalf("the file has %q, %v", data, err)
	}
	test.Tap(u.control("Export"))
	u.settle()
	if data, err := os.ReadFile(path); err != nil || !strings.Contains(string(data), "# Xylophones") {
		t.Errorf("the file has %q, %v", data, err)
	}
}

func TestExportOneChat(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, filepath.Join(dir, "vault"))
	u.tap("Export this chat")
	u.mustSee("Nothing was said here yet, so there is nothing to export.")
	u.add("not this one", "no")
	u.ask(`What is 1/2 of "a"?`)
	u.answered()
	u.tap("Export this chat")
	u.mustSee("Export this chat", "The file is not encrypted")
	e := u.entries()[0]
	if got := filepath.Base(e.Text); got != "What is 12 of a.md" {
		t.Errorf("the name is %q", got)
	}
	e.SetText(filepath.Join(dir, filepath.Base(e.Text)))
	u.press(fyne.KeyReturn, e)
	u.settle()
	data, err := os.ReadFile(filepath.Join(dir, "What is 12 of a.md"))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(data); !strings.Contains(text, `What is 1/2 of "a"?`) || !strings.Contains(text, "**Answer**") || strings.Contains(text, "not this one") {
		t.Errorf("the file has %q", text)
	}
	u.mustSee("What is 12 of a.md was written at")
	if log := u.log.String(); strings.Contains(log, "What is") {
		t.Error("the log has the title")
	}

	u = begin(t, brief)
	u.ask("in memory")
	u.answered()
	u.tap("Export this chat")
	u.mustSee("This chat is in memory only.")
	if u.dialog != nil {
		t.Error("a dialog is open")
	}
}

func TestExportWhileAnswering(t *testing.T) {
	u := withVault(t, endless, t.TempDir())
	u.ask("the cat")
	u.writing()
	u.tap("Export this chat")
	u.mustSee("An answer is being written.")
	u.tap("Stop")
	u.answered()
	u.tap("Export this chat")
	if u.dialog == nil {
		t.Error("what was stopped cannot be exported")
	}
}

func TestExportComplaint(t *testing.T) {
	u, h := atHome(t, vault.File)
	h.vault.Close()
	path := filepath.Join(t.TempDir(), "words.md")
	u.tap("Export all…")
	e := u.entries()[0]
	e.SetText(path)
	u.press(fyne.KeyReturn, e)
	u.settle()
	u.mustSee("Your conversations were locked meanwhile, so no file was written.")
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a file")
	}
}

func TestFileName(t *testing.T) {
	for title, want := range map[string]string{
		"The tide": "The tide", "a/b\\c:d*e?f\"g<h>i|j": "abcdefghij", "…": "lamplight-", "..": "lamplight-", "": "lamplight-", "\u202eabc\n.": "abc",
		strings.Repeat("é", 70): strings.Repeat("é", 60), "Etc.…": "Etc",
	} {
		if got := fileName(title); got != want && !(want == "lamplight-" && strings.HasPrefix(got, want)) {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}

func TestImport(t *testing.T) {
	for name, c := range map[string]struct {
		program string
		says    []string
		titles  []string
	}{
		"conversations.json": {"ChatGPT", []string{"Added: 1 conversation, 4 messages.", "3 messages were left out"}, []string{"New chat", "Tides and moons"}},
		"lmstudio":           {"LM Studio", []string{"Added: 2 conversations, 5 messages."}, []string{"New chat", "New chat", "Tides"}},
		"jan":                {"Jan", []string{"Added: 1 conversation, 2 messages.", "1 message was left out"}, []string{"New chat", "Tides"}},
	} {
		t.Run(name, func(t *testing.T) {
			u := withVault(t, setup{}, t.TempDir())
			u.show(privacyPage)
			u.chat.prompt.SetText("a draft")
			path := filepath.Join(fixtures, name)
			u.privacy.exchange.add(path)
			u.mustSee("Reading ")
			u.settle()
			u.mustSee(append(c.says, name+", written by "+c.program)...)
			u.mustNotSee("Reading ", "There already")
			u.mustList(c.titles...)
			if u.chat.prompt.Text != "a draft" {
				t.Error("the draft is gone")
			}
			n := u.conversations()
			u.privacy.exchange.add(path)
			u.settle()
			u.mustSee("Nothing was missing here.", "There already: ")
			if got := u.conversations(); got != n {
				t.Errorf("%d conversations became %d", n, got)
			}
		})
	}
}

// What was exported as JSON comes back, once.
func TestExportComesBack(t *testing.T) {
	u, h := atHome(t, vault.File)
	u.add("Why are there tides?", "The moon pulls.")
	u.export(h.path("words.json"), exchange.JSON, nil)
	u.settle()
	u.close()
	u = withVault(t, setup{}, t.TempDir())
	for range 2 {
		u.drop(h.path("words.json"))
		u.settle()
		u.mustList("New chat", "Why are there tides?", "Xylophones")
	}
	u.mustSee("written by Lamplight. Nothing was missing here. There already: 2 conversations, 2 messages.")
}

func TestImportComplaints(t *testing.T) {
	u := withVault(t, setup{}, t.TempDir())
	u.show(privacyPage)
	dir := t.TempDir()
	for text, want := range map[string]string{
		"Dear Ann":  "No program that Lamplight knows has written this. Nothing was added.",
		`[{"id":"1`: "The file is damaged. Nothing was added.",
		`{"format":"lamplight conversations","version":9,"conversations":[]}`: "was written by a later version of its program. Nothing was added.",
	} {
		path := filepath.Join(dir, "secret.json")
		overwrite(t, path, text)
		u.privacy.exchange.add(path)
		u.settle()
		u.mustSee(want)
		u.mustNotSee("Reading ", "Added")
	}
	u.privacy.exchange.add(filepath.Join(dir, "none.json"))
	u.settle()
	u.mustSee("It is no longer there. Nothing was added.")
	if u.conversations() != 0 || strings.Contains(u.log.String(), "secret") {
		t.Error("something was added, or the name is in the log")
	}
	if m := explainImport(errors.New("x")); m.remedy != copyDetails {
		t.Error("what is not known has no details")
	}
}

// Cancelling an import forgets those that wait.
func TestCancelImport(t *testing.T) {
	u := withVault(t, setup{}, t.TempDir())
	release := u.holdVault()
	u.drop(filepath.Join(fixtures, "conversations.json"), filepath.Join(fixtures, "jan"))
	u.mustSee("Reading ")
	u.tap("Cancel")
	release()
	u.settle()
	u.mustSee("Stopped. Nothing was added.")
	if u.conversations() != 0 || len(u.privacy.exchange.queue) > 0 {
		t.Error("something was added")
	}
}

// What is dropped goes where it belongs.
func TestDropSorts(t *testing.T) {
	u := withVault(t, setup{}, t.TempDir())
	p, err := filepath.Abs(fixtures)
	if err != nil {
		t.Fatal(err)
	}
	u.drop(filepath.Join(p, "conversations.json"), fixture.GGUF(t, fixture.Options{Name: "Little Lamp"}), filepath.Join(p, "jan"))
	u.imported()
	u.mustSee("written by ChatGPT", "Little Lamp") // the first report stays while others come
	u.mustList("New chat", "Tides and moons", "Tides")
	u.drop(fixture.Folder(t, fixture.Options{Seed: 1}))
	u.imported()
	u.mustSee("tiny is in your library.")
	u.drop(filepath.Join(p, "lmstudio"))
	u.settle()
	u.mustSee("lmstudio, written by LM Studio.")
	letter := filepath.Join(t.TempDir(), "letter.txt")
	overwrite(t, letter, "Dear Ann")
	u.give(letter)
	u.mustHave("text goes with the message", "letter.txt")

	u.tap("Models")
	u.tap("Add a model…") // a backup answers it too
	empty := filepath.Join(t.TempDir(), "words.age")
	overwrite(t, empty, "")
	u.drop(empty)
	u.mustSee("Restore from a backup", empty)
	if u.dialog.asksFile {
		t.Error("the dialog for a file stays")
	}
}

func TestExchangeWithoutVault(t *testing.T) {
	u := begin(t, setup{})
	u.drop(filepath.Join(fixtures, "conversations.json"))
	u.settle()
	u.mustSee("Your conversations are not open")
	u.show(privacyPage)
	u.mustNotSee("Export all…", "Make a backup…")

	u, h := atHome(t, vault.File)
	u.Vault, u.VaultDir = nil, h.path("data")
	u.show(privacyPage)
	for _, label := range []string{"Export all…", "Import a file…", "Import a folder…", "Make a backup…", "Restore from a backup…"} {
		if !u.control(label).(*widgets.ChipButton).Disabled() {
			t.Errorf("%q can be pressed", label)
		}
	}
}
