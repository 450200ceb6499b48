package tokenizer_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"lamplight/tokenizer"
)

// small is a vocabulary with every byte, a few pieces, and tokens that are matched as a whole.
func small() tokenizer.Vocab {
	v := tokenizer.Vocab{BOS: 2, EOS: 1, Unknown: 3, Padding: 0, AddBOS: true}
	add := func(kind tokenizer.Kind, texts ...string) {
		for _, text := range texts {
			v.Tokens, v.Kinds = append(v.Tokens, text), append(v.Kinds, kind)
			v.Scores = append(v.Scores, -float32(len(v.Tokens)))
		}
	}
	add(tokenizer.Control, "<pad>", "<eos>", "<bos>")
	add(tokenizer.Unknown, "<unk>")
	add(tokenizer.Control, "<start_of_turn>", "<end_of_turn>")
	add(tokenizer.UserDefined, "\n", "\n\n", "  ", "<b>", "</b>")
	const hex = "0123456789ABCDEF"
	for b := range 256 {
		add(tokenizer.Byte, "<0x"+string(hex[b>>4])+string(hex[b&15])+">")
	}
	add(tokenizer.Normal, "ab", "abc", "▁a", "▁ab", "ü▁", "日本", "▁▁")
	add(tokenizer.Normal, strings.Split("▁ a b c d e n f o _ t u r < > ü ß 日 本 🦙", " ")...)
	return v
}

// TestDecoder feeds random tokens, most of them single bytes, and holds at every step that what came out is
// whole characters, that nothing is held back which could be given, and in the end that nothing was lost.
func TestDecoder(t *testing.T) {
	tok := newSPM(t, small())
	r := rand.New(rand.NewPCG(1, 2))
	text := []rune("aé€🦙 \u2581\u0301日")
	for range 5000 {
		ids := randomIDs(r, tok, text)
		decoder := tokenizer.NewDecoder(tok)
		var all []byte
		out := ""
		for _, id := range ids {
			all = tok.AppendBytes(all, id)
			piece := decoder.Push(id)
			if !utf8.ValidString(piece) {
				t.Fatalf("%v: %q is no text", ids, piece)
			}
			out += piece
			if held := len(all) - size(out, all); held >= utf8.UTFMax || held > 0 && utf8.FullRune(all[len(all)-held:]) {
				t.Fatalf("%v: %d bytes of %q are held back after %q", ids, held, all, out)
			}
		}
		out += decoder.Flush()
		if want := tok.Decode(ids); out != want {
			t.Fatalf("%v: piece by piece %q, at once %q", ids, out, want)
		}
		if utf8.Valid(all) && out != string(all) {
			t.Fatalf("%v: got %q, want %q", ids, out, all)
		}
		if again := decoder.Flush(); again != "" {
			t.Fatalf("a second flush gives %q", again)
		}
	}
}

// size returns how many bytes of all the text out stands for, in which U+FFFD may be one broken byte.
func size(out string, all []byte) int {
	at := 0
	for _, want := range out {
		r, n := utf8.DecodeRune(all[at:])
		if r != want {
			return -1
		}
		at += n
	}
	return at
}

// randomIDs makes the bytes of characters, whole or broken, mixed with other tokens.
func randomIDs(r *rand.Rand, tok *tokenizer.SPM, text []rune) []tokenizer.ID {
	byteID := func(b byte) tokenizer.ID { return tokenizer.ID(11 + int(b)) }
	var ids []tokenizer.ID
	for range r.IntN(8) {
		switch r.IntN(5) {
		case 0:
			ids = append(ids, tokenizer.ID(r.IntN(tok.Size()+2)-1)) // two of them outside
		case 1:
			ids = append(ids, byteID(byte(r.IntN(256))))
		default:
			bytes := []byte(string(text[r.IntN(len(text))]))
			if r.IntN(4) == 0 {
				bytes = bytes[:r.IntN(len(bytes)+1)]
			}
			for _, b := range bytes {
				ids = append(ids, byteID(b))
			}
		}
	}
	return ids
}

func TestDecoderHoldsBack(t *testing.T) {
	tok := newSPM(t, small())
	for _, tt := range []struct {
		bytes string
		want  []string // after each byte, and after Flush
	}{
		{"a", []string{"a", ""}},
		{"é", []string{"", "é", ""}},
		{"€", []string{"", "", "€", ""}},
		{"🦙", []string{"", "", "", "🦙", ""}},
		{"\xe2\x82a", []string{"", "", "\ufffd\ufffda", ""}},
		{"\xf0\x9f\xa6", []string{"", "", "", "\ufffd\ufffd\ufffd"}},
		{"\x80\xff", []string{"\ufffd", "\ufffd", ""}},
		{"\xc3\xc3\xa9", []string{"", "\ufffd", "é", ""}},
		{"\xed\xa0\x80", []string{"", "\ufffd\ufffd", "\ufffd", ""}}, // half of a surrogate pair is no character
		{"\xc0\x80", []string{"\ufffd", "\ufffd", ""}},
	} {
		decoder := tokenizer.NewDecoder(tok)
		var got []string
		for _, b := range []byte(tt.bytes) {
			got = append(got, decoder.Push(tokenizer.ID(11+int(b))))
		}
		if got = append(got, decoder.Flush()); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.bytes, got, tt.want)
		}
	}
}

// TestDecoderPeek holds that looking at a token changes nothing, and sees what comes with it.
func TestDecoderPeek(t *testing.T) {
	tok := newSPM(t, small())
	r := rand.New(rand.NewPCG(3, 4))
	d := tokenizer.NewDecoder(tok)
	var ids []tokenizer.ID
	text := ""
	for range 3000 {
		other := tokenizer.ID(r.IntN(tok.Size()))
		if got, want := text+d.Peek(other), tok.Decode(append(slices.Clone(ids), other)); got != want {
			t.Fatalf("after %v: %q, want %q", ids, got, want)
		}
		id := tokenizer.ID(r.IntN(tok.Size()))
		ids, text = append(ids, id), text+d.Push(id)
	}
}
