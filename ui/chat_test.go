package ui

import (
	"context"
	"iter"
	"path/filepath"
	"reflect"
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
	next, stop := iter.Pull2(assistant.NewConversation(u.runner, nil).Ask(context.Background(), "something else"))
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

// streamed is the text of the last turn as the stream has it.
func (u *session) streamed() string { return u.chat.stream.Text(u.chat.stream.Len() - 1) }

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
	u.choose(1)
	if u.chat.shown != first || u.chat.prompt.Text != "a draft" || u.chat.stream.Len() != 2 {
		t.Errorf("the first conversation has the draft %q and %d turns", u.chat.prompt.Text, u.chat.stream.Len())
	}
	if got := u.chat.turnsOf(u.chat.shown)[1]; got.Footer == "" || got.Note.Text == "" {
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
	if got := u.chat.turnsOf(first)[1].Note.Text; got != "Stopped." {
		t.Errorf("note %q", got)
	}
}

// shortcut0 is shortcut without waiting for work to end.
func (u *session) shortcut0(key fyne.KeyName) {
	for _, s := range u.shortcuts() {
		if s.key == key && !s.shift {
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
		u.ask(fixture.Text(12)) // an answer goes on until the context is full
		u.answered()
	}
	u.ask("one more")
	u.answered()
	turns := u.chat.turnsOf(u.chat.shown)
	if !turns[0].Greyed || turns[len(turns)-1].Greyed || turns[len(turns)-2].Greyed {
		t.Errorf("greyed: %v … %v", turns[0].Greyed, turns[len(turns)-1].Greyed)
	}
	if used := u.chat.usage.Usage; used.Context != 256 || used.Tokens > 256 || len(used.Dropping) == 0 {
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
	if want, _ := u.chat.shown.Measure(fixture.Text(39)); !reflect.DeepEqual(u.chat.usage.Usage, want) || want.Tokens <= empty {
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
