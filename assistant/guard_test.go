package assistant

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/internal/fixture"
	"lamplight/internal/race"
)

// TestLoopingAnswer lets a model answer greedily, which sends it round in circles, and holds that what the pieces say
// is what the conversation has, that the answer goes back to where the circle began, goes on in another way, and ends
// when that is no better.
func TestLoopingAnswer(t *testing.T) {
	race.Skip(t)
	cold := float32(0)
	for seed := range uint64(2) {
		r, lib := newRunner(t, Settings{ContextLength: 2048, Sampling: Sampling{Temperature: &cold}})
		use(t, lib, fixture.Options{Seed: seed, ContextLength: 2048})
		c := NewConversation(r, nil)
		text, backs, tokens := "", 0, 0
		var stats Stats
		var last error
		for p, err := range c.Ask(t.Context(), "Say something") {
			if last = err; err != nil {
				break
			}
			if p.Back > 0 {
				backs++
			}
			text = text[:len(text)-p.Back] + p.Text
			if p.Stage == Answering && p.Back == 0 {
				tokens++
			}
			if p.Stage == Done {
				stats = p.Stats
			}
		}
		turn := c.Turns()[1]
		t.Logf("seed %d: %d tokens of %d left, back %d times, %v", seed, len(turn.ids), tokens, backs, last)
		if turn.Text != text || stats.Answer != len(turn.ids) || r.loaded.model.Tokenizer().Decode(turn.ids) != text {
			t.Errorf("the pieces say %q, the conversation %q, the tokens %q; %d tokens, stats %+v", text, turn.Text,
				r.loaded.model.Tokenizer().Decode(turn.ids), len(turn.ids), stats)
		}
		if turn.Receipt.Loops != backs {
			t.Errorf("it went back %d times, the receipt says %d", backs, turn.Receipt.Loops)
		}
		if looped := errors.Is(last, ErrLoop); looped != (backs == 2) || looped != (turn.State == Looped) {
			t.Errorf("it went back %d times and ended as %d with %v", backs, turn.State, last)
		}
	}
}

// TestLoopsTwice puts words into the model's mouth that go round in a circle both times.
func TestLoopsTwice(t *testing.T) {
	r, _ := newRunner(t, short(2048))
	if _, err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := r.loaded
	c := NewConversation(r, nil)
	c.turns = []Turn{{Role: chat.User, Text: "Say it"}, {Role: chat.Assistant, State: Writing}}
	prompt, err := c.prompt(l)
	if err != nil {
		t.Fatal(err)
	}
	// A character of three tokens is cut by the end of the block.
	start, block := l.model.Tokenizer().Encode("Well then, "), l.model.Tokenizer().Encode("I do not know 猫")
	teacher := start
	for len(teacher) < 1000 {
		teacher = append(teacher, block...)
	}
	text := ""
	var dropped []int
	a := &answer{c: c, yield: func(p Piece, _ error) bool {
		if p.Back > 0 {
			dropped = append(dropped, p.Back)
		}
		text = text[:len(text)-p.Back] + p.Text
		return true
	}}
	err = c.end(t.Context(), a.generate(t.Context(), l, prompt, engine.GenerateOptions{Teacher: teacher}))
	turn := c.Turns()[1]
	if !errors.Is(err, ErrLoop) || turn.State != Looped || turn.Receipt.Loops != 2 || len(dropped) != 2 {
		t.Errorf("it ended as %d with %v, %d loops, went back by %v", turn.State, err, turn.Receipt.Loops, dropped)
	}
	if turn.Text != text || !strings.HasPrefix(text, "Well then, I do not know") {
		t.Errorf("what is left is %q, the pieces say %q", turn.Text, text)
	}
	if !slices.Equal(turn.ids[:len(start)], start) || len(turn.ids) < len(start)+len(block) {
		t.Errorf("%d tokens are left", len(turn.ids))
	}
}
