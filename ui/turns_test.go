package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"lamplight/assistant"
	"lamplight/internal/fixture"
	"lamplight/ui/widgets"
)

// under returns a turn as it is shown, with what stands under it.
func (u *session) under(turn int) widgets.Turn { return u.chat.turnsOf(u.chat.shown)[turn] }

// offers lists what can be done with a turn.
func (u *session) offers(turn int) (names []string) {
	for _, a := range u.chat.turnActions(turn) {
		names = append(names, a.Name)
	}
	return names
}

// act does something with a turn, as its menu would, and waits for the end of it.
func (u *session) act(turn int, name string) {
	u.t.Helper()
	for _, a := range u.chat.turnActions(turn) {
		if a.Name == name {
			a.OnTapped()
			u.q.drain()
			return
		}
	}
	u.t.Fatalf("turn %d cannot %q, only %q", turn, name, u.offers(turn))
}

// said is everything in the stream.
func (u *session) said() (all []string) {
	for i := range u.chat.stream.Len() {
		all = append(all, u.chat.stream.Text(i))
	}
	return all
}

// stopped asks and stops the answer after some words.
func (u *session) stopped(ask func()) {
	u.t.Helper()
	ask()
	u.writing()
	u.press(fyne.KeyEscape, u.chat.prompt)
	u.answered()
}

// inEachKind runs a test with conversations of the vault, of the memory, and with private ones.
func inEachKind(t *testing.T, s setup, f func(t *testing.T, u *session)) {
	t.Helper()
	t.Run("vault", func(t *testing.T) { f(t, withVault(t, s, t.TempDir())) })
	t.Run("memory", func(t *testing.T) { f(t, begin(t, s)) })
	t.Run("private", func(t *testing.T) {
		u := withVault(t, s, t.TempDir())
		u.chat.startPrivate()
		f(t, u)
	})
}

// mustSay fails unless the stream has these texts, and what the conversation has.
func (u *session) mustSay(when string, want ...string) {
	u.t.Helper()
	if got := u.said(); !slices.Equal(got, want) {
		u.t.Errorf("%s: the stream has %q, want %q", when, got, want)
	}
	for i, turn := range u.chat.shown.Turns() {
		if i >= u.chat.stream.Len() || u.chat.stream.Text(i) != turn.Text {
			u.t.Errorf("%s: turn %d is %q", when, i, turn.Text)
		}
	}
}

func TestAnswerOnceMore(t *testing.T) {
	inEachKind(t, endless, func(t *testing.T, u *session) {
		u.stopped(func() { u.ask("one") })
		u.stopped(func() { u.ask("two") })
		before := u.said()
		u.stopped(func() { u.act(1, "again") })
		after := u.said()
		if len(after) != 2 || after[0] != "one" || after[1] == "" {
			t.Fatalf("the stream has %q", after)
		}
		if got := u.under(1); got.Version != 2 || got.Versions != 2 || u.under(0).Versions > 1 {
			t.Errorf("version %d of %d", got.Version, got.Versions)
		}
		u.chat.switchTo(1, 1)
		u.settle()
		u.mustSay("the first version", before...)
		u.chat.switchTo(1, 2)
		u.settle()
		u.mustSay("the second version", after...)
	})
}

func TestQuestionInOtherWords(t *testing.T) {
	inEachKind(t, endless, func(t *testing.T, u *session) {
		u.stopped(func() { u.ask("one") })
		first := u.said()
		u.act(0, "edit")
		box := u.win.Canvas().Focused().(*widgets.PromptBox)
		if box == u.chat.prompt || box.Text != "one" {
			t.Fatalf("the box has %q", box.Text)
		}
		box.SetText("nothing")
		u.press(fyne.KeyEscape, box)
		u.mustSay("after Escape", first...)
		u.act(0, "edit")
		box = u.win.Canvas().Focused().(*widgets.PromptBox)
		box.SetText("another one ")
		u.stopped(func() { u.press(fyne.KeyReturn, box) })
		second := u.said()
		if len(second) != 2 || second[0] != "another one" || second[1] == "" || u.under(0).Version != 2 {
			t.Fatalf("the stream has %q", second)
		}
		if u.win.Canvas().Focused() != u.chat.prompt {
			t.Errorf("the keyboard is on %T", u.win.Canvas().Focused())
		}
		u.chat.switchTo(0, 1)
		u.settle()
		u.mustSay("the first version", first...)

		u.act(0, "edit") // in the same words: only the answer is another one
		u.stopped(func() { u.press(fyne.KeyReturn, u.win.Canvas().Focused()) })
		if u.under(0).Versions != 2 || u.under(1).Versions != 2 {
			t.Errorf("%d versions of the question, %d of the answer", u.under(0).Versions, u.under(1).Versions)
		}
	})
}

