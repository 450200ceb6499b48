package ui

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/assistant"
	"lamplight/internal/fixture"
)

func TestAnswer(t *testing.T) {
	const question = "the old woman and the cat"
	u := begin(t, setup{settings: greedy()})
	u.drop(endingModel(t, question))
	u.imported()
	u.mustSee("Ending is ready.")
	if got := u.chat.action.Label(); got != "Send" {
		t.Errorf("the button says %q", got)
	}

	u.ask("  " + question + "\n")
	// The answer is short: it may be there already.
	if got, running := u.chat.action.Label(), u.chat.running != nil; (got == "Stop") != running || u.chat.prompt.Text != "" {
		t.Errorf("after sending, the button says %q, the prompt %q, an answer is being written: %v", got, u.chat.prompt.Text, running)
	}
	u.answered()
	turns := u.chat.shown.Turns()
	if len(turns) != 2 || turns[0].Text != question || turns[1].Text == "" || turns[1].State != assistant.Complete {
		t.Fatalf("turns %+v", turns)
	}
	if u.chat.stream.Len() != 2 || u.chat.stream.Text(0) != question || u.streamed() != turns[1].Text {
		t.Errorf("the stream has %d turns, the last %q, want %q", u.chat.stream.Len(), u.streamed(), turns[1].Text)
	}
	end := u.under(1)
	if !strings.Contains(end.Footer, " tokens/s · ") || end.Note.Text != "" {
		t.Errorf("under the answer stands %q, %q", end.Footer, end.Note.Text)
	}
	u.mustSee(question) // in the list, and as the title
	if got := u.chat.title.segment.Text; got != question {
		t.Errorf("the title is %q", got)
	}
	if got := u.chat.action.Label(); got != "Send" {
		t.Errorf("the button says %q", got)
	}
	if u.win.Canvas().Focused() != u.chat.prompt {
		t.Error("the keyboard is not on the prompt")
	}
	used, ok := u.chat.shown.Measure("")
	if !ok || !reflect.DeepEqual(u.chat.usage.Usage, used) {
		t.Errorf("the meter shows %+v, want %+v", u.chat.usage, used)
	}
}

func TestContextFillsUp(t *testing.T) {
	u := begin(t, brief)
	u.ask("the cat")
	u.answered()
	if note := u.under(1).Note; !strings.Contains(note.Text, "context is full") || note.Action != "New chat" || note.Error {
		t.Errorf("note %+v", note)
	} else {
		note.OnAction()
	}
	if len(u.chat.shown.Turns()) != 0 || len(u.chat.all) != 2 {
		t.Error("the button of the note does not begin a new chat")
	}
}

func TestStop(t *testing.T) {
	for name, stop := range map[string]func(*session){
		"button": func(u *session) { u.tap("Stop") },
		"prompt": func(u *session) { u.press(fyne.KeyEscape, u.chat.prompt) },
		"nothing": func(u *session) {
			u.win.Canvas().Unfocus()
			u.win.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: fyne.KeyEscape})
		},
		"setting": func(u *session) { u.show(settingsPage); u.press(fyne.KeyEscape, u.fields()[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			u := begin(t, endless)
			u.ask("the cat")
			u.writing()
			stop(u)
			u.answered()
			turns := u.chat.shown.Turns()
			if turns[1].State != assistant.Stopped || turns[1].Text == "" || u.streamed() != turns[1].Text {
				t.Errorf("the answer is %+v, the stream has %q", turns[1], u.streamed())
			}
			if end := u.under(1); end.Note.Text != "Stopped." || end.Note.Error || !strings.Contains(end.Footer, "tokens/s") {
				t.Errorf("under the answer stands %+v", end)
			}
			u.ask("again") // and it goes on
			u.writing()
		})
	}
}

func TestStopBeforeTheFirstToken(t *testing.T) {
	u := begin(t, endless)
	release := u.hold()
	u.ask("the cat")
	u.tap("Stop")
	u.answered() // although the model is still busy
	release()
	turns := u.chat.shown.Turns()
	if len(turns) != 2 || turns[1].State != assistant.Stopped || turns[1].Text != "" {
		t.Errorf("turns %+v", turns)
	}
	if end := u.under(1); end.Note.Text != "Stopped." || end.Footer != "" {
		t.Errorf("under the answer stands %+v", end)
	}
	u.ask("again")
	u.writing()
}

