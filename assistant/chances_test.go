package assistant

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"lamplight/engine/chat"
	"lamplight/tokenizer"
)

// TestChances asks how sure the model was of each answer of a conversation, and holds it against the logits of a session
// that has read the same tokens; then that the conversation goes on as if nobody had asked.
func TestChances(t *testing.T) {
	r, _ := newRunner(t, free(256))
	c := NewConversation(r, newVault(t))
	for range 7 {
		ask(t, c, strings.Repeat("word ", 8), 14)
	}
	turns := c.Turns()
	if !turns[0].Dropped {
		t.Fatal("all turns are in the model's view")
	}
	for turn := 1; turn < len(turns); turn += 2 {
		chances, err := c.Chances(t.Context(), turn)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for i, chance := range chances {
			text += chance.Text
			sum := chance.P
			for j, o := range chance.Others {
				if sum += o.P; o.ID == turns[turn].ids[i] || j > 0 && o.P > chance.Others[j-1].P {
					t.Errorf("turn %d, token %d: %+v", turn, i, chance)
				}
			}
			if len(chance.Others) != maxOthers || chance.P <= 0 || sum > 1.00001 {
				t.Errorf("turn %d, token %d: %+v", turn, i, chance)
			}
		}
		if text != turns[turn].Text || len(chances) != len(turns[turn].ids) {
			t.Errorf("turn %d: %q, want %q", turn, text, turns[turn].Text)
		}
		checkChances(t, c, turn, chances)
	}
	_, stats, err := ask(t, c, "And then?", 5)
	if !errors.Is(err, context.Canceled) || stats.Answer != 5 {
		t.Errorf("the next question: %+v, %v", stats, err)
	}
}

// checkChances computes the chances of an answer in another way.
func checkChances(t *testing.T, c *Conversation, turn int, chances []Chance) {
	t.Helper()
	past, err := c.past(turn)
	if err != nil {
		t.Fatal(err)
	}
	l := c.runner.loaded
	prompt, err := c.promptOf(l, past)
	if err != nil {
		t.Fatal(err)
	}
	if len(prompt) != past.receipt.PromptTokens || sumOf(prompt) != past.receipt.PromptSHA256 {
		t.Errorf("turn %d: a prompt of %d tokens, it had %d", turn, len(prompt), past.receipt.PromptTokens)
	}
	n := 0
	for row, err := range l.session.Logits(t.Context(), slices.Concat(prompt, past.ids[:len(past.ids)-1])) {
		if err != nil {
			t.Fatal(err)
		}
		if i := n - len(prompt) + 1; i >= 0 {
			var sum float64
			for _, v := range row {
				sum += math.Exp(float64(v))
			}
			if want := math.Exp(float64(row[past.ids[i]])) / sum; math.Abs(want-float64(chances[i].P)) > 1e-5*want {
				t.Errorf("turn %d, token %d: %v, want %v", turn, i, chances[i].P, want)
			}
		}
		n++
	}
}

// TestChancesOfHalfACharacter holds that an answer which ends in the middle of a character has all of its text.
func TestChancesOfHalfACharacter(t *testing.T) {
	r, _ := newRunner(t, free(128))
	if _, err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	tok := r.loaded.model.Tokenizer()
	ids := tok.Encode("Oh 猫")
	if tok.Kind(ids[len(ids)-1]) != tokenizer.Byte {
		t.Fatal("the character is one token")
	}
	ids = ids[:len(ids)-1]
	c := NewConversation(r, nil)
	c.turns = []Turn{{Role: chat.User, Text: "What is it?"}, {Role: chat.Assistant, Text: tok.Decode(ids), State: Stopped, ids: ids, model: r.loaded.id}}
	prompt, err := c.prompt(r.loaded)
	if err != nil {
		t.Fatal(err)
	}
	c.setReceipt(c.receipt(r.loaded, prompt, 0, r.Settings().Sampling.Apply(r.loaded.model.Sampling())))
	chances, err := c.Chances(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, chance := range chances {
		text += chance.Text
	}
	if text != c.turns[1].Text {
		t.Errorf("%q, want %q", text, c.turns[1].Text)
	}
	if last := chances[len(chances)-1]; !strings.HasPrefix(last.Others[0].Text, "�") && last.Others[0].Text != "猫" {
		t.Errorf("in the place of half a character: %+v", last.Others)
	}
}
