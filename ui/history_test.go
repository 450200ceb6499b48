package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"lamplight/assistant"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// withVault begins a session whose conversations are in the vault in a folder, which is made if need be.
func withVault(t *testing.T, s setup, dir string) *session {
	t.Helper()
	v, err := vault.Open(dir, nil)
	if errors.Is(err, vault.ErrNone) {
		v, err = vault.Create(dir, vault.Options{Protection: vault.File})
	}
	if err != nil {
		t.Fatal(err)
	}
	s.options = func(o *Options) { o.Vault = v }
	return begin(t, s)
}

// titles are those of the list.
func (u *session) titles() []string {
	var list []string
	for _, t := range u.chat.all {
		list = append(list, t.title())
	}
	return list
}

// choose selects the row of a conversation, by its number among all of them.
func (u *session) choose(i int) { u.chat.list.Select(u.chat.rowOf(u.chat.all[i])) }

func (u *session) mustList(want ...string) {
	u.t.Helper()
	if got := u.titles(); !slices.Equal(got, want) {
		u.t.Errorf("the list has %q, want %q", got, want)
	}
}

func TestConversationsAreThereAgain(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, dir)
	u.mustSee("Whoever can read your files can read them.")
	u.ask("the first")
	u.answered()
	answer := u.streamed()
	u.tap("New chat")
	u.ask("the second")
	u.answered()
	u.mustList("the second", "the first")
	u.close()

	u = withVault(t, brief, dir)
	u.mustList("New chat", "the second", "the first")
	u.mustSee("the second", "the first", "Tiny is ready.")
	u.choose(2)
	u.mustNotSee("Tiny is ready.")
	u.settle()
	if got := u.streamed(); got != answer || answer == "" || u.chat.stream.Len() != 2 {
		t.Errorf("the answer was %q and is %q", answer, got)
	}
	if got := u.chat.turnsOf(u.chat.shown)[1].Note.Text; !strings.Contains(got, "context is full") {
		t.Errorf("under it stands %q", got)
	}
	u.ask("and more")
	u.answered()
	u.mustList("the first", "New chat", "the second")
	u.close()

	u = withVault(t, brief, dir)
	u.mustList("New chat", "the first", "the second")
	u.choose(1)
	u.settle()
	if got := u.chat.stream.Len(); got != 4 {
		t.Errorf("%d turns", got)
	}
}

// Too early is not lost.
func TestAskBeforeItWasRead(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, dir)
	u.ask("the first")
	u.answered()
	u.close()
	u = withVault(t, brief, dir)
	u.choose(1)
	u.ask("too early")
	prompt, turns := "too early", 2
	if !u.sees("Your conversations are still being read.") { // a quick disk: it was read by then
		prompt, turns = "", 4
	}
	u.settle()
	if u.chat.prompt.Text != prompt || u.chat.stream.Len() != turns {
		t.Errorf("the prompt has %q, %d turns", u.chat.prompt.Text, u.chat.stream.Len())
	}
}

