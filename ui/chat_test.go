package ui

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/assistant"
	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
	"lamplight/tokenizer"
)

// endless is a model that goes on until it is stopped: it would take minutes to fill its context.
var endless = setup{models: []fixture.Options{{ContextLength: 65536}}, settings: assistant.Settings{ContextLength: 65536}}

// brief is a model that soon has no room left.
var brief = setup{models: []fixture.Options{{ContextLength: 192}}}

// greedy takes the likeliest token always.
func greedy() assistant.Settings {
	zero := float32(0)
	return assistant.Settings{Sampling: assistant.Sampling{Temperature: &zero}}
}

// endingModel writes a model whose answer to a question, taking the likeliest token always, ends by itself
// after some words: a token of the answer it would give is made the one that ends it.
func endingModel(t *testing.T, question string) string {
	t.Helper()
	m, err := engine.Load(t.Context(), fixture.GGUF(t, fixture.Options{}), engine.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	s, err := m.NewSession(engine.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	segments, err := m.Chat().Render([]chat.Message{{Role: chat.User, Text: question}}, true)
	if err != nil {
		t.Fatal(err)
	}
	var said []tokenizer.ID
	for token, err := range s.Generate(t.Context(), chat.Encode(m.Tokenizer(), segments), engine.GenerateOptions{MaxTokens: 40}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(said) >= 2 && !slices.Contains(said, token.ID) {
			said = append(said, token.ID)
			break
		}
		said = append(said, token.ID)
	}
	last := said[len(said)-1]
	if slices.Contains(said[:len(said)-1], last) {
		t.Fatal("the model says nothing but the same")
	}
	ending := fixture.New(fixture.Options{Name: "Ending"})
	ending.Set("tokenizer.ggml.eos_token_id", gguf.Scalar(uint32(last)))
	path := filepath.Join(t.TempDir(), "ending.gguf")
	if err := ending.WriteGGUF(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// answered waits until no answer is being written.
func (u *session) answered() {
	u.t.Helper()
	u.until("the end of the answer", func() bool { return u.chat.running == nil })
	u.settle()
}

// writing waits until some words of an answer are in the stream.
func (u *session) writing() {
	u.t.Helper()
	u.until("some words", func() bool { return u.chat.running != nil && u.chat.running.shown > 0 })
}

// hold keeps the model busy, as another conversation would, until release is called.
func (u *session) hold() (release func()) {
	next, stop := iter.Pull2(assistant.NewConversation(u.runner).Ask(context.Background(), "something else"))
	for p, err, ok := next(); ok; p, err, ok = next() {
		if err != nil {
			u.t.Fatal(err)
		}
		if p.Stage != assistant.Loading {
			break
		}
	}
	return stop
}

// lastTurn is the last turn as the stream has it.
func (u *session) streamed() string { return u.chat.stream.Text(u.chat.stream.Len() - 1) }

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
	if got := u.chat.action.Label(); got != "Stop" || u.chat.prompt.Text != "" {
		t.Errorf("after sending, the button says %q and the prompt %q", got, u.chat.prompt.Text)
	}
	u.answered()
	turns := u.chat.shown.Turns()
	if len(turns) != 2 || turns[0].Text != question || turns[1].Text == "" || turns[1].State != assistant.Complete {
		t.Fatalf("turns %+v", turns)
	}
	if u.chat.stream.Len() != 2 || u.chat.stream.Text(0) != question || u.streamed() != turns[1].Text {
		t.Errorf("the stream has %d turns, the last %q, want %q", u.chat.stream.Len(), u.streamed(), turns[1].Text)
	}
	end := u.chat.shown.endings[1]
	if !strings.Contains(end.footer, " tokens/s · ") || end.note.Text != "" {
		t.Errorf("under the answer stands %q, %q", end.footer, end.note.Text)
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
	if !ok || u.chat.usage.Usage != used {
		t.Errorf("the meter shows %+v, want %+v", u.chat.usage, used)
	}
}

func TestContextFillsUp(t *testing.T) {
	u := begin(t, brief)
	u.ask("the cat")
	u.answered()
	if note := u.chat.shown.endings[1].note; !strings.Contains(note.Text, "context is full") || note.Action != "New chat" || note.Error {
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
			if end := u.chat.shown.endings[1]; end.note.Text != "Stopped." || end.note.Error || !strings.Contains(end.footer, "tokens/s") {
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
	if end := u.chat.shown.endings[1]; end.note.Text != "Stopped." || end.footer != "" {
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
	first.draft = "more"
	u.takeAway(u.shelf.active)
	release()
	u.answered()
	if u.chat.prompt.Text != "meanwhile" || first.draft != "the first\n\nmore" || len(first.Turns()) != 0 {
		t.Errorf("prompt %q, draft %q", u.chat.prompt.Text, first.draft)
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
	u.tap("Settings")
	if u.current != settingsPage {
		t.Error("the message has no way out")
	}
	u.show(chatPage)
	u.ask("short")
	u.answered()
	if got := len(u.chat.shown.Turns()); got != 2 {
		t.Errorf("%d turns", got)
	}
}

func TestDraftsAndConversations(t *testing.T) {
	u := begin(t, brief)
	u.ask("the first question, which is longer than a title of forty-eight characters")
	u.answered()
	u.chat.prompt.SetText("a draft")
	first := u.chat.shown
	u.tap("New chat")
	if u.chat.shown == first || u.chat.prompt.Text != "" || u.chat.stream.Len() != 0 {
		t.Fatalf("the new chat is not empty: %v, %q, %d", u.chat.shown == first, u.chat.prompt.Text, u.chat.stream.Len())
	}
	u.mustSee("Tiny is ready.", "the first question, which is longer than a title…")
	u.chat.prompt.SetText("another draft")
	second := u.chat.shown
	u.tap("New chat") // it is new already
	if u.chat.shown != second || len(u.chat.all) != 2 || u.chat.prompt.Text != "another draft" {
		t.Error("an empty conversation was begun twice, or lost its draft")
	}
	u.chat.list.Select(1)
	if u.chat.shown != first || u.chat.prompt.Text != "a draft" || u.chat.stream.Len() != 2 {
		t.Errorf("the first conversation has the draft %q and %d turns", u.chat.prompt.Text, u.chat.stream.Len())
	}
	if got := u.chat.shown.shownTurns()[1]; got.Footer == "" || got.Note.Text == "" {
		t.Errorf("what stood under the answer is lost: %+v", got)
	}
	u.chat.list.FocusGained() // by the keyboard
	u.press(fyne.KeyUp, u.chat.list)
	u.press(fyne.KeyReturn, u.chat.list)
	if u.chat.shown != second || u.chat.prompt.Text != "another draft" {
		t.Error("the keyboard does not choose a conversation")
	}
}

func TestSwitchWhileAnswering(t *testing.T) {
	u := begin(t, endless)
	u.ask("the cat")
	u.writing()
	first := u.chat.shown
	u.shortcut0(fyne.KeyN)
	u.until("where the answer is written", func() bool { return u.sees("An answer is being written in “the cat”.") })
	if u.chat.stream.Len() != 0 {
		t.Error("the answer goes on in another conversation")
	}
	u.ask("me too")
	u.mustSee("An answer is being written. Wait for its end, or stop it.")
	if u.chat.prompt.Text != "me too" {
		t.Error("the words were not kept")
	}
	u.chat.open(first)
	before := len(u.streamed())
	u.until("more words", func() bool { return len(u.streamed()) > before })
	u.shortcut0(fyne.KeyN)
	u.tap("Stop")
	u.answered()
	u.chat.open(first)
	if want := first.Turns()[1].Text; u.streamed() != want {
		t.Errorf("the stream has %d bytes of %d", len(u.streamed()), len(want))
	}
	if got := first.shownTurns()[1].Note.Text; got != "Stopped." {
		t.Errorf("note %q", got)
	}
}

// shortcut0 is shortcut without waiting for work to end.
func (u *session) shortcut0(key fyne.KeyName) {
	for _, s := range u.shortcuts() {
		if s.key == key {
			s.do()
		}
	}
	u.q.drain()
}

func TestOldTurnsAreGreyed(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{ContextLength: 256}}})
	for i := 0; !u.sees("The oldest messages are no longer in the model's view."); i++ {
		if i == 20 {
			t.Fatal("nothing is ever dropped")
		}
		u.ask(fixture.Text(12))
		u.writing()
		u.chat.stop()
		u.answered()
	}
	u.ask("one more")
	u.answered()
	turns := u.chat.shown.shownTurns()
	if !turns[0].Greyed || turns[len(turns)-1].Greyed || turns[len(turns)-2].Greyed {
		t.Errorf("greyed: %v … %v", turns[0].Greyed, turns[len(turns)-1].Greyed)
	}
	if used := u.chat.usage.Usage; used.Context != 256 || used.Tokens > 256 || used.Dropped == 0 {
		t.Errorf("usage %+v", used)
	}
}

func TestMeterFollowsTheDraft(t *testing.T) {
	u := begin(t, brief)
	empty := u.chat.usage.Tokens
	for i := range 40 {
		u.chat.prompt.SetText(fixture.Text(i))
	}
	u.settle()
	if want, _ := u.chat.shown.Measure(fixture.Text(39)); u.chat.usage.Usage != want || want.Tokens <= empty {
		t.Errorf("usage %+v, want %+v", u.chat.usage.Usage, want)
	}
}

func TestPicker(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{Name: "Same"}, {Name: "Same", Seed: 1}, {Name: "Other", Seed: 2}}})
	if got := u.chat.choice.Options; !slices.Equal(got, []string{"Other", "Same · F32", "Same · F32 (2)"}) {
		t.Fatalf("options %q", got)
	}
	for i := range 3 {
		u.chat.choice.SetSelectedIndex(i)
		u.settle()
		if want := u.shelf.usable()[i].ID; u.shelf.active != want || u.chat.choice.SelectedIndex() != i {
			t.Errorf("model %d was picked, %s is active", i, u.shelf.active)
		}
		if info, err := u.runner.Load(t.Context()); err != nil || info.Name != u.shelf.usable()[i].Card.Name {
			t.Errorf("in memory is %q, %v", info.Name, err)
		}
	}
}

func TestPickerWithoutModels(t *testing.T) {
	u := begin(t, setup{})
	if !u.chat.choice.Disabled() || !u.sees("No model yet") {
		t.Error("there is something to pick")
	}
}

func TestExamples(t *testing.T) {
	u := begin(t, brief)
	u.tap("Make this sentence friendlier: …")
	if got := u.chat.prompt.Text; got != "Make this sentence friendlier: " {
		t.Fatalf("the prompt has %q", got)
	}
	if u.win.Canvas().Focused() != u.chat.prompt {
		t.Error("the keyboard is not on the prompt")
	}
	u.chat.prompt.TypedRune('N')
	if got := u.chat.prompt.Text; got != "Make this sentence friendlier: N" {
		t.Errorf("the cursor is not at the end: %q", got)
	}
	u.chat.prompt.SetText("Send me the file.")
	u.tap("Make this sentence friendlier: …")
	if got := u.chat.prompt.Text; got != "Make this sentence friendlier: Send me the file." {
		t.Errorf("the prompt has %q", got)
	}
	for _, e := range examples() {
		u.mustSee(shownExample(e))
	}
}

func TestEnterKey(t *testing.T) {
	s := brief
	s.settings.EnterInserts = true
	u := begin(t, s)
	u.ask("a line")
	if u.chat.running != nil || !strings.Contains(u.chat.prompt.Text, "\n") {
		t.Errorf("Enter sends: the prompt has %q", u.chat.prompt.Text)
	}
}

func TestNothingToSend(t *testing.T) {
	u := begin(t, brief)
	u.ask(" \n ")
	u.chat.stop() // nothing to stop
	if u.chat.running != nil || len(u.chat.shown.Turns()) != 0 {
		t.Error("nothing was asked")
	}
}