func TestEditGoesOnAfterAnotherConversation(t *testing.T) {
	u := begin(t, endless)
	u.stopped(func() { u.ask("one") })
	first := u.chat.shown
	u.act(0, "edit")
	u.win.Canvas().Focused().(*widgets.PromptBox).SetText("one and a half")
	u.shortcut0(fyne.KeyN)
	if _, _, ok := u.chat.stream.Editing(); ok {
		t.Error("another conversation is edited")
	}
	u.chat.open(first)
	if turn, text, ok := u.chat.stream.Editing(); turn != 0 || text != "one and a half" || !ok {
		t.Errorf("turn %d is edited: %v, %q", turn, ok, text)
	}
}

func TestContinue(t *testing.T) {
	inEachKind(t, endless, func(t *testing.T, u *session) {
		u.stopped(func() { u.ask("one") })
		before := u.streamed()
		if got := u.under(1).Note; got.Text != "Stopped." || got.Action != "Continue" {
			t.Fatalf("under the answer stands %+v", got)
		}
		u.under(1).Note.OnAction()
		u.until("more words", func() bool { return len(u.streamed()) > len(before) })
		u.stopped(func() {})
		if after := u.streamed(); !strings.HasPrefix(after, before) || u.under(1).Versions > 1 {
			t.Errorf("%q goes on with %q", before, after)
		}
		u.mustSay("afterwards", "one", u.streamed())
		u.stopped(func() { u.ask("two") })
		if slices.Contains(u.offers(1), "continue") || !slices.Contains(u.offers(3), "continue") || u.under(1).Note.Action != "" {
			t.Errorf("what is not the last answer could go on: %q, %q", u.offers(1), u.under(1).Note.Action)
		}
	})
}

func TestForkedChat(t *testing.T) {
	inEachKind(t, endless, func(t *testing.T, u *session) {
		u.stopped(func() { u.ask("one") })
		u.stopped(func() { u.ask("two") })
		first, all := u.chat.shown, u.said()
		u.act(1, "fork")
		u.settle()
		u.mustSee("Forked from “one”.")
		if u.chat.shown == first || u.chat.shown.private != first.private {
			t.Fatal("the new conversation is not shown")
		}
		u.mustSay("the new one", all[:2]...)
		if strings.Contains(u.log.String(), "“one”") {
			t.Error("the title is in the log")
		}
		fork := u.chat.shown
		u.tap("Back to it")
		u.mustSay("the old one", all...)
		u.chat.open(fork)
		u.stopped(func() { u.ask("three") })
		u.chat.open(first)
		u.mustSay("after the new one went on", all...)
	})
}

func TestDeleteAMessage(t *testing.T) {
	inEachKind(t, endless, func(t *testing.T, u *session) {
		u.stopped(func() { u.ask("one") })
		u.stopped(func() { u.ask("two") })
		u.stopped(func() { u.ask("three") })
		all := u.said()
		u.act(3, "delete")
		u.settle()
		u.mustSay("deleted", slices.Concat(all[:2], all[4:])...)
		u.mustSee("The question and its answer were deleted.")
		u.shortcut0(fyne.KeyN)
		u.tap("Undo")
		u.settle()
		u.mustSay("brought back", all...)
	})
}

