package ui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/zalando/go-keyring"

	"lamplight/assistant"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// hands move a clock and fire the timer of the window.
type hands struct {
	time  time.Time
	after time.Duration // of the timer
	fire  func()        // nil: none is set
}

// opener begins a session with a vault that the window opens itself. Making a key from a passphrase would take
// long: with protection Passphrase the vault says that it takes one, and opens with "open".
func opener(protection vault.Protection, dir string, h *hands, s setup) setup {
	s.options = func(o *Options) {
		o.VaultDir = dir
		o.Open = func(passphrase []byte) (*vault.Vault, error) {
			if protection == vault.Passphrase && string(passphrase) != "open" {
				return nil, vault.ErrPassphrase
			}
			v, err := vault.Open(dir, nil)
			if errors.Is(err, vault.ErrNone) {
				v, err = vault.Create(dir, vault.Options{Protection: vault.File})
			}
			return v, err
		}
		o.inspect = func() vault.Protection { return protection }
		if h != nil {
			o.now = func() time.Time { return h.time }
			o.after = func(d time.Duration, f func()) func() bool {
				h.after, h.fire = d, f
				return func() bool { h.fire = nil; return true }
			}
		}
	}
	return s
}

// openAgain opens what is locked.
func (u *session) openAgain() {
	u.t.Helper()
	if u.lock.entry != nil {
		test.Type(u.lock.entry, "open")
	}
	u.tap("Open")
	u.until("the vault to open", func() bool { return u.lock == nil })
	u.settle()
}

// A locked window shows nothing and has nothing, and everything is there again when it is opened.
func TestLock(t *testing.T) {
	for _, protection := range []vault.Protection{vault.File, vault.Keyring, vault.Passphrase} {
		t.Run(string(protection), func(t *testing.T) {
			u := begin(t, opener(protection, t.TempDir(), nil, brief))
			if protection == vault.Passphrase {
				u.openAgain()
			}
			u.ask("a secret")
			u.answered()
			u.chat.startNew()
			u.ask("another secret")
			u.answered()
			u.chat.remove(u.chat.shown)
			u.settle()
			u.chat.prompt.SetText("half a secret")
			u.settle()
			u.mustSee("“another secret” was deleted.")
			u.showDialog(subheading("a question"), paragraph("some secret"), nil)

			v := u.Vault
			u.lockVault("test")
			u.settle()
			u.mustSee("Your conversations are locked", "Open")
			if hides := "This only hides the window"; u.sees(hides) != (protection == vault.File) {
				t.Errorf("the page says %q of the wrong protection", hides)
			}
			u.mustNotSee("secret", "Chat", "a question")
			if u.Vault != nil || u.dialog != nil || len(u.win.Canvas().Overlays().List()) != 0 || len(u.notices.box.Objects) != 0 {
				t.Error("something lies behind the page still")
			}
			if len(u.chat.all) != 1 || !u.chat.all[0].empty() || u.chat.prompt.Text != "" || u.chat.stream.Len() != 0 || !u.chat.shown.draft.empty() {
				t.Error("words are in memory still")
			}
			if _, err := v.Folders(t.Context()); !errors.Is(err, vault.ErrLocked) {
				t.Errorf("the vault is open: %v", err)
			}
			if (u.lock.entry != nil) != (protection == vault.Passphrase) {
				t.Error("the page asks for what it does not need, or does not ask for what it needs")
			}
			before := u.lock
			u.shortcut(fyne.KeyL)
			u.shortcut(fyne.KeyN)
			if u.lock != before {
				t.Error("a shortcut does something in a locked window")
			}

			u.openAgain()
			u.mustSee("a secret")
			u.mustNotSee("was deleted", "a question")
			if u.chat.prompt.Text != "half a secret" {
				t.Errorf("the draft is %q", u.chat.prompt.Text)
			}
			u.chat.prompt.SetText("")
			u.keepNow()
			if d, _, err := readDrafts(t.Context(), u.Vault); err != nil || len(d.Drafts) != 0 {
				t.Errorf("the drafts are in the vault still: %v, %v", d, err)
			}
		})
	}
}

