package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/privacy/vault"
)

// has lists the files below some folders that have a text in them.
func has(t *testing.T, text string, dirs ...string) (found []string) {
	t.Helper()
	for _, dir := range dirs {
		for _, path := range left(t, dir) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(data), text) {
				found = append(found, path)
			}
		}
	}
	return found
}

// A private conversation is nowhere but in memory.
func TestPrivateChat(t *testing.T) {
	const open, hidden = "quokka", "heliotrope"
	data, cache, state := t.TempDir(), t.TempDir(), t.TempDir()
	v, err := vault.Create(data, vault.Options{Protection: vault.File})
	if err != nil {
		t.Fatal(err)
	}
	s := brief
	s.debug = true
	s.options = func(o *Options) {
		o.Vault, o.Cache, o.SettingsPath = v, filepath.Join(cache, "packed"), filepath.Join(state, "settings.json")
	}
	u := begin(t, s)
	u.until("a ready model", func() bool { return !u.chat.reading && u.sees("Tiny is ready.") })
	u.ask(open)
	u.until("the end of the answer", func() bool { return u.chat.running == nil })
	u.tap("New private chat")
	u.mustSee("Private chat", "Nothing of this is kept.")
	u.mustNotSee("How long it is kept")
	for _, q := range []string{hidden, hidden + " again"} {
		u.ask(q)
		u.until("the end of the answer", func() bool { return u.chat.running == nil })
	}
	if !u.chat.shown.private || len(u.chat.shown.Turns()) != 4 || u.chat.shown.ID() != 0 {
		t.Fatalf("%d turns, stored as %d", len(u.chat.shown.Turns()), u.chat.shown.ID())
	}
	u.chat.refreshHistory()
	moved := func() bool { return len(u.chat.all) == 2 && u.chat.all[0].private && u.chat.shown.private }
	u.until("the list", moved)
	u.mustSee(hidden)
	u.chat.prompt.SetText(hidden)
	u.tap("New chat") // an empty one that is kept
	if u.chat.shown.private || !u.chat.shown.empty() {
		t.Error("the new chat is private")
	}
	u.close()

	if found := has(t, hidden, data, cache, state, u.dir); found != nil {
		t.Errorf("it is in %q", found)
	}
	if log := u.log.String(); strings.Contains(log, hidden) || !strings.Contains(log, "level=DEBUG") {
		t.Errorf("the log has\n%s", log)
	}
	for _, path := range left(t, cache) {
		if ext := filepath.Ext(path); strings.Contains(path, "prefix") || ext == ".tmp" {
			t.Errorf("the cache has %s", path)
		}
	}
	v, err = vault.Open(data, nil) // the file itself is noise
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for text, want := range map[string]bool{open: true, hidden: false} {
		hits, err := v.Search(t.Context(), text, 10)
		if err != nil || (len(hits) > 0) != want {
			t.Errorf("%q is in the vault %d times, %v", text, len(hits), err)
		}
	}
}

func TestDeletePrivateChat(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.tap("New private chat")
	u.tap("New private chat") // there is one
	u.mustList("Private chat", "New chat")
	u.tap("Delete this chat") // without a word
	u.mustList("New chat")
	u.tap("New private chat")
	u.ask("a secret")
	u.answered()
	u.mustList("a secret", "New chat")
	u.tap("Delete this chat")
	u.settle()
	u.mustNotSee("Delete for good?")
	u.mustSee("“a secret” was deleted.")
	u.mustList("New chat")
	u.tap("Undo")
	u.settle()
	u.mustList("a secret", "New chat")
	u.tap("Delete this chat")
	u.settle()
	u.tap("Close") // the notice
	u.tap("Trash")
	u.settle()
	u.mustSee("The trash is empty.")
	u.mustNotSee("a secret")
}

// Locking takes private chats along.
func TestForget(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.ask("marmots")
	u.answered()
	u.tap("New private chat")
	u.ask("a secret")
	u.answered()
	u.chat.openTrash()
	u.settle()
	u.chat.forget()
	u.settle()
	u.mustList("New chat")
	u.mustNotSee("a secret", "marmots")
	u.chat.vaultOpened()
	u.settle()
	u.mustList("New chat", "marmots")
}

func TestPrivateChatByTheKeyboard(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.held(shortcut{key: fyne.KeyN, shift: true})
	u.mustSee("Nothing of this is kept.")
	u.shortcut(fyne.KeyN)
	u.mustNotSee("Nothing of this is kept.")
}
