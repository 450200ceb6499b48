package tokenizer_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"lamplight/tokenizer"
)

// spell returns the tokens of ids as the vocabulary spells them.
func spell(tok *tokenizer.SPM, ids []tokenizer.ID) string {
	var texts []string
	for _, id := range ids {
		texts = append(texts, tok.Text(id))
	}
	return strings.Join(texts, "|")
}

func TestEncode(t *testing.T) {
	tok := newSPM(t, small())
	for _, tt := range []struct{ text, plain, special string }{
		{"", "", ""},
		{"abc", "abc", "abc"},
		{" ab", "▁ab", "▁ab"},      // ▁a before b, then ▁ab
		{"ü a", "ü|▁a", "ü|▁a"},    // ▁a has the higher score of the two pairs that share ▁
		{"ü b", "ü▁|b", "ü▁|b"},    //
		{"abab", "ab|ab", "ab|ab"}, // of equal scores the left one
		{"日本", "日本", "日本"},         //
		{"x", "<0x78>", "<0x78>"},  // no piece: its bytes
		{"é", "<0xC3>|<0xA9>", "<0xC3>|<0xA9>"},
		{"\xff", "<0xFF>", "<0xFF>"},               // no character: its bytes
		{"a\n\n\nb", "a|\n\n|\n|b", "a|\n\n|\n|b"}, // the longest first
		{"a   b", "a|  |▁|b", "a|  |▁|b"},          // the run of two is cut out before ▁ is made
		{"<b>a</b>", "<b>|a|</b>", "<b>|a|</b>"},
		{"<b", "<|b", "<|b"},
		{"<eos>", "<|e|o|<0x73>|>", "<eos>"},
		{"<unk>", "<|u|n|<0x6B>|>", "<|u|n|<0x6B>|>"}, // no text makes the unknown token
		{"<0x41>", "<|<0x30>|<0x78>|<0x34>|<0x31>|>", "<|<0x30>|<0x78>|<0x34>|<0x31>|>"},
		{"a<end_of_turn>\n", "a|<|e|n|d|_|o|f|_|t|u|r|n|>|\n", "a|<end_of_turn>|\n"},
		{"<end_of_turn<bos>", "<|e|n|d|_|o|f|_|t|u|r|n|<|b|o|<0x73>|>", "<|e|n|d|_|o|f|_|t|u|r|n|<bos>"},
		{"▁a", "▁a", "▁a"},
	} {
		if got := spell(tok, tok.Encode(tt.text)); got != tt.plain {
			t.Errorf("%q: %s, want %s", tt.text, got, tt.plain)
		}
		if got := spell(tok, tok.EncodeWithSpecial(tt.text)); got != tt.special {
			t.Errorf("%q with control tokens: %s, want %s", tt.text, got, tt.special)
		}
	}
}

func TestSpacePrefix(t *testing.T) {
	v := small()
	v.AddSpacePrefix = true
	tok := newSPM(t, v)
	for text, want := range map[string]string{"": "", "ab": "▁ab", " ab": "  |ab"} {
		if got := spell(tok, tok.Encode(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestLookups(t *testing.T) {
	tok := newSPM(t, small())
	for name, want := range map[string]bool{"<bos>": true, "<end_of_turn>": true, "<b>": false, "<bos": false, "<bos>x": false, "abc": false, "": false} {
		id, ok := tok.Special(name)
		if ok != want || ok && tok.Text(id) != name {
			t.Errorf("Special(%q) = %d, %t", name, id, ok)
		}
	}
	for _, id := range []tokenizer.ID{-1, tokenizer.ID(tok.Size()), math.MaxInt32, math.MinInt32} {
		if tok.Kind(id) != tokenizer.Unknown || tok.Text(id) != "" || len(tok.AppendBytes(nil, id)) != 0 {
			t.Errorf("id %d: kind %d, %q", id, tok.Kind(id), tok.Text(id))
		}
	}
	if got := tok.Decode([]tokenizer.ID{2, 4, 6, 3}); got != "\n" {
		t.Errorf("control tokens decode to %q", got)
	}
}

// TestBadVocabulary holds that a vocabulary which makes no sense is refused, not used.
func TestBadVocabulary(t *testing.T) {
	for name, spoil := range map[string]func(v *tokenizer.Vocab){
		"no tokens":            func(v *tokenizer.Vocab) { *v = tokenizer.Vocab{} },
		"fewer scores":         func(v *tokenizer.Vocab) { v.Scores = v.Scores[1:] },
		"fewer kinds":          func(v *tokenizer.Vocab) { v.Kinds = v.Kinds[1:] },
		"a score of NaN":       func(v *tokenizer.Vocab) { v.Scores[5] = float32(math.NaN()) },
		"an infinite score":    func(v *tokenizer.Vocab) { v.Scores[5] = float32(math.Inf(1)) },
		"kind 0":               func(v *tokenizer.Vocab) { v.Kinds[5] = 0 },
		"kind 7":               func(v *tokenizer.Vocab) { v.Kinds[5] = 7 },
		"an empty piece":       func(v *tokenizer.Vocab) { v.Tokens[len(v.Tokens)-1] = "" },
		"an endless piece":     func(v *tokenizer.Vocab) { v.Tokens[len(v.Tokens)-1] = strings.Repeat("a", 5000) },
		"a byte token of text": func(v *tokenizer.Vocab) { v.Tokens[20] = "<0xG0>" },
		"BOS outside":          func(v *tokenizer.Vocab) { v.BOS = tokenizer.ID(len(v.Tokens)) },
		"EOS below":            func(v *tokenizer.Vocab) { v.EOS = -2 },
		"no byte, no unknown":  func(v *tokenizer.Vocab) { v.Unknown, v.Kinds[20] = -1, tokenizer.Unused },
		"too much to match": func(v *tokenizer.Vocab) {
			for i := range 2000 {
				v.Tokens = append(v.Tokens, strings.Repeat("x", 3000)+string(rune(i+100)))
				v.Kinds, v.Scores = append(v.Kinds, tokenizer.UserDefined), append(v.Scores, 0)
			}
		},
	} {
		v := small()
		spoil(&v)
		if _, err := tokenizer.NewSPM(v); err == nil || !strings.HasPrefix(err.Error(), "tokenizer: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := small()
	v.Kinds[20] = tokenizer.Unused
	if got := newSPM(t, v).Encode("\x09"); !slices.Equal(got, []tokenizer.ID{v.Unknown}) {
		t.Errorf("a byte without a token is %v, want the unknown token", got)
	}
}