// The answer that is being written is stored before the vault closes.
func TestLockStoresTheAnswer(t *testing.T) {
	s := setup{models: []fixture.Options{{}}, settings: assistant.Settings{ContextLength: 4096}}
	u := begin(t, opener(vault.File, t.TempDir(), nil, s))
	u.ask("hello")
	u.until("an answer", func() bool { return u.chat.running != nil && u.chat.running.used > 20 })
	said := u.chat.shown.Turns()[1].Text
	u.chat.prompt.SetText("and then?")
	u.lockVault("test")
	u.settle()
	if u.chat.running != nil {
		t.Error("the answer is being written still")
	}
	u.openAgain()
	u.until("the conversation", func() bool { return u.chat.stream.Len() == 2 })
	if turn := u.chat.shown.Turns()[1]; !strings.HasPrefix(turn.Text, said) || turn.State != assistant.Stopped {
		t.Errorf("the answer is %+v, and was %q when the window was locked", turn, said)
	}
	if u.chat.prompt.Text != "and then?" {
		t.Errorf("the draft is %q", u.chat.prompt.Text)
	}
}

func TestLockByHand(t *testing.T) {
	u := begin(t, setup{})
	u.shortcut(fyne.KeyL)
	u.mustSee("There is nothing to lock")
	if u.latch.Visible() {
		t.Error("there is a control that locks nothing")
	}

	u = begin(t, opener(vault.File, t.TempDir(), nil, brief))
	test.Tap(u.latch)
	u.settle()
	u.mustSee("Your conversations are locked")
	u.tap("Go on without them")
	u.settle()
	u.ask("in memory")
	u.answered()
	u.tap("Open") // at the foot of the rail
	u.mustSee("Your conversations are locked")
	u.openAgain()
	u.mustList("New chat", "in memory")
	u.chat.open(u.chat.all[1])
	if u.chat.stream.Len() != 2 {
		t.Error("what was said in memory is lost")
	}
	u.shortcut(fyne.KeyL)
	u.mustSee("Lock now?", "in memory only")
	u.tap("Cancel")
	u.mustSee("in memory")
	u.shortcut(fyne.KeyL)
	test.Tap(u.control("Lock"))
	u.settle()
	u.openAgain()
	u.mustNotSee("in memory")
}

// A vault that waits for its user lets the window come, and go on without it.
func TestOpensLate(t *testing.T) {
	dir := t.TempDir()
	answers := make(chan error)
	s := opener(vault.Keyring, dir, nil, brief)
	options := s.options
	s.options = func(o *Options) {
		options(o)
		open := o.Open
		o.Open = func([]byte) (*vault.Vault, error) {
			if err := <-answers; err != nil {
				return nil, err
			}
			return open(nil)
		}
	}
	s.debug = true // it does not settle before the answer
	u := begin(t, s)
	u.mustSee("Opening… Your desktop may ask you for a password.", "Go on without them")
	if !u.lock.open.Disabled() {
		t.Error("it can be opened twice")
	}
	answers <- vault.ErrKeyring
	u.until("the refusal", func() bool { return u.sees("The keyring of your desktop does not answer") })
	u.tap("Open")
	u.tap("Go on without them")
	u.mustSee("Conversations are kept until you close the window.")
	u.chat.prompt.SetText("half a thought")
	answers <- nil
	u.until("the vault", func() bool { return u.Vault != nil })
	u.until("the notice", func() bool { return u.sees("Your conversations are open now.") })
	if u.chat.prompt.Text != "half a thought" {
		t.Errorf("the draft is %q", u.chat.prompt.Text)
	}
	u.mustNotSee("Conversations are kept until you close the window.")
}

func TestLocksWhenIdle(t *testing.T) {
	h := &hands{time: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	u := begin(t, opener(vault.Passphrase, t.TempDir(), h, brief))
	if h.fire != nil {
		t.Error("a locked window waits for its lock")
	}
	u.openAgain()
	if h.fire == nil || h.after != 15*time.Minute {
		t.Fatalf("it waits for %v", h.after)
	}
	past := func(d time.Duration) {
		h.time = h.time.Add(d)
		if fire := h.fire; fire != nil {
			fire()
		}
		u.settle()
	}
	for what, do := range map[string]func(){
		"the pointer":  func() { u.all.(interface{ Refresh() }).Refresh(); u.newPointerSense().Cursor() },
		"a key":        func() { test.Type(u.chat.prompt, "x") },
		"a shortcut":   func() { u.shortcut(fyne.Key2); u.shortcut(fyne.Key1) },
		"the keyboard": func() { u.parent.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyDown}) },
		"Tab":          func() { u.win.Canvas().Focus(u.rail[1]); u.idle.focused = nil },
	} {
		h.time = h.time.Add(10 * time.Minute)
		do()
		past(10 * time.Minute)
		if u.lock != nil {
			t.Fatalf("%s did not count", what)
		}
	}
	past(15 * time.Minute)
	if u.lock == nil {
		t.Fatal("it did not lock")
	}
	u.openAgain()
	u.changeSettings(assistant.Settings{LockAfter: assistant.Never})
	if h.fire != nil {
		t.Error("it waits though it is never to lock")
	}
	u.changeSettings(assistant.Settings{LockAfter: 1})
	if h.after != time.Minute {
		t.Errorf("it waits for %v", h.after)
	}
	u.settle()
}

