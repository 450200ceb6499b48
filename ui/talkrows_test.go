package ui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/privacy/vault"
)

// put puts a conversation into the vault.
func (u *session) putTalk(title, folder string, pinned bool, age time.Duration) {
	u.t.Helper()
	c, err := u.Vault.NewConversation(u.t.Context(), vault.Conversation{Title: title, Changed: u.now().Add(-age)})
	if err == nil {
		c.Folder, c.Pinned = folder, pinned
		err = u.Vault.UpdateConversation(u.t.Context(), c)
	}
	if err != nil {
		u.t.Fatal(err)
	}
}

// arranged is a session with conversations of every kind.
func arranged(t *testing.T) *session {
	u := withVault(t, brief, t.TempDir())
	noon := time.Date(2026, 11, 26, 12, 0, 0, 0, time.Local)
	u.now = func() time.Time { return noon }
	u.putTalk("letter", "", false, time.Hour)
	u.putTalk("report", "Work", false, 2*time.Hour)
	u.putTalk("notes", "Work", false, 3*time.Hour)
	u.putTalk("tides", "", true, 90*assistant.Day)
	u.putTalk("recipe", "", false, assistant.Day)
	u.chat.refreshHistory()
	u.settle()
	u.mustDraw("# Pinned|tides|# Folders|▾ Work (2)|  report|  notes|# Today|New chat|letter|# Yesterday|recipe")
	return u
}

func (u *session) drawn() []string { return drawn(u.chat.rows, (*talk).title) }

// mustDraw fails unless the list has these rows.
func (u *session) mustDraw(want string) {
	u.t.Helper()
	if got := strings.Join(u.drawn(), "|"); got != want {
		u.t.Errorf("the list is\n%s, want\n%s", got, want)
	}
}

// at brings the keyboard to a row.
func (u *session) at(row string) {
	u.t.Helper()
	i := slices.Index(u.drawn(), row)
	if i < 0 {
		u.t.Fatalf("there is no row %q in %q", row, u.drawn())
	}
	u.win.Canvas().Focus(u.chat.list)
	u.chat.list.Highlight(i)
}

// does chooses from the menu of a row.
func (u *session) does(row string, path ...string) {
	u.t.Helper()
	u.at(row)
	r := u.chat.rows[u.chat.list.at]
	items := u.chat.folderActions(r.text)
	if r.talk != nil {
		items = u.chat.talkActions(r.talk)
	}
	for n, label := range path {
		i := slices.IndexFunc(items, func(m *fyne.MenuItem) bool { return m.Label == label && !m.Disabled })
		if i < 0 {
			u.t.Fatalf("the menu of %q has no %q", row, label)
		}
		if n == len(path)-1 {
			items[i].Action()
		} else {
			items = items[i].ChildMenu.Items
		}
	}
	u.settle()
}

// answers types something into the dialog's field and accepts it.
func (u *session) answers(text string) {
	u.t.Helper()
	entry, ok := u.win.Canvas().Focused().(*field)
	if !ok {
		u.t.Fatalf("the keyboard is in %T", u.win.Canvas().Focused())
	}
	test.Type(entry, text) // in the place of what is selected
	u.press(fyne.KeyReturn, entry)
	u.settle()
}

func TestArrangeConversations(t *testing.T) {
	u := arranged(t)
	u.does("letter", "Move to folder", "Work")
	u.mustDraw("# Pinned|tides|# Folders|▾ Work (3)|  letter|  report|  notes|# Today|New chat|# Yesterday|recipe")
	u.does("  notes", "Move to folder", "Out of the folder")
	u.does("recipe", "Move to folder", "New folder…")
	u.answers("garden")
	u.does("tides", "Unpin")
	u.does("New chat")
	u.mustDraw("# Folders|▾ garden (1)|  recipe|▾ Work (2)|  letter|  report|# Today|New chat|notes|# August 2026|tides")
	u.does("  letter", "Pin")
	u.does("▾ garden (1)", "Rename…")
	u.answers("Garten")
	u.mustDraw("# Pinned|letter|# Folders|▾ Garten (1)|  recipe|▾ Work (1)|  report|# Today|New chat|notes|# August 2026|tides")

	u.does("▾ Garten (1)", "Rename…") // to what another one is called: they become one
	u.answers("Work")
	u.does("▾ Work (2)", "Dissolve the folder")
	u.mustSee("The folder “Work” was dissolved.")
	u.mustDraw("# Pinned|letter|# Today|New chat|report|notes|# Yesterday|recipe|# August 2026|tides")
	u.tap("Undo")
	u.settle()
	u.does("letter", "Unpin") // it was in the folder too
	want := "# Folders|▾ Work (3)|  letter|  report|  recipe|# Today|New chat|notes|# August 2026|tides"
	u.mustDraw(want)
	u.chat.refreshHistory() // and so it is in the vault
	u.settle()
	u.mustDraw(want)
}

