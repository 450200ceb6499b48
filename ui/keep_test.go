package ui

import (
	"errors"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"lamplight/assistant"
	"lamplight/privacy/vault"
)

// aged puts a conversation into the vault in which nothing was said for some days.
func (u *session) aged(title string, age int, lifetime time.Duration) int64 {
	u.t.Helper()
	c, err := u.Vault.NewConversation(u.t.Context(), vault.Conversation{
		Title: title, Changed: time.Now().Add(-time.Duration(age) * assistant.Day), Lifetime: lifetime})
	if err != nil {
		u.t.Fatal(err)
	}
	return c.ID
}

// lifetime is how long the vault keeps a conversation.
func (u *session) lifetime(id int64) time.Duration {
	u.t.Helper()
	c, err := u.Vault.Conversation(u.t.Context(), id)
	if err != nil {
		u.t.Fatal(err)
	}
	return c.Lifetime
}

func TestLifetimeOfOneConversation(t *testing.T) {
	s := brief
	s.settings.KeepDays = 7
	u := withVault(t, s, t.TempDir())
	u.mustSee("Will be deleted 7 days after the last message.")
	u.ask("one")
	u.answered()
	id := u.chat.shown.ID()
	u.mustSee("Will be deleted on " + date(u.chat.shown.Ends(), time.Now()) + ".")
	if got := u.lifetime(id); got != 7*assistant.Day {
		t.Errorf("kept for %v", got)
	}
	u.chat.chooseLifetime(u.chat.shown, 0)
	u.settle()
	u.mustNotSee("Will be deleted")
	if got := u.lifetime(id); got != 0 {
		t.Errorf("kept for %v", got)
	}
	u.tap("New chat")
	u.chat.chooseLifetime(u.chat.shown, 30*assistant.Day) // before anything was said
	u.settle()
	u.mustSee("Will be deleted 30 days after the last message.")
	u.ask("two")
	u.answered()
	if got := u.lifetime(u.chat.shown.ID()); got != 30*assistant.Day {
		t.Errorf("kept for %v", got)
	}
}

// What is chosen is never the end of a conversation without a question.
func TestLifetimeThatIsOver(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	id := u.aged("old", 10, 0)
	u.chat.refreshHistory()
	u.settle()
	u.choose(1)
	u.settle()
	u.chat.prompt.SetText("a draft")
	u.chat.chooseLifetime(u.chat.shown, 7*assistant.Day)
	u.mustSee("Delete this conversation now?", "Nobody can bring it back.")
	u.tap("Cancel")
	u.settle()
	if got := u.lifetime(id); got != 0 {
		t.Errorf("kept for %v", got)
	}
	u.chat.chooseLifetime(u.chat.shown, 30*assistant.Day)
	u.settle()
	u.mustList("New chat", "old")
	u.chat.chooseLifetime(u.chat.shown, 7*assistant.Day)
	u.tap("Delete it now")
	u.settle()
	u.mustList("New chat")
	u.mustSee("The conversation that was open is deleted")
	if _, err := u.Vault.Conversation(t.Context(), id); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("it is in the vault: %v", err)
	}
	if u.chat.prompt.Text != "a draft" {
		t.Errorf("the prompt has %q", u.chat.prompt.Text)
	}
}

func TestMenuOfLifetimes(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.tap("How long it is kept")
	menu := u.win.Canvas().Focused()
	if menu == nil {
		t.Fatal("the menu does not have the keyboard")
	}
	for _, key := range []fyne.KeyName{fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn} {
		u.press(key, menu)
	}
	u.settle()
	if got := u.chat.shown.Lifetime(); got == 0 || u.win.Canvas().Overlays().Top() != nil {
		t.Errorf("kept for %v", got)
	}
	u.mustSee("Will be deleted ")
}

// What is over is deleted at the start and from time to time, but not under an answer.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, dir)
	u.aged("over", 8, 7*assistant.Day)
	u.aged("not over", 6, 7*assistant.Day)
	u.aged("for ever", 1000, 0)
	u.close()
	u = withVault(t, endless, dir)
	u.mustList("New chat", "not over", "for ever")

	u.aged("over while it is open", 8, 7*assistant.Day)
	list, err := assistant.Conversations(t.Context(), u.runner, u.Vault)
	if err != nil {
		t.Fatal(err)
	}
	u.chat.listed(list) // without deleting anything
	i := 0
	for u.chat.all[i].title() != "over while it is open" {
		i++
	}
	u.choose(i)
	u.settle()
	release := u.hold()
	u.ask("still there?") // the words are stored, and the answer waits for the model
	u.until("the question in the vault", func() bool { return !u.chat.shown.over() })
	u.chat.refreshHistory()
	u.until("the list", func() bool { return u.chat.due })
	release()
	u.writing()
	u.tap("Stop")
	u.answered()
	u.mustList("New chat", "over while it is open", "not over", "for ever")
}

func TestKeepCard(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	old, recent := u.aged("old", 10, 0), u.aged("recent", 1, 0)
	u.chat.refreshHistory()
	u.settle()
	u.show(privacyPage)
	u.settle()
	u.mustSee("How long conversations are kept", "New conversations")
	u.mustNotSee("This is for new conversations.")

	k := u.privacy.keep
	k.choice.SetSelectedIndex(2)
	u.settle()
	if u.saved().KeepDays != 7 || u.lifetime(old) != 0 {
		t.Errorf("%+v, %v", u.saved(), u.lifetime(old))
	}
	u.mustSee("This is for new conversations. 2 others are kept for another time.")
	u.tap("Apply to all conversations…")
	u.settle()
	u.mustSee("2 conversations will be kept for 7 days after their last message.", "1 of them is older than that and is deleted now, for good.")
	u.tap("Cancel")
	u.settle()
	if u.lifetime(old) != 0 {
		t.Error("it was applied")
	}
	u.tap("Apply to all conversations…")
	u.settle()
	u.tap("Apply and delete")
	u.settle()
	u.mustList("New chat", "recent")
	u.mustNotSee("This is for new conversations.")
	if got := u.lifetime(recent); got != 7*assistant.Day {
		t.Errorf("kept for %v", got)
	}
	k.choice.SetSelectedIndex(0)
	u.settle()
	u.mustSee("1 other is kept for another time.")
	u.tap("Apply to all conversations…")
	u.settle()
	u.mustSee("1 conversation will be kept for ever.", "nothing is deleted now")
	u.tap("Apply")
	u.settle()
	if got := u.lifetime(recent); got != 0 {
		t.Errorf("kept for %v", got)
	}
}

func TestNoLifetimeWithoutVault(t *testing.T) {
	u := begin(t, brief)
	u.mustNotSee("How long it is kept", "Trash")
	u.show(privacyPage)
	u.settle()
	u.mustNotSee("How long conversations are kept")
}

func TestDate(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.Local)
	for want, at := range map[string]time.Time{"3 December": now.AddDate(0, 0, 7), "26 November": now, "25 January 2027": now.AddDate(0, 0, 60)} {
		if got := date(at, now); got != want {
			t.Errorf("%v is %q, want %q", at, got, want)
		}
	}
}
