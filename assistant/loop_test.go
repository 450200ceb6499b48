package assistant

import (
	"fmt"
	"strings"
	"testing"

	"lamplight/engine"
	"lamplight/engine/sample"
	"lamplight/internal/fixture"
	"lamplight/tokenizer"
)

// fixtureTokenizer is that of the tiny model, which has few words: it takes more tokens for a text than others do, so
// its blocks are long.
func fixtureTokenizer(t *testing.T) tokenizer.Tokenizer {
	t.Helper()
	m, err := engine.Load(t.Context(), fixture.GGUF(t, fixture.Options{}), engine.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m.Tokenizer()
}

// spoken feeds the tokens of a text to the guard, and returns how many there were when it found a cycle, 0 if it did
// not, and the text that is left then.
func spoken(tok tokenizer.Tokenizer, ids []tokenizer.ID) (at int, left string) {
	var l loops
	for i, id := range ids {
		l.add(id)
		if once, ok := l.cycle(tok); ok {
			return i + 1, tok.Decode(ids[:once])
		}
	}
	return 0, ""
}

func numbered(from, to int, format string) string {
	var s strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&s, strings.ReplaceAll(format, "#", "%[1]d"), i)
	}
	return s.String()
}

const (
	chorus = "Oh, the lamp is lit and the night is long,\nand the river sings us an old, old song.\n"
	zeros  = "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0],\n"
)

// TestLegitimateRepetition holds that what people ask for is not taken for a loop.
func TestLegitimateRepetition(t *testing.T) {
	tok := fixtureTokenizer(t)
	for name, text := range map[string]string{
		"counting":           numbered(1, 300, "#, "),
		"counting in lines":  numbered(1, 300, "#\n"),
		"counting down":      numbered(1, 99, "# bottles of beer on the wall, # bottles of beer.\nTake one down and pass it around.\n"),
		"numbered list":      numbered(1, 60, "#. Item\n"),
		"empty list":         strings.Repeat("- \n", 20) + "\nThat is all.",
		"checklist":          "To do:\n" + strings.Repeat("- [ ] \n", 25),
		"multiplication":     numbered(1, 100, "7 x # = 7#\n"),
		"table rule":         "|" + strings.Repeat("---|", 40) + "\n",
		"empty table":        "| Mon | Tue | Wed |\n|---|---|---|\n" + strings.Repeat("|   |   |   |\n", 24),
		"table of numbers":   "| n | n² |\n|---|---|\n" + numbered(1, 80, "| # | # |\n"),
		"long rule":          strings.Repeat("=", 300) + "\n" + strings.Repeat("-", 300),
		"blank lines":        "Yes." + strings.Repeat("\n", 200) + "No.",
		"matrix of zeros":    "```\n" + strings.Repeat(zeros, 10) + "```\n",
		"matrix unfenced":    strings.Repeat("0 0 0 0 0 0 0 0\n", 8),
		"go board":           strings.Repeat(strings.Repeat(". ", 19)+"\n", 19),
		"empty cells":        "```html\n<table>\n" + strings.Repeat("<tr><td></td><td></td><td></td></tr>\n", 12) + "</table>\n```",
		"switch":             "```go\n" + numbered(0, 60, "\tcase #:\n\t\treturn name(#)\n") + "```",
		"rows of data":       numbered(1, 80, "{\"id\": #, \"name\": \"Item\", \"price\": 10, \"tags\": []},\n"),
		"one seventh":        "0." + strings.Repeat("142857", 100),
		"one third":          "0." + strings.Repeat("3", 900),
		"poem with refrain":  "The boats are in, the nets are dry,\n" + chorus + "The stars are counted in the sky,\n" + chorus + "The moon goes home, and so do I,\n" + chorus + chorus,
		"chorus three times": "And once more, all together:\n\n" + strings.Repeat("Row the boat.\n", 3) + strings.Repeat(chorus, 2),
		"laughing":           "Ha" + strings.Repeat(" ha", 80) + "!",
		"drum roll":          strings.Repeat("dum ", 60) + "tss",
		"emoji":              strings.Repeat("🎉", 100),
		"the same but once":  strings.Repeat("I am here. ", 12) + "I was there. " + strings.Repeat("I am here. ", 12),
		"prose":              numbered(1, 40, "In chapter # the lamp is lit again, and # moths come to see it burn. "),
	} {
		t.Run(name, func(t *testing.T) {
			ids := tok.Encode(text)
			if at, left := spoken(tok, ids); at > 0 {
				t.Errorf("after %d of %d tokens, with %q left", at, len(ids), left)
			}
		})
	}
}

// TestLoops holds that a loop is found wherever it begins and however long its block is, soon, and that the block is
// left once.
func TestLoops(t *testing.T) {
	tok := fixtureTokenizer(t)
	const before = "The answer is this: "
	for name, c := range map[string]struct {
		block, before string
		within        int // tokens of the cycle
	}{
		"a letter":            {"a", before, 256},
		"a word":              {" very", before, 260},
		"a sentence":          {"I am a large language model. ", before, 300},
		"from the first word": {"I am a large language model. ", "", 300},
		"a paragraph":         {chorus + "Nothing else is known of it.\n\n", before, 520},
		"a page":              {strings.Repeat("x", 10) + chorus + chorus + numbered(1, 20, "# of them, "), before, 1600},
		"Chinese":             {"我不知道。", before, 300},
		"dashes for ever":     {"-", before, 1024},
		"numbers for ever":    {"0 1 ", before, 1030},
		"lines of code":       {"    x = x + 1\n", "```python\n", 520},
		"code blocks":         {"```\nx = 1\n```\nOr else:\n", before, 300},
	} {
		t.Run(name, func(t *testing.T) {
			start := tok.Encode(c.before)
			block := tok.Encode(c.block)
			ids := start
			for len(ids) < len(start)+5000 {
				ids = append(ids, block...)
			}
			at, left := spoken(tok, ids)
			if at == 0 || at > len(start)+c.within {
				t.Fatalf("a block of %d tokens was found after %d, want %d", len(block), at-len(start), c.within)
			}
			if len(left) > len(c.before)+len(c.block) || !strings.HasPrefix(c.before+c.block, left) || len(left) < len(c.block) {
				t.Errorf("left is %q", left)
			}
		})
	}
}

func TestOtherwise(t *testing.T) {
	for _, p := range []sample.Params{{}, sample.Defaults("gemma3"), {Temperature: 0.2, RepeatPenalty: 1.5, Seed: 1<<64 - 1, DRY: sample.DRY{Multiplier: 3, Window: 5}}} {
		q := otherwise(p)
		if _, err := sample.New(q); err != nil {
			t.Error(err)
		}
		if q.DRY.Multiplier < 0.8 || q.DRY.Window != 0 || q.RepeatPenalty < p.RepeatPenalty || (p.Temperature == 0) != (q.Temperature == 0) || q.Seed == p.Seed {
			t.Errorf("%+v becomes %+v", p, q)
		}
	}
}