func TestLoadingIsSaid(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "One"}, {Name: "Two", Seed: 1, ContextLength: 4096}}})
	release := u.hold()
	u.chat.choice.SetSelectedIndex(1)
	u.until("the other model", func() bool { return u.chat.modelName() == "Two" })
	u.mustSee("Loading Two…")
	u.ask("the cat")
	u.until("what is done for the answer", func() bool { return u.sees("Loading Two…") })
	u.tap("Stop")
	u.until("the end of the answer", func() bool { return u.chat.running == nil })
	release()
	u.settle()
	u.mustNotSee("Loading Two…")
	if got := u.chat.usage.Context; got != 4096 {
		t.Errorf("the context is that of another model: %d", got)
	}
}

func TestReadingIsSaid(t *testing.T) {
	r := &run{stage: assistant.Piece{Stage: assistant.Reading, Read: 1200, Prompt: 3400}}
	begin(t, setup{})
	if got := r.stageText("Tiny"); got != "Reading 1,200 of 3,400 tokens…" {
		t.Error(got)
	}
}

func TestNoModel(t *testing.T) {
	u := begin(t, setup{})
	u.ask("anybody?")
	u.mustSee("There is no model to answer with.")
	if u.chat.prompt.Text != "anybody?" || len(u.chat.shown.Turns()) != 0 {
		t.Error("the words were not kept")
	}
	u.tap("Models")
	if u.current != modelsPage {
		t.Error("the message has no way out")
	}
}

// takeAway removes the files of a model as another program would.
func (u *session) takeAway(id string) {
	u.t.Helper()
	files, err := filepath.Glob(filepath.Join(u.dir, id, "*.gguf"))
	if err != nil || len(files) == 0 {
		u.t.Fatal(files, err)
	}
	for _, f := range files {
		if err := os.Rename(f, filepath.Join(u.t.TempDir(), "taken")); err != nil {
			u.t.Fatal(err)
		}
	}
}

// The file of the chosen model vanishes, and the window learns of it by asking.
func TestModelVanishes(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}, {Name: "Other", Seed: 1}}})
	id := u.shelf.active
	u.takeAway(id)
	u.ask("where are you?")
	u.answered()
	u.mustSee("no longer on the disk")
	if u.chat.prompt.Text != "where are you?" || len(u.chat.shown.Turns()) != 0 || u.chat.stream.Len() != 0 {
		t.Errorf("the prompt has %q, the conversation %d turns", u.chat.prompt.Text, len(u.chat.shown.Turns()))
	}
	u.mustSee("No model is chosen", "Choose a model")

	u.press(fyne.KeyReturn, u.chat.prompt) // now it knows
	if u.chat.running != nil || u.chat.prompt.Text != "where are you?" {
		t.Error("a model that is gone was asked")
	}
	u.show(modelsPage)
	u.mustSee("Bring it back to where it was")

	u.show(chatPage)
	u.chat.choice.SetSelectedIndex(0)
	u.settle()
	u.mustSee("Other is ready.")
	u.press(fyne.KeyReturn, u.chat.prompt)
	u.writing()
	if got := u.chat.stream.Text(0); got != "where are you?" {
		t.Errorf("the question is %q", got)
	}
}

// It fails for a conversation that is no longer shown.
func TestWordsAreKeptElsewhere(t *testing.T) {
	u := begin(t, endless)
	release := u.hold()
	u.ask("the first")
	first := u.chat.shown
	u.shortcut0(fyne.KeyN)
	u.chat.prompt.SetText("meanwhile")
	first.draft.Text = "more"
	u.takeAway(u.shelf.active)
	release()
	u.answered()
	if u.chat.prompt.Text != "meanwhile" || first.draft.Text != "the first\n\nmore" || len(first.Turns()) != 0 {
		t.Errorf("prompt %q, draft %q", u.chat.prompt.Text, first.draft.Text)
	}
	u.chat.open(first)
	if u.chat.prompt.Text != "the first\n\nmore" {
		t.Errorf("prompt %q", u.chat.prompt.Text)
	}
}

func TestTooLong(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{ContextLength: 64}}})
	long := strings.Repeat("q", 500)
	u.chat.prompt.SetText(long)
	u.until("the warning", func() bool { return u.sees("longer than the model can read") })
	u.press(fyne.KeyReturn, u.chat.prompt)
	u.answered()
	if u.chat.prompt.Text != long || len(u.chat.shown.Turns()) != 0 {
		t.Error("the message was not kept")
	}
	u.mustSee("This message is too long")
	u.tap("Back to the message")
	u.ask("short")
	u.answered()
	if got := len(u.chat.shown.Turns()); got != 2 {
		t.Errorf("%d turns", got)
	}
}
