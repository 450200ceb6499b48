package ui

import (
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/assistant"
	"lamplight/privacy/vault"
)

// The window's size, its page and the width of the list come back.
func TestFrameComesBack(t *testing.T) {
	u := begin(t, setup{})
	u.parent.Resize(fyne.NewSize(1000, 600))
	u.chat.side.divider.onDrag(40)
	u.show(privacyPage)
	u.close()
	s, err := assistant.LoadSettings(u.SettingsPath)
	if err != nil {
		t.Fatal(err)
	}
	if want := (assistant.Frame{Width: 1000, Height: 600, Page: "privacy", List: listWidth + 40}); s.Frame != want {
		t.Fatalf("kept %+v, want %+v", s.Frame, want)
	}
	again := begin(t, setup{settings: s, size: firstSize(s.Frame)})
	if again.current != privacyPage || again.chat.side.width != listWidth+40 {
		t.Errorf("page %d, a list of %v", again.current, again.chat.side.width)
	}
	if size := firstSize(assistant.Frame{}); size != fyne.NewSize(1100, 740) {
		t.Errorf("a new user's window is %v", size)
	}
}

// keepNow stores what comes back at once.
func (u *session) keepNow() {
	u.storeMemory()
	u.settle()
}

// Drafts and where conversations were scrolled to come back, those of private ones do not. Nothing of them is in the
// settings.
func TestWordsComeBack(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, dir)
	u.ask("a question\n" + strings.Repeat("\n", 60) + "with much room in it")
	u.answered()
	u.settle()
	long := u.chat.shown.ID()
	u.chat.stream.ScrollToTurn(0)
	want, ok := u.chat.stream.Place()
	if !ok {
		t.Fatal("the conversation is too short to be scrolled")
	}
	u.chat.prompt.SetText("half a thought")
	u.chat.startNew()
	u.chat.prompt.SetText("something new")
	u.chat.startPrivate()
	u.chat.prompt.SetText("nobody's business")
	u.chat.open(u.chat.stored(long))
	u.keepNow()
	if items, err := u.Vault.Items(t.Context(), vault.Setting); err != nil || len(items) != 1 || strings.Contains(string(items[0].Value), "nobody") {
		t.Fatalf("the vault has %v, %v", items, err)
	}
	u.chat.prompt.SetText("half a thought, and more")
	u.close()
	if data, err := os.ReadFile(u.SettingsPath); err != nil || strings.Contains(string(data), "thought") {
		t.Errorf("the settings are %s, %v", data, err)
	}

	again := withVault(t, brief, dir)
	if got := again.chat.prompt.Text; got != "half a thought, and more" || again.chat.shown.ID() != long {
		t.Errorf("the draft is %q", got)
	}
	if got, _ := again.chat.stream.Place(); got != want {
		t.Errorf("scrolled to %+v, it was %+v", got, want)
	}
	again.chat.startNew()
	if got := again.chat.prompt.Text; got != "something new" {
		t.Errorf("the other draft is %q", got)
	}
	again.chat.open(again.chat.stored(long))
	if got, _ := again.chat.stream.Place(); got != want {
		t.Errorf("after another was shown: scrolled to %+v, it was %+v", got, want)
	}
	for _, talk := range again.chat.all {
		talk.draft = draft{}
	}
	again.chat.prompt.SetText("")
	again.chat.stream.ScrollToEnd()
	again.keepNow()
	if items, err := again.Vault.Items(t.Context(), vault.Setting); err != nil || len(items) != 0 {
		t.Errorf("with nothing to bring back the vault has %v, %v", items, err)
	}
}