// A crash in the middle of an answer leaves the question, and of the answer what was stored.
func TestCrashWhileAnswering(t *testing.T) {
	dir := t.TempDir()
	v, err := vault.Create(dir, vault.Options{Protection: vault.File})
	if err != nil {
		t.Fatal(err)
	}
	c, err := v.NewConversation(t.Context(), vault.Conversation{Title: "the tide"})
	if err != nil {
		t.Fatal(err)
	}
	m := vault.Message{}
	for _, m2 := range []vault.Message{{Role: "user", Text: "the tide"}, {Role: "assistant", Text: "It comes", State: uint8(assistant.Writing)}} {
		m2.Parent = m.ID
		if m, err = v.AddMessage(t.Context(), c.ID, m2); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	u := withVault(t, brief, dir)
	u.choose(1)
	u.settle()
	turn := u.chat.turnsOf(u.chat.shown)[1]
	if u.streamed() != "It comes" || turn.Note.Text != "This answer was cut off when the program ended." || turn.Note.Action != "Continue" {
		t.Errorf("there is %q, %q", u.streamed(), turn.Note.Text)
	}
}

func TestDeleteAndUndo(t *testing.T) {
	for name, begin := range map[string]func(*testing.T) *session{
		"vault":  func(t *testing.T) *session { return withVault(t, brief, t.TempDir()) },
		"memory": func(t *testing.T) *session { return begin(t, brief) },
	} {
		t.Run(name, func(t *testing.T) {
			u := begin(t)
			stored := func() int {
				if u.Vault == nil {
					return len(slices.DeleteFunc(slices.Clone(u.chat.all), (*talk).empty))
				}
				list, err := u.Vault.Conversations(t.Context(), vault.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				return len(list)
			}
			u.chat.remove(u.chat.shown) // there is nothing to delete
			for _, q := range []string{"one", "two"} {
				u.shortcut0(fyne.KeyN)
				u.ask(q)
				u.tap("Delete this chat")
				u.mustSee("An answer is being written.")
				u.answered()
			}
			u.tap("Delete this chat")
			u.settle()
			u.mustSee("“two” was deleted.")
			u.mustList("one")
			if u.chat.stream.Len() != 2 || stored() != 1 {
				t.Errorf("%d turns of the other, %d stored", u.chat.stream.Len(), stored())
			}
			u.tap("Undo")
			u.settle()
			u.mustList("two", "one")
			if u.chat.shown.title() != "two" || stored() != 2 {
				t.Errorf("%q is shown, %d stored", u.chat.shown.title(), stored())
			}

			u.chat.list.FocusGained() // by the keyboard
			for range 2 {
				u.chat.list.Highlight(1)
				u.press(fyne.KeyDelete, u.chat.list)
				u.settle()
			}
			u.mustList("New chat")
			if stored() != 0 || u.chat.stream.Len() != 0 {
				t.Errorf("%d stored", stored())
			}
			u.press(fyne.KeyDelete, u.chat.list) // a new chat stays
			u.mustList("New chat")
		})
	}
}

// Not even a talkative log has a user's words.
func TestNoWordsInTheLog(t *testing.T) {
	const marker = "heliotrope"
	s := brief
	s.debug = true
	u := withVault(t, s, t.TempDir())
	u.until("a ready model", func() bool { return !u.chat.reading && u.sees("Tiny is ready.") })
	u.ask(marker)
	u.until("the end of the answer", func() bool { return u.chat.running == nil })
	u.tap("Delete this chat")
	u.until("the notice", func() bool { return u.sees("“" + marker + "” was deleted.") })
	u.close()
	if log := u.log.String(); strings.Contains(log, marker) || !strings.Contains(log, "level=DEBUG") {
		t.Errorf("the log has\n%s", log)
	}
}

// What could not be deleted is there again.
func TestDeleteFails(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.ask("one")
	u.answered()
	if err := u.Vault.Close(); err != nil {
		t.Fatal(err)
	}
	u.tap("Delete this chat")
	u.settle()
	u.mustSee("Your conversations are locked.")
	if u.chat.all[0].title() != "one" || u.chat.shown != u.chat.all[0] {
		t.Errorf("the list has %q", u.titles())
	}
	u.ask("two") // nor is anything computed that cannot be stored
	u.answered()
	if u.chat.prompt.Text != "two" || u.chat.stream.Len() != 2 {
		t.Errorf("the prompt has %q, %d turns", u.chat.prompt.Text, u.chat.stream.Len())
	}
}

// A question that got no answer goes back to the prompt and out of the vault.
func TestTakenBackFromTheVault(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.ask(strings.Repeat("word ", 400))
	u.answered()
	if u.chat.prompt.Text == "" {
		t.Error("the question is lost")
	}
	if list, err := u.Vault.Conversations(t.Context(), vault.Filter{}); err != nil || len(list) != 0 {
		t.Errorf("%d are in the vault, %v", len(list), err)
	}
}

func TestWithoutVault(t *testing.T) {
	s := brief
	s.options = func(o *Options) {
		o.Open = func([]byte) (*vault.Vault, error) { return nil, vault.ErrDamaged }
	}
	u := begin(t, s)
	u.mustSee("The file of your conversations is damaged.", "Copy the details")
	u.tap("Go on without them")
	u.settle()
	u.mustSee("Conversations are kept until you close the window.")
	u.ask("hello")
	u.answered()
	u.mustList("hello")
}

func TestLockPage(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, dir)
	u.ask("a secret")
	u.answered()
	u.close()
	locked := setup{models: []fixture.Options{{}}, options: func(o *Options) {
		o.inspect = func() vault.Protection { return vault.Passphrase }
		o.Open = func(passphrase []byte) (*vault.Vault, error) {
			if string(passphrase) != "open" {
				return nil, vault.ErrPassphrase
			}
			return vault.Open(dir, nil)
		}
	}}
	u = begin(t, locked)
	u.mustSee("Your conversations are locked")
	u.mustNotSee("New chat", "Models", "a secret")
	if u.win.Canvas().Focused() != u.lock.entry {
		t.Error("the keyboard is not on the entry")
	}
	before := u.folder()
	u.parent.keys.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyN, Modifier: fyne.KeyModifierShortcutDefault})
	u.drop(fixture.GGUF(t, fixture.Options{Seed: 7}))
	u.settle()
	u.mustSee("Your conversations are locked")
	if got := u.folder(); !slices.Equal(got, before) {
		t.Errorf("something was imported: %q", got)
	}

	u.tap("Open") // with nothing
	u.settle()
	u.mustNotSee("does not open")
	test.Type(u.lock.entry, "close")
	u.press(fyne.KeyReturn, u.lock.entry)
	u.settle()
	u.mustSee("This passphrase does not open your conversations.")
	if u.lock.entry.Text != "" || u.lock.entry.Disabled() {
		t.Error("the entry does not wait for another try")
	}
	test.Type(u.lock.entry, "open")
	u.tap("Open")
	u.settle()
	u.mustNotSee("Your conversations are locked")
	u.mustList("New chat", "a secret")
	u.mustSee("Tiny is ready.", "Whoever can read your files")
	u.choose(1)
	u.settle()
	if u.chat.stream.Len() != 2 {
		t.Errorf("%d turns", u.chat.stream.Len())
	}
	u.close()

	u = begin(t, locked)
	u.tap("Go on without them")
	u.settle()
	u.mustSee("Tiny is ready.", "Conversations are kept until you close the window.")
}

