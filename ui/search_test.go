package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// finding opens the search and types into it. It returns when the hits are there.
func (u *session) finding(query string) {
	u.t.Helper()
	if u.dialog == nil {
		u.shortcut0(fyne.KeyK)
	}
	u.searchEntry().SetText(query)
	u.settle()
}

func (u *session) searchEntry() *field {
	u.t.Helper()
	e, ok := u.win.Canvas().Focused().(*field)
	if !ok {
		u.t.Fatalf("the keyboard is on a %T", u.win.Canvas().Focused())
	}
	return e
}

// streams reports whether a text can be seen in the conversation.
func (u *session) streams(part string) (seen bool) {
	each(u.chat.stream, func(o fyne.CanvasObject) {
		if t, ok := o.(*canvas.Text); ok && strings.Contains(t.Text, part) {
			seen = true
		}
	})
	return seen
}

func TestSearch(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	tide, _ := u.add("the tide", "It comes twice because of the moon.")
	u.add("the cat", "It sleeps, and\u202e dreams of\nthe moon.")
	u.chat.refreshHistory()
	u.settle()
	u.tap("Search…  Ctrl+K")
	u.mustSee("Looks for words")
	u.finding("mo")
	u.mustSee("2 found.", "the tide", "the cat", "It comes twice because of the moon.", "It sleeps, and dreams of the moon.", "Message · ")
	u.finding("nowhere")
	u.mustSee("Nothing was found.")
	u.mustNotSee("2 found.")
	u.finding("moon twice")
	u.mustSee("1 found. Enter opens it.")
	u.mustNotSee("It sleeps")
	u.press(fyne.KeyReturn, u.searchEntry())
	u.settle()
	if u.dialog != nil || u.chat.shown.ID() != tide || u.chat.stream.Len() != 2 {
		t.Errorf("%q is shown with %d turns", u.chat.shown.title(), u.chat.stream.Len())
	}

	u.show(settingsPage) // from anywhere, to a title
	u.finding("cat")
	u.mustSee("Title · ")
	u.press(fyne.KeyDown, u.searchEntry())
	u.press(fyne.KeyDown, u.searchEntry())
	u.press(fyne.KeyUp, u.searchEntry())
	u.press(fyne.KeyUp, u.searchEntry())
	u.press(fyne.KeyReturn, u.searchEntry())
	u.settle()
	if u.current != chatPage || u.chat.shown.title() != "the cat" {
		t.Errorf("page %d, %q is shown", u.current, u.chat.shown.title())
	}

	u.finding("  ")
	u.mustSee("Looks for words")
	u.press(fyne.KeyReturn, u.searchEntry()) // nothing is there to be opened
	u.press(fyne.KeyEscape, u.searchEntry())
	if u.dialog != nil {
		t.Error("Escape did not close the search")
	}
}

// What was asked for last is what is shown.
func TestSearchSupersedes(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	for i := range 30 {
		u.add(fmt.Sprintf("the %s tide", strings.Repeat("x", i+1)), "It comes.")
	}
	u.chat.refreshHistory()
	u.settle()
	u.shortcut0(fyne.KeyK)
	for i := range 30 {
		u.searchEntry().SetText(strings.Repeat("x", i+1))
	}
	u.settle()
	u.mustSee(strings.Repeat("x", 30))
	u.mustNotSee("the x tide")
	u.searchEntry().SetText("tide")
	u.closeDialog() // what is found comes too late
	u.settle()
	u.mustNotSee("found")
}

// A hit leads to its message, on whatever branch it is.
func TestSearchLeadsToTheMessage(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	c, err := u.Vault.NewConversation(t.Context(), vault.Conversation{Title: "long"})
	if err != nil {
		t.Fatal(err)
	}
	say := func(parent int64, role, text string) int64 {
		m, err := u.Vault.AddMessage(t.Context(), c.ID, vault.Message{Parent: parent, Role: role, Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return m.ID
	}
	var last, fork int64
	for i := range 20 {
		last = say(last, "user", fmt.Sprintf("question %d %s", i, fixture.Text(i)))
		if i == 10 {
			fork = last
		}
		last = say(last, "assistant", fmt.Sprintf("answer%d %s", i, strings.Repeat("word ", 200)))
	}
	say(fork, "assistant", "elsewhere") // the path that is shown
	u.chat.refreshHistory()
	u.settle()
	for _, x := range []struct {
		query string
		turns int
	}{{"answer3", 22}, {"elsewhere", 22}, {"answer15", 40}, {"answer2", 40}, {"answer3", 40}} {
		u.finding(x.query + " ")
		if x.query == "answer2" {
			u.mustSee("1 found.")
		}
		u.press(fyne.KeyReturn, u.searchEntry())
		u.settle()
		if got := u.chat.stream.Len(); got != x.turns {
			t.Errorf("%s: %d turns, want %d", x.query, got, x.turns)
		}
		if !u.streams(x.query) {
			t.Errorf("%s cannot be seen", x.query)
		}
	}
}

func TestSearchWithoutVault(t *testing.T) {
	u := begin(t, brief)
	u.finding("anything")
	u.mustSee("There is nothing to search: your conversations and documents are not kept.")
}

func TestSearchOfALockedVault(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	if err := u.Vault.Close(); err != nil {
		t.Fatal(err)
	}
	u.finding("anything")
	u.mustSee("Your conversations are locked.")
}

// What was found may have gone since.
func TestSearchFindsWhatIsGone(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.add("the tide", "It comes.") // nor is it on the list
	u.finding("tide")
	u.press(fyne.KeyReturn, u.searchEntry())
	u.settle()
	u.mustSee("This conversation is no longer there.")
}

func TestSnippet(t *testing.T) {
	s := newSnippet()
	text := "a\u202eb moon\r and\x1b[31m Moon"
	s.show(text, []vault.Range{{Start: strings.Index(text, "moon"), End: strings.Index(text, "moon") + 4}, {Start: len(text) - 4, End: len(text)}})
	var got []string
	for _, seg := range s.Segments {
		style := seg.(*widget.TextSegment).Style
		if style.TextStyle.Bold != (style.ColorName == theme.ColorNamePrimary) {
			t.Errorf("style %+v", style)
		}
		mark := ""
		if style.TextStyle.Bold {
			mark = "*"
		}
		got = append(got, mark+seg.(*widget.TextSegment).Text)
	}
	if want := "ab |*moon| and[31m |*Moon"; strings.Join(got, "|") != want {
		t.Errorf("%q, want %q", strings.Join(got, "|"), want)
	}
}
