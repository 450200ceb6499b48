package library

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestSetters(t *testing.T) {
	l, sources := openTemp(t)
	m := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	speed := Speed{Decode: 61.5, Prefill: 900, Kernels: "avx512", Threads: 2, Measured: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	receipt := Receipt{Source: "Big", Text: "en.txt", Tokens: 512, SameTop: 0.9, Model: Measured{Bytes: 1, Perplexity: 20}}
	for _, err := range []error{
		l.SetNotes(m.ID, "first\r\n\tsecond\x00\u202e  \n\n"), l.SetTags(m.ID, []string{" story\nteller ", "", "Fast", "fast"}), l.Used(m.ID),
		l.SetSpeed(m.ID, speed), l.SetReceipt(m.ID, &receipt),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, err := reopen(t, l.dir).Get(m.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := m.Card
	want.Notes, want.Tags, want.Speed, want.Receipt, want.LastUsed = "first\n\tsecond", []string{"story teller", "Fast"}, &speed, &receipt, got.Card.LastUsed
	if diff := cmp.Diff(want, got.Card, cmp.AllowUnexported(Card{})); diff != "" {
		t.Error(diff)
	}
	if age := time.Since(got.Card.LastUsed); age < 0 || age > time.Hour {
		t.Errorf("used %v", got.Card.LastUsed)
	}
	wantTree(t, l.dir, m.ID, m.ID+"/model.gguf", m.ID+"/model.json")
	if err := l.SetReceipt(m.ID, nil); err != nil {
		t.Fatal(err)
	}
	if got, _ := l.Get(m.ID); got.Card.Receipt != nil {
		t.Error("the receipt is still there")
	}
	for _, err := range []error{
		l.SetNotes("nothing", ""), l.SetTags("..", nil), l.Used(""), l.SetSpeed("nothing", speed), l.SetReceipt("nothing", nil),
	} {
		wantIs(t, err, ErrNotFound)
	}
	for _, s := range []Speed{{}, {Decode: -1}, {Decode: math.NaN()}, {Decode: math.Inf(1)}, {Decode: 1, Prefill: -1}, {Decode: 1, Threads: -1}} {
		if l.SetSpeed(m.ID, s) == nil {
			t.Errorf("accepted %+v", s)
		}
	}
	if l.SetReceipt(m.ID, &Receipt{}) == nil {
		t.Error("accepted an empty receipt")
	}
}

// Texts have bounds, whoever has written them.
func TestBounds(t *testing.T) {
	c := goodCard()
	c.Notes = strings.Repeat("é\n", maxNotes)
	for i := range 2 * maxTags {
		c.Tags = append(c.Tags, fmt.Sprint(i, strings.Repeat("é", maxTag)))
	}
	got, err := parseCard(encoded(t, c))
	if err != nil {
		t.Fatal(err)
	}
	if n := utf8.RuneCountInString(got.Notes); n > maxNotes || n < maxNotes-2 {
		t.Errorf("the notes have %d characters", n)
	}
	if len(got.Tags) != maxTags || utf8.RuneCountInString(got.Tags[0]) != maxTag {
		t.Errorf("%d tags, the first is %q", len(got.Tags), got.Tags[0])
	}
}

// A card of a later version keeps what this one does not know, and a part that makes no sense costs no more than itself.
func TestUnknownFields(t *testing.T) {
	l, sources := openTemp(t)
	m := mustImport(t, l, write(t, filepath.Join(sources, "a.gguf"), tinyGGUF(t, 1)))
	path := filepath.Join(l.dir, m.ID, cardName)
	var object map[string]any
	if err := json.Unmarshal(read(t, path), &object); err != nil {
		t.Fatal(err)
	}
	object["colour"], object["later"] = "<blue>", map[string]any{"a": []any{1.5, nil}}
	object["NOTES"] = "as package json reads it"
	object["speed"], object["receipt"] = map[string]any{"decode_tokens_s": -1}, map[string]any{"tokens": -1}
	data, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, data)
	for _, tags := range [][]string{{"a"}, {"b"}} {
		if err := l.SetTags(m.ID, tags); err != nil {
			t.Fatal(err)
		}
	}
	var after map[string]any
	if err := json.Unmarshal(read(t, path), &after); err != nil {
		t.Fatal(err)
	}
	delete(object, "NOTES")
	delete(object, "speed")
	delete(object, "receipt")
	object["notes"], object["tags"] = "as package json reads it", []any{"b"}
	if diff := cmp.Diff(object, after); diff != "" {
		t.Error(diff)
	}
}

func TestHint(t *testing.T) {
	for _, c := range []struct {
		card Card
		want Hint
	}{
		{Card{Name: "gemma-3-270m-it", Parameters: 268e6, Quantization: "Q4_0"}, Hint{Instruct, Tiny, MediumPrecision}},
		{Card{Name: "Gemma 3 1B PT", Parameters: 1e9, Quantization: "bf16"}, Hint{Base, Small, FullPrecision}},
		{Card{Name: "Kitten", Parameters: 4e9, Quantization: "Q8_0"}, Hint{"", Medium, HighPrecision}},
		{Card{Name: "Kitten", Tuning: Instruct, Parameters: 27e9, Quantization: "Q2_K"}, Hint{Instruct, Large, LowPrecision}},
		{Card{Name: "Chat", Tuning: Base, Parameters: 0, Quantization: "mixed"}, Hint{Base, Tiny, OtherPrecision}},
	} {
		if got := c.card.Hint(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.card.Name, got, c.want)
		}
	}
	for _, c := range []struct {
		name     string
		template bool
		want     Tuning
	}{
		{"gemma-3-270m", false, Base}, {"gemma-3-270m", true, Instruct}, {"gemma-3-270m-pt", true, Base}, {"x.Instruct", false, Instruct},
		{"italic-iterations", false, Base},
	} {
		if got := tuningOf(c.name, c.template); got != c.want {
			t.Errorf("%s, template %v: %s", c.name, c.template, got)
		}
	}
}