func TestPinAMessage(t *testing.T) {
	inEachKind(t, endless, func(t *testing.T, u *session) {
		u.stopped(func() { u.ask("one") })
		pinned := func() bool {
			return slices.ContainsFunc(u.chat.turnActions(0), func(a widgets.TurnAction) bool { return a.Name == "pin" && a.On })
		}
		u.act(0, "pin")
		u.settle()
		if !u.chat.shown.Turns()[0].Pinned || !pinned() {
			t.Error("it is not pinned")
		}
		u.act(0, "pin")
		u.settle()
		if u.chat.shown.Turns()[0].Pinned || pinned() {
			t.Error("it is pinned still")
		}
	})
}

func TestQuote(t *testing.T) {
	u := begin(t, endless)
	u.stopped(func() { u.ask("one") })
	u.chat.prompt.SetText("What of\n")
	u.chat.quote("the tide\n\nand the moon\n")
	if got := u.chat.prompt.Text; got != "What of\n\n> the tide\n>\n> and the moon\n\n" || u.chat.shown.draft.Text != got {
		t.Errorf("the prompt has %q", got)
	}
	if u.win.Canvas().Focused() != u.chat.prompt || u.chat.prompt.CursorRow != 6 {
		t.Errorf("the cursor is in row %d", u.chat.prompt.CursorRow)
	}
	u.chat.prompt.SetText("")
	u.act(1, "quote")
	if got := u.chat.prompt.Text; !strings.HasPrefix(got, "> ") {
		t.Errorf("the prompt has %q", got)
	}
}

// While an answer is written nothing else is done with the conversation.
func TestNothingIsDoneMeanwhile(t *testing.T) {
	u := begin(t, endless)
	u.stopped(func() { u.ask("one") })
	u.ask("two")
	u.writing()
	for _, name := range []string{"again", "pin", "delete"} {
		u.notices.clear()
		u.act(1, name)
		u.mustSee("An answer is being written.")
	}
	if u.chat.stream.Len() != 4 {
		t.Errorf("%d turns", u.chat.stream.Len())
	}
	u.act(0, "edit")
	box := u.win.Canvas().Focused().(*widgets.PromptBox)
	box.SetText("meanwhile")
	u.press(fyne.KeyReturn, box)
	if _, text, ok := u.chat.stream.Editing(); !ok || text != "meanwhile" {
		t.Error("the words are lost")
	}
}

// The likeliest words of a random model are soon always the same.
func TestRepetitionIsTakenBack(t *testing.T) {
	for seed := range uint64(6) {
		s := setup{models: []fixture.Options{{Seed: seed, ContextLength: 2048}}, settings: greedy()}
		s.settings.ContextLength = 2048
		u := begin(t, s)
		u.ask("Say something")
		u.answered()
		turn := u.chat.shown.Turns()[1]
		u.mustSay("at the end", "Say something", turn.Text)
		if turn.Receipt == nil || turn.Receipt.Loops == 0 {
			continue
		}
		if got := u.under(1).Note.Text; !strings.Contains(got, "repeated itself") && turn.State != assistant.Full {
			t.Errorf("note %q", got)
		}
		return
	}
	t.Error("no model repeated itself")
}

func TestFooter(t *testing.T) {
	test.NewTempApp(t)
	for want, s := range map[string]assistant.Stats{
		"":                                  {},
		"41 tokens/s":                       {Answer: 41, AnswerSeconds: 1},
		"0.5 tokens/s · 0.6 CPU s":          {Answer: 1, AnswerSeconds: 2, CPUSeconds: 0.6},
		"1,024 tokens/s · 12 CPU s · 3.0 J": {Answer: 1024, AnswerSeconds: 1, CPUSeconds: 12.2, Joules: 3, JoulesMeasured: true},
		"10 tokens/s · 1.0 CPU s · ≈ 250 J": {Answer: 10, AnswerSeconds: 1, CPUSeconds: 1, Joules: 250},
		"1 token":                           {Answer: 1},
	} {
		if got := footer(s); got != want {
			t.Errorf("footer %q, want %q", got, want)
		}
	}
}
