package tokenizer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"

	"lamplight/internal/fixture"
	"lamplight/tokenizer"
)

func TestParseSentencePiece(t *testing.T) {
	want := small()
	got, err := tokenizer.ParseSentencePiece(fixture.SentencePiece(want))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatal(err, diff)
	}
	// Without a trainer or normalizer the defaults of SentencePiece hold, but the merges must be known.
	if _, err := tokenizer.ParseSentencePiece(nil); err == nil || !strings.Contains(err.Error(), "model type 1") {
		t.Errorf("an empty file: %v", err)
	}
	// Gemma's file has the tokens of turns as user-defined.
	v := small()
	v.Kinds[4] = tokenizer.UserDefined
	if got, err := tokenizer.ParseSentencePiece(fixture.SentencePiece(v)); err != nil || got.Kinds[4] != tokenizer.Control {
		t.Errorf("<start_of_turn> is of kind %d, %v", got.Kinds[4], err)
	}
}

func TestBadSentencePiece(t *testing.T) {
	good := fixture.SentencePiece(small())
	number := func(b []byte, field protowire.Number, n uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
	}
	message := func(field protowire.Number, m []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), m)
	}
	for name, model := range map[string][]byte{
		"text":                    []byte("This is a text."),
		"cut":                     good[:len(good)-1],
		"cut in a piece":          good[:5],
		"a length beyond the end": append(message(1, nil)[:1], 0xFF, 0xFF, 0xFF, 0xFF, 0x0F),
		"an endless number":       []byte{0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
		"a piece of kind 9":       append(good, message(1, number(message(1, []byte("x")), 3, 9))...),
		"an empty piece":          append(good, message(1, nil)...),
		"unigram":                 append(good, message(2, number(nil, 3, 1))...),
		"BOS outside":             append(good, message(2, number(nil, 41, 1<<20))...),
		"only a trainer":          message(2, number(nil, 3, 2)),
		"a group that never ends": protowire.AppendTag(nil, 9, protowire.StartGroupType),
	} {
		if _, err := tokenizer.ParseSentencePiece(model); err == nil || !strings.HasPrefix(err.Error(), "tokenizer: tokenizer.model: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseHuggingFace(t *testing.T) {
	v := small()
	got, err := tokenizer.ParseHuggingFace(fixture.TokenizerJSON(v))
	if err != nil {
		t.Fatal(err)
	}
	got.Scores, v.Scores = nil, nil // ranks of merges, which only order
	if diff := cmp.Diff(v, got); diff != "" {
		t.Error(diff)
	}
}

// hf is a tokenizer.json with these vocabulary, merges and added tokens, beside all bytes.
func hf(vocab, merges, added string) string {
	var bytes strings.Builder
	for b := range 256 {
		fmt.Fprintf(&bytes, `"<0x%02X>": %d, `, b, b)
	}
	return fmt.Sprintf(`{"version": "1.0", "truncation": null, "added_tokens": [%s],
		"model": {"merges": [%s], "type": "BPE", "dropout": null, "unk_token": null, "byte_fallback": true,
		"vocab": {%s%s}}, "decoder": {"a": ["]", "\"", {}], "b": 1e5}}`, added, merges, bytes.String(), vocab)
}

func TestHuggingFaceForms(t *testing.T) {
	const vocab = `"a": 256, "b": 257, "c": 258, "ab": 259, "bc": 260, "\u00e9\"": 261, "é": 262, "\"": 263`
	for name, tt := range map[string]struct{ merges, added, text, want string }{
		"pairs":                  {`["a", "b"], ["b", "c"]`, ``, "abc", "ab|c"},
		"in another order":       {`["b", "c"], ["a", "b"]`, ``, "abc", "a|bc"},
		"strings":                {`"b c", "a b"`, ``, "abc", "a|bc"},
		"the first of several":   {`["b", "c"], ["a", "b"], ["a", "b"], ["b", "c"]`, ``, "abc", "a|bc"},
		"escapes":                {`["\u00e9", "\""]`, ``, `é"`, `é"`},
		"no merges":              {``, ``, "b", "b"},
		"an added token":         {`["a", "b"]`, `{"id": 264, "content": "bc", "special": false, "lstrip": false}`, "abc", "a|bc"},
		"an added control token": {`["a", "b"]`, `{"id": 264, "content": "bc", "special": true}`, "abc", "ab|c"},
		"spelled with ▁":         {`["a", "b"]`, `{"content": "▁▁", "id": 264}`, "a  b", "a|  |b"},
		"reserved ones are text": {`["a", "b"]`, `{"content": "<unused5>", "id": 264}`, "a<unused5>", "a|<unused5>"},
	} {
		v, err := tokenizer.ParseHuggingFace([]byte(hf(vocab, tt.merges, tt.added)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tok, err := tokenizer.NewSPM(withUnknown(v))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := spell(tok, tok.Encode(tt.text)); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// withUnknown makes token 0 stand for what has no byte token.
func withUnknown(v tokenizer.Vocab) tokenizer.Vocab {
	if v.Unknown < 0 {
		v.Unknown = 0
	}
	return v
}

func TestHuggingFaceFacts(t *testing.T) {
	text := strings.Replace(hf(`"<bos>": 256, "<unk>": 257`, ``, `{"id": 256, "content": "<bos>", "special": false}, {"id": 260, "content": "<eos>", "special": true}`),
		`"unk_token": null`, `"unk_token": "<unk>"`, 1)
	v, err := tokenizer.ParseHuggingFace([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if v.BOS != 256 || v.EOS != 260 || v.Unknown != 257 || v.Padding != -1 || !v.AddBOS || v.AddSpacePrefix {
		t.Errorf("bos %d, eos %d, unk %d, pad %d, add bos %t, space %t", v.BOS, v.EOS, v.Unknown, v.Padding, v.AddBOS, v.AddSpacePrefix)
	}
	if len(v.Tokens) != 261 || v.Kinds[259] != tokenizer.Unused || v.Kinds[256] != tokenizer.Control || v.Kinds[0] != tokenizer.Byte {
		t.Errorf("%d tokens: %q", len(v.Tokens), v.Tokens[256:])
	}
	text = strings.Replace(text, `"truncation"`, `"normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}]}, "truncation"`, 1)
	if v, err = tokenizer.ParseHuggingFace([]byte(text)); err != nil || !v.AddSpacePrefix {
		t.Errorf("a normalizer that prepends: %t, %v", v.AddSpacePrefix, err)
	}
}

func TestBadHuggingFace(t *testing.T) {
	good := hf(`"a": 256, "b": 257, "ab": 258`, `["a", "b"]`, ``)
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	for name, text := range map[string]string{
		"nothing":                 "",
		"text":                    "This is a text.",
		"a list":                  "[]",
		"cut":                     good[:len(good)-1],
		"cut in a string":         good[:5],
		"more behind it":          good + "{}",
		"an empty object":         "{}",
		"no model":                `{"model": null}`,
		"another model":           replace(`"BPE"`, `"Unigram"`),
		"no byte fallback":        replace(`"byte_fallback": true`, `"byte_fallback": false`),
		"a fallback of 1":         replace(`"byte_fallback": true`, `"byte_fallback": 1`),
		"an id that is a string":  replace(`258`, `"258"`),
		"a fraction as an id":     replace(`258`, `258.5`),
		"an id twice":             replace(`258`, `257`),
		"an id below":             replace(`258`, `-1`),
		"an id far outside":       replace(`258`, `2000000000`),
		"an id beyond numbers":    replace(`258`, `1e99`),
		"an added id far outside": hf(`"a": 256`, ``, `{"id": 2000000000, "content": "x"}`),
		"an added id below":       hf(`"a": 256`, ``, `{"id": -5, "content": "x"}`),
		"an added number":         hf(`"a": 256`, ``, `7`),
		"an unknown piece":        replace(`["a", "b"]`, `["b", "a"]`),
		"three pieces":            replace(`["a", "b"]`, `["a", "b", ""]`),
		"a number as a merge":     replace(`["a", "b"]`, `5`),
		"a merge of one":          replace(`["a", "b"]`, `"ab"`),
		"a merge with nothing":    replace(`["a", "b"]`, `" ab"`),
		"merges of another form":  replace(`[["a", "b"]]`, `{"a": "b"}`),
		"a missing comma":         replace(`, "b": 257`, ` "b": 257`),
		"a missing colon":         replace(`"a": 256`, `"a" 256`),
		"a comma too much":        replace(`"ab": 258`, `"ab": 258,`),
		"a line break in a text":  replace(`"a": 256`, "\"a\n\": 256"),
		"a bad escape":            replace(`"a": 256`, `"\x": 256`),
		"an empty piece":          replace(`"a": 256`, `"": 256`),
	} {
		v, err := tokenizer.ParseHuggingFace([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "tokenizer: tokenizer.json: ") {
			t.Errorf("%s: %d tokens, %v", name, len(v.Tokens), err)
		}
	}
}