func TestListByTheKeyboard(t *testing.T) {
	u := arranged(t)
	list := u.chat.list
	u.at("tides")
	where := func(want string) {
		t.Helper()
		if got := u.drawn()[list.at]; got != want {
			t.Errorf("the keyboard is at %q, want %q", got, want)
		}
	}
	u.press(fyne.KeyUp, list) // there is only a heading
	where("tides")
	u.press(fyne.KeyDown, list)
	where("▾ Work (2)")
	u.press(fyne.KeyEnd, list)
	where("recipe")
	u.press(fyne.KeyUp, list)
	u.press(fyne.KeyUp, list)
	u.press(fyne.KeyUp, list)
	where("  notes")
	u.press(fyne.KeyLeft, list)
	where("▾ Work (2)")
	u.press(fyne.KeyLeft, list)
	where("▸ Work (2)")
	u.mustDraw("# Pinned|tides|# Folders|▸ Work (2)|# Today|New chat|letter|# Yesterday|recipe")
	u.press(fyne.KeyReturn, list)
	where("▾ Work (2)")
	u.press(fyne.KeyHome, list)
	where("tides")
	u.press(fyne.KeyPageDown, list)
	where("recipe")
	u.press(fyne.KeyPageUp, list)
	where("tides")

	u.press(desktop.KeyMenu, list)
	pop, ok := u.win.Canvas().Focused().(*widget.PopUpMenu)
	if !ok {
		t.Fatalf("the keyboard is in %T", u.win.Canvas().Focused())
	}
	u.press(fyne.KeyDown, pop)
	u.press(fyne.KeyReturn, pop) // Rename…
	u.answers("the moon")
	where("the moon")
	u.press(fyne.KeyF2, list)
	u.answers("the sun")
	where("the sun")
	u.press(fyne.KeyReturn, list)
	if u.chat.shown.title() != "the sun" || u.win.Canvas().Focused() != u.chat.prompt {
		t.Errorf("%q is open, the keyboard in %T", u.chat.shown.title(), u.win.Canvas().Focused())
	}
	u.at("▾ Work (2)")
	u.press(fyne.KeyDelete, list) // is for conversations
	u.at("  notes")
	u.press(fyne.KeyDelete, list)
	u.settle()
	where("New chat") // what came after it
	u.at("  report")
	u.press(fyne.KeyReturn, list)
	u.at("  report")
	u.press(fyne.KeyDelete, list)
	u.settle()
	u.mustDraw("# Pinned|the sun|# Today|New chat|letter|# Yesterday|recipe")
	if u.chat.shown.title() != "New chat" {
		t.Errorf("%q is open", u.chat.shown.title())
	}
}

// A row is used with the mouse as any other.
func TestListByTheMouse(t *testing.T) {
	u := arranged(t)
	u.tap("Work (2)")
	u.mustNotSee("report")
	if u.win.Canvas().Focused() != u.chat.list || u.drawn()[u.chat.list.at] != "▸ Work (2)" {
		t.Errorf("the keyboard is not at the folder")
	}
	u.tap("letter")
	if u.chat.shown.title() != "letter" || u.win.Canvas().Focused() != u.chat.prompt {
		t.Errorf("%q is open", u.chat.shown.title())
	}
	u.tap("Today") // a heading
	if u.chat.shown.title() != "letter" {
		t.Error("a heading does something")
	}
	test.TapSecondaryAt(u.control("recipe").(fyne.SecondaryTappable), fyne.NewPos(9, 9))
	if _, ok := u.win.Canvas().Focused().(*widget.PopUpMenu); !ok {
		t.Errorf("the keyboard is in %T", u.win.Canvas().Focused())
	}
}

// What is opened can be seen, and what is folded is so again after the next start.
func TestFoldedFolders(t *testing.T) {
	dir := t.TempDir()
	u := withVault(t, brief, dir)
	u.putTalk("report", "Work", false, 0)
	u.putTalk("notes", "Home", false, 0)
	u.chat.refreshHistory()
	u.settle()
	u.does("▾ Work (1)", "Fold")
	u.does("▾ Home (1)", "Fold")
	u.mustDraw("# Folders|▸ Home (1)|▸ Work (1)|# Today|New chat")
	u.chat.open(u.chat.all[slices.IndexFunc(u.chat.all, func(t *talk) bool { return t.title() == "notes" })])
	u.settle()
	u.mustDraw("# Folders|▾ Home (1)|  notes|▸ Work (1)|# Today|New chat")
	u.close()
	u = withVault(t, brief, dir)
	u.settle()
	u.mustDraw("# Folders|▾ Home (1)|  notes|▸ Work (1)|# Today|New chat")
}

// At midnight what was of today becomes of yesterday.
func TestMidnight(t *testing.T) {
	u := arranged(t)
	next := time.Date(2026, 11, 27, 0, 0, 0, 0, time.Local)
	u.now = func() time.Time { return next }
	u.show(modelsPage)
	u.show(chatPage)
	u.mustDraw("# Pinned|tides|# Folders|▾ Work (2)|  report|  notes|# Today|New chat|# Yesterday|letter|# Previous 7 days|recipe")
}

// A private chat can be renamed, and that is all.
func TestMenuOfPrivateChat(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.tap("New private chat")
	u.ask("a secret")
	u.answered()
	u.does("a secret", "Rename…")
	u.answers("nothing of note")
	u.mustDraw("# Private|nothing of note|# Today|New chat")
	for _, item := range u.chat.talkActions(u.chat.shown) {
		if item.Label == "Pin" || item.Label == "Move to folder" {
			t.Errorf("the menu has %q", item.Label)
		}
	}
	u.does("nothing of note", "Delete")
	u.mustDraw("# Today|New chat")
}

// Ten thousand conversations are a list like any other.
func BenchmarkManyConversations(b *testing.B) {
	u := begin(b, setup{})
	for range 10_000 {
		u.chat.all = append(u.chat.all, u.newTalk())
	}
	for i := 0; b.Loop(); i++ {
		u.chat.open(u.chat.all[i*37%len(u.chat.all)])
	}
}
