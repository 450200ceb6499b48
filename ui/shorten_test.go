package ui

import (
	"strings"
	"testing"

	"lamplight/assistant"
	"lamplight/internal/fixture"
)

// tooLong begins with a draft that is too long, of a model that reads 2,048 tokens or more.
func tooLong(t *testing.T, text string, files ...string) *session {
	u := begin(t, setup{models: []fixture.Options{{}}})
	for i, f := range files {
		u.give(file(t, string(rune('a'+i))+".txt", f))
	}
	u.chat.prompt.SetText(text)
	u.settle()
	if !u.chat.usage.TooLong {
		t.Fatalf("%+v", u.chat.usage)
	}
	u.mustSee("tokens longer than the model can read at once.")
	u.ask(text)
	u.settle()
	u.mustSee("This message is too long", "so it was not sent")
	if len(u.chat.shown.Turns()) != 0 || u.chat.prompt.Text != text {
		t.Error("it was sent all the same, or is gone")
	}
	return u
}

func TestTooLongWithAFile(t *testing.T) {
	u := tooLong(t, "Shorten it", strings.Repeat("one word and another\n", 2000), "short")
	u.mustSee("Remove a.txt · ", "Remove b.txt · ", "% of a.txt")
	if u.sees("% of b.txt") {
		t.Error("a part of the short file is offered")
	}
	var label string
	for _, s := range u.texts() {
		if strings.HasPrefix(s, "Keep only the first ") {
			label = s
		}
	}
	u.tap(label)
	u.settle()
	f := u.chat.shown.draft.Files[0]
	head, ok := strings.CutSuffix(f.Text, cutMark())
	if !ok || !strings.HasSuffix(head, "another") || u.chat.usage.TooLong || len(u.attached()) != 2 {
		t.Errorf("%d bytes are kept, ending with %.60q; too long: %v", len(f.Text), f.Text[max(0, len(f.Text)-60):], u.chat.usage.TooLong)
	}
	if u.chat.usage.Tokens < u.chat.usage.Context/2 {
		t.Errorf("only %d tokens are kept of %d", u.chat.usage.Tokens, u.chat.usage.Context)
	}
}

// When no file alone is too much, all of them are cut.
func TestTooLongWithManyFiles(t *testing.T) {
	text := strings.Repeat("one word and another\n", 150)
	u := tooLong(t, "Shorten them", text+"1", text+"2", text+"3", "short")
	label := ""
	for _, s := range u.texts() {
		if strings.HasSuffix(s, " of every file") {
			label = s
		}
	}
	u.tap(label)
	u.settle()
	for i, f := range u.chat.shown.draft.Files[:3] {
		if !strings.HasSuffix(f.Text, cutMark()) || len(f.Text) < len(text)/10 {
			t.Errorf("of file %d there are %d bytes", i, len(f.Text))
		}
	}
	if f := u.chat.shown.draft.Files[3]; f.Text != "short" {
		t.Errorf("the short file is %q", f.Text)
	}
	if u.chat.usage.TooLong || len(u.attached()) != 4 {
		t.Errorf("%+v", u.chat.usage)
	}
}

func TestTooLongWithoutTheFile(t *testing.T) {
	u := tooLong(t, "Shorten it", strings.Repeat("one word and another\n", 2000))
	label := ""
	for _, s := range u.texts() {
		if strings.HasPrefix(s, "Remove a.txt · ") && strings.HasSuffix(s, " tokens") {
			label = s
		}
	}
	u.tap(label)
	u.settle()
	if len(u.attached()) != 0 || u.chat.usage.TooLong || u.chat.prompt.Text != "Shorten it" {
		t.Error("the file stays")
	}
}

func TestTooLongByItself(t *testing.T) {
	u := tooLong(t, strings.Repeat("one word and another ", 2000))
	u.mustSee("Shorten it, or send it in parts.")
	u.tap("Back to the message")
	if u.dialog != nil {
		t.Error("the dialog stays")
	}
}

func TestHeadOf(t *testing.T) {
	for _, c := range []struct {
		text  string
		bytes int
		want  string
	}{
		{"short", 10, "short"},
		{"a line that is long enough\nand another", 29, "a line that is long enough"},
		{"several words without a line", 22, "several words without"},
		{strings.Repeat("x", 30), 20, strings.Repeat("x", 20)},
		{"ééé", 3, "é"},
	} {
		if got := headOf(c.text, c.bytes); got != c.want {
			t.Errorf("%q cut at %d: %q", c.text, c.bytes, got)
		}
	}
}

// The model can often read more at once than the settings let it; what is pinned takes room.
func TestTooLongForTheSettings(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{ContextLength: 4096}}, settings: assistant.Settings{ContextLength: 512}})
	u.ask("Hello")
	u.until("some words", func() bool { return len(u.chat.shown.Turns()) == 2 && u.streamed() != "" })
	u.chat.stop()
	u.answered()
	if err := u.chat.shown.Pin(t.Context(), 0, true); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("one word and another\n", 40)
	u.chat.prompt.SetText(long)
	u.settle()
	u.ask(long)
	u.settle()
	u.mustSee("This message is too long", "Unpin 1 message")
	u.tap("Unpin 1 message")
	u.settle()
	if u.chat.shown.Turns()[0].Pinned {
		t.Error("it is pinned still")
	}
	u.ask(long)
	u.settle()
	longer := u.chat.longerContext(u.chat.usage.Usage)
	if longer <= 512 || longer > 4096 {
		t.Fatalf("%d tokens are offered", longer)
	}
	u.mustNotSee("Unpin")
	u.tap("Let the model read " + grouped(int64(longer)) + " tokens at once, which takes more memory")
	u.settle()
	if u.Settings.ContextLength != longer || u.chat.usage.TooLong || u.chat.prompt.Text != long {
		t.Errorf("the context is %d, usage %+v", u.Settings.ContextLength, u.chat.usage)
	}
}