// An answer that is being written keeps the window open.
func TestAnswerIsNoIdleness(t *testing.T) {
	h := &hands{time: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)}
	s := setup{models: []fixture.Options{{}}, settings: assistant.Settings{ContextLength: 4096, LockAfter: 5}}
	u := begin(t, opener(vault.File, t.TempDir(), h, s))
	u.ask("hello")
	u.until("an answer", func() bool { return u.chat.running != nil && u.chat.running.used > 5 })
	h.time = h.time.Add(time.Hour)
	h.fire()
	u.q.drain()
	if u.lock != nil {
		t.Error("it locked in the middle of an answer")
	}
	u.chat.stop()
	u.until("the end", func() bool { return u.chat.running == nil })
	u.settle()
}

func TestLocksAtSleep(t *testing.T) {
	for _, c := range []struct {
		name     string
		settings assistant.Settings
		locks    bool
	}{{"usual", assistant.Settings{}, false}, {"wanted", assistant.Settings{LockAtSleep: 1}, true}} {
		t.Run(c.name, func(t *testing.T) {
			sleep, slept := make(chan bool), false
			var u *session
			s := opener(vault.File, t.TempDir(), nil, setup{settings: c.settings, debug: true})
			options := s.options
			s.options = func(o *Options) {
				options(o)
				o.Sleep = func(ctx context.Context, lock func()) error {
					select {
					case <-sleep:
					case <-ctx.Done():
						return nil
					}
					lock()
					u.q.Do(func() { slept = true })
					<-ctx.Done()
					return nil
				}
			}
			u = begin(t, s)
			u.until("the vault", func() bool { return u.Vault != nil && u.lock == nil })
			v := u.Vault
			sleep <- true
			u.until("the sleep", func() bool { return slept })
			_, err := v.Folders(t.Context())
			if locked := errors.Is(err, vault.ErrLocked); locked != c.locks || (u.lock != nil) != c.locks {
				t.Errorf("the computer sleeps, and the vault is locked: %v", locked)
			}
		})
	}
}

// What could not be stored when the window was locked comes back from memory.
func TestDraftsThatCannotBeStored(t *testing.T) {
	u := begin(t, opener(vault.File, t.TempDir(), nil, brief))
	u.chat.prompt.SetText("half a thought")
	u.Vault.Close() // nothing can be stored
	u.lockVault("test")
	u.settle()
	u.mustNotSee("half a thought")
	u.openAgain()
	if u.chat.prompt.Text != "half a thought" {
		t.Errorf("the draft is %q", u.chat.prompt.Text)
	}
}

func TestDraftsGoWhereTheyWere(t *testing.T) {
	keyring.MockInit()
	u := begin(t, opener(vault.File, t.TempDir(), nil, brief))
	for _, question := range []string{"one", "two"} {
		u.chat.startNew()
		u.ask(question)
		u.answered()
		u.chat.prompt.SetText("more of " + question)
	}
	u.chat.startPrivate()
	u.chat.prompt.SetText("nobody's business")
	u.chat.startNew()
	u.chat.prompt.SetText("three")
	u.chat.open(u.chat.all[slices.IndexFunc(u.chat.all, func(t *talk) bool { return t.title() == "one" })])
	u.lockVault("test")
	u.settle()
	u.close() // and in the next start
	u.q.drain()
	u = begin(t, opener(vault.File, u.VaultDir, nil, brief))
	got := map[string]string{}
	for _, talk := range u.chat.all {
		got[talk.title()] = talk.draft.Text
	}
	for title, want := range map[string]string{"one": "more of one", "two": "more of two", "New chat": "three"} {
		if got[title] != want {
			t.Errorf("the draft of %q is %q", title, got[title])
		}
	}
	if u.chat.shown.title() != "one" || len(got) != 3 {
		t.Errorf("%q is shown of %q", u.chat.shown.title(), got)
	}
}