// Another instance that is started brings this one forward.
func TestShow(t *testing.T) {
	shows := make(chan []string, 1)
	u := begin(t, setup{debug: true, options: func(o *Options) { o.Show = shows }})
	before := u.parent.shown
	shows <- nil
	u.until("the window to come forward", func() bool { return u.parent.shown > before })
}

// add puts a conversation with a question and its answer into the vault, as an import does.
func (u *session) add(question, answer string) (conversation, last int64) {
	u.t.Helper()
	c, err := u.Vault.NewConversation(u.t.Context(), vault.Conversation{Title: question})
	if err != nil {
		u.t.Fatal(err)
	}
	q, err := u.Vault.AddMessage(u.t.Context(), c.ID, vault.Message{Role: "user", Text: question})
	if err != nil {
		u.t.Fatal(err)
	}
	a, err := u.Vault.AddMessage(u.t.Context(), c.ID, vault.Message{Parent: q.ID, Role: "assistant", Text: answer})
	if err != nil {
		u.t.Fatal(err)
	}
	return c.ID, a.ID
}

// What comes into the vault from elsewhere is on the list after it was read anew, and nothing else changes.
func TestRefreshHistory(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.ask("the first")
	u.answered()
	u.chat.prompt.SetText("a draft")
	shown, footer := u.chat.shown, u.chat.turnsOf(u.chat.shown)[1].Footer
	u.add("from elsewhere", "it came")
	u.chat.refreshHistory()
	u.settle()
	u.mustList("from elsewhere", "the first")
	if u.chat.shown != shown || u.chat.prompt.Text != "a draft" || u.chat.turnsOf(u.chat.shown)[1].Footer != footer || footer == "" {
		t.Errorf("the open conversation has changed: draft %q", u.chat.prompt.Text)
	}
	u.tap("New chat")
	u.chat.prompt.SetText("another draft")
	u.chat.refreshHistory()
	u.settle()
	u.mustList("New chat", "from elsewhere", "the first")
	if u.chat.shown.draft.Text != "another draft" || !u.chat.shown.empty() {
		t.Error("the new chat was left")
	}

	// More was said in the conversation that is shown.
	u.chat.open(shown)
	id := shown.ID()
	path, err := u.Vault.Path(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	q, err := u.Vault.AddMessage(t.Context(), id, vault.Message{Parent: path[len(path)-1].ID, Role: "user", Text: "more"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Vault.AddMessage(t.Context(), id, vault.Message{Parent: q.ID, Role: "assistant", Text: "much more"}); err != nil {
		t.Fatal(err)
	}
	u.chat.refreshHistory()
	u.settle()
	if u.chat.shown != shown || u.chat.stream.Len() != 4 || u.streamed() != "much more" || u.chat.prompt.Text != "a draft" {
		t.Errorf("%d turns, %q, draft %q", u.chat.stream.Len(), u.streamed(), u.chat.prompt.Text)
	}

	// It is gone.
	if err := u.Vault.Purge(t.Context(), vault.Ref{Kind: vault.KindConversation, ID: id}); err != nil {
		t.Fatal(err)
	}
	u.chat.refreshHistory()
	u.settle()
	u.mustList("New chat", "from elsewhere")
	if u.chat.shown != u.chat.all[0] || u.chat.prompt.Text != "a draft\n\nanother draft" {
		t.Errorf("the prompt has %q", u.chat.prompt.Text)
	}
}

// An answer that is being written goes on while the list is read.
func TestRefreshWhileAnswering(t *testing.T) {
	u := withVault(t, endless, t.TempDir())
	u.ask("the cat")
	u.chat.refreshHistory() // before it is known whether the question is in the vault
	u.writing()
	shown, before := u.chat.shown, len(u.streamed())
	u.add("from elsewhere", "it came")
	u.chat.refreshHistory()
	u.until("the list", func() bool { return len(u.chat.all) == 2 })
	u.until("more words", func() bool { return len(u.streamed()) > before })
	if u.chat.shown != shown || u.chat.running == nil || u.chat.running.talk != shown {
		t.Error("another conversation is shown")
	}
	u.tap("Stop")
	u.answered()
	u.mustList("from elsewhere", "the cat")
	if got := shown.Turns()[1].Text; u.streamed() != got || got == "" {
		t.Errorf("the stream has %d bytes of %d", len(u.streamed()), len(got))
	}
}
