package assistant

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/tokenizer"
)

// branched lets a branch of an answer grow to n pieces, then stops it, and returns what the pieces say.
func branched(t *testing.T, c *Conversation, turn, token int, other tokenizer.ID, n int) (string, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	text, _, err := follow(c.Branch(ctx, turn, token, other), cancel, n)
	return text, err
}

// TestBranch takes another token in the place of one, in a conversation in a vault and in one without, and holds that
// the new version begins like the old one, that both stay, and that it is the one that the model gives after these
// tokens.
func TestBranch(t *testing.T) {
	for name, s := range map[string]Store{"stored": newVault(t), "private": nil} {
		t.Run(name, func(t *testing.T) {
			r, _ := newRunner(t, free(256))
			c := NewConversation(r, s)
			ask(t, c, "Why does the tide come twice?", 20)
			ask(t, c, "And the moon?", 20)
			old := c.Turns()
			chances, err := c.Chances(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			const at = 7
			other := chances[at].Others[1]
			text, err := branched(t, c, 1, at, other.ID, 11)
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			turns := c.Turns()
			if len(turns) != 2 || turns[1].Version != 2 || turns[1].Versions != 2 || turns[1].Text != text || turns[1].State != Stopped {
				t.Fatalf("the branch is %+v, the pieces say %q", turns[len(turns)-1], text)
			}
			var before strings.Builder
			for _, chance := range chances[:at] {
				before.WriteString(chance.Text)
			}
			if !strings.HasPrefix(text, before.String()+other.Text) {
				t.Errorf("%q does not begin with %q and %q", text, before.String(), other.Text)
			}
			ids := turns[1].ids
			if !slices.Equal(ids[:at], old[1].ids[:at]) || ids[at] != other.ID || len(ids) <= at+5 {
				t.Errorf("tokens %v after %v", ids, old[1].ids)
			}
			if receipt := turns[1].Receipt; receipt.Given != at+1 || receipt.Tokens != len(ids)-at-1 || receipt.Before != nil {
				t.Errorf("the receipt is %+v", receipt)
			}
			if got := replay(t, c, 1); !got.Same || len(got.Changed) > 0 {
				t.Errorf("once more it is %+v", got)
			}
			if again, err := c.Chances(t.Context(), 1); err != nil || len(again) != len(ids) || again[at].P != other.P || again[at-1].P != chances[at-1].P {
				t.Errorf("the chance of the other token is %v, it was %v; %v", again[at].P, other.P, err)
			}
			if err := c.Switch(t.Context(), 1, 1); err != nil {
				t.Fatal(err)
			}
			for i, turn := range c.Turns() {
				if turn.Text != old[i].Text || !slices.Equal(turn.ids, old[i].ids) || i%2 == 1 && turn.Receipt.Sampling.Seed != old[i].Receipt.Sampling.Seed {
					t.Errorf("turn %d has become %+v", i, turn)
				}
			}
		})
	}
}

// TestContinueReplays goes on with an answer twice and holds that all three parts of it can be made once more.
func TestContinueReplays(t *testing.T) {
	r, _ := newRunner(t, free(256))
	v := newVault(t)
	c := NewConversation(r, v)
	ask(t, c, "Why does the tide come twice?", 9)
	for range 2 {
		grow(t, 8, c.Continue)
	}
	turn := c.Turns()[1]
	if parts := turn.Receipt; parts.Before == nil || parts.Before.Before == nil || parts.Before.Before.Before != nil || len(turn.ids) < 20 {
		t.Fatalf("%d tokens, the receipt is %+v", len(turn.ids), parts)
	}
	c = loadAll(t, r, again(t, v))[0]
	if got := replay(t, c, 1); !got.Same || len(got.Changed) > 0 || got.Text != turn.Text {
		t.Errorf("once more it is %+v, it was %q", got, turn.Text)
	}
	seed := &c.turns[1].Receipt.Before.Sampling.Seed
	*seed++
	if got := replay(t, c, 1); got.Same || got.First < turn.Receipt.Before.Given || got.First >= turn.Receipt.Given {
		t.Errorf("with another seed of the second part it is %+v", got)
	}
}

// TestBranchRefuses holds that nothing changes when there can be no branch.
func TestBranchRefuses(t *testing.T) {
	r, lib := newRunner(t, free(256))
	c := NewConversation(r, nil)
	ask(t, c, "Why does the tide come twice?", 10)
	tok := r.loaded.model.Tokenizer()
	control, ok := tok.Special("<end_of_turn>")
	if !ok {
		t.Fatal("there is no such token")
	}
	before := c.Turns()
	for name, b := range map[string]struct {
		turn, token int
		other       tokenizer.ID
	}{
		"of a question":             {0, 1, 100},
		"of a turn that is not":     {5, 1, 100},
		"at a token that is not":    {1, 10, 100},
		"before the first":          {1, -1, 100},
		"with a token that is not":  {1, 3, 1 << 30},
		"with less than nothing":    {1, 3, -1},
		"with the end of an answer": {1, 3, control},
	} {
		if _, err := branched(t, c, b.turn, b.token, b.other, 4); err == nil || errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if turns := c.Turns(); len(turns) != 2 || turns[1].Text != before[1].Text || turns[1].State != before[1].State || !slices.Equal(turns[1].ids, before[1].ids) {
			t.Errorf("%s: %+v", name, turns)
		}
	}
	m, _ := lib.Active()
	use(t, lib, fixture.Options{Seed: 9, Name: "Other"})
	if _, err := branched(t, c, 1, 3, 100, 4); !errors.Is(err, context.Canceled) || c.Turns()[1].model != m.ID {
		t.Errorf("%s goes on with what %s has written: %v", c.Turns()[1].model, m.ID, err)
	}
	if err := lib.Remove(m.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := branched(t, c, 1, 3, 101, 4); !errors.Is(err, ErrChances) {
		t.Errorf("with a model that is gone: %v", err)
	}
}
