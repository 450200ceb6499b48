package assistant

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"lamplight/engine/sample"
	"lamplight/internal/fixture"
	"lamplight/library"
	"lamplight/privacy/vault"
)

func TestPersonas(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	ctx := t.Context()
	warm := float32(0.5)
	save := func(p Persona) Persona {
		t.Helper()
		p, err := SavePersona(ctx, r, v, p)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	names := func() string {
		t.Helper()
		list, err := Personas(ctx, r, v)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range list {
			names = append(names, p.Name)
		}
		return strings.Join(names, ",")
	}
	poet := save(Persona{Name: " the\n Poet ", System: "Rhyme.", Sampling: Sampling{Temperature: &warm}})
	save(Persona{Name: "cook"})
	if got := names(); got != "cook,the Poet" {
		t.Errorf("personas %s", got)
	}
	c := NewConversation(r, v)
	if err := c.SetOptions(ctx, Options{Persona: poet.ID}); err != nil {
		t.Fatal(err)
	}
	if e := c.Effective(); e.System != "Rhyme." || *e.Sampling.Temperature != warm || e.Persona.Name != "the Poet" {
		t.Errorf("effective %+v", e)
	}
	poet.System = "Rhyme well."
	if again := save(poet); again.ID != poet.ID {
		t.Error("a persona that was changed is another one")
	}
	if e := c.Effective(); e.System != "Rhyme well." {
		t.Errorf("the conversation does not follow: %+v", e)
	}
	undo, err := TrashPersona(ctx, r, v, poet.ID)
	if err != nil {
		t.Fatal(err)
	}
	if e := c.Effective(); e.System != "" || e.Persona.ID != (vault.UID{}) || names() != "cook" {
		t.Errorf("after the trash: %+v, %s", e, names())
	}
	if _, err := TrashPersona(ctx, r, v, poet.ID); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("trashed twice: %v", err)
	}
	if err := undo(ctx); err != nil || c.Effective().System != "Rhyme well." {
		t.Errorf("after undo: %v, %+v", err, c.Effective())
	}
	// What is in the trash and saved again is a new one.
	if _, err := TrashPersona(ctx, r, v, poet.ID); err != nil {
		t.Fatal(err)
	}
	if again := save(poet); again.ID == poet.ID {
		t.Error("it has the ID of what is in the trash")
	} else if changed := save(again); changed.ID != again.ID || names() != "cook,the Poet" {
		t.Errorf("saved twice: %s", names())
	}
	if err := r.Forget(ctx); err != nil || c.Effective().Persona.ID != (vault.UID{}) {
		t.Errorf("a persona is known after Forget: %v", err)
	}

	cold := float32(-1)
	for name, p := range map[string]Persona{
		"no name": {Name: " \n"}, "a long name": {Name: strings.Repeat("é", 81)}, "a long prompt": {Name: "a", System: strings.Repeat("a", 64<<10+1)},
		"a strange sampler": {Name: "a", Sampling: Sampling{Temperature: &cold}},
	} {
		if _, err := SavePersona(ctx, r, v, p); !errors.Is(err, ErrPersona) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Items that came from elsewhere may be anything.
func TestStrangePersonas(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	for _, value := range []any{1, "a", map[string]any{"name": 7}, map[string]any{"name": ""}, map[string]any{"name": "good", "sampling": map[string]any{"temperature": -5}}} {
		if _, err := v.SetItem(t.Context(), vault.Persona, "", value); err != nil {
			t.Fatal(err)
		}
	}
	list, err := Personas(t.Context(), r, v)
	if err != nil || len(list) != 1 || list[0].Name != "good" || list[0].Sampling != (Sampling{}) || list[0].ID == (vault.UID{}) {
		t.Errorf("%+v, %v", list, err)
	}
}

// The nearest has its way: the conversation, its persona, the settings, the card, the model.
func TestEffective(t *testing.T) {
	number := func(x float32) *float32 { return &x }
	own := `{"temperature": 0.1, "top_p": 0.2, "min_p": 7, "top_k": "many", "repeat_penalty": 1.5, "seed": 1, "stop": ["x"]}`
	card := library.Card{Extras: &library.Extras{System: "card", Parameters: json.RawMessage(own)}}
	for name, tt := range map[string]struct {
		options Options
		persona Persona
		card    library.Card
		want    string
	}{
		"nobody":           {want: ""},
		"the card":         {card: card, want: "card"},
		"the persona":      {card: card, persona: Persona{System: "persona"}, want: "persona"},
		"the conversation": {card: card, persona: Persona{System: "persona"}, options: Options{System: ptr("own")}, want: "own"},
		"explicitly none":  {card: card, persona: Persona{System: "persona"}, options: Options{System: ptr("")}, want: ""},
		"only white space": {card: card, options: Options{System: ptr(" \n")}, want: ""},
	} {
		if got := (chosen{options: tt.options, persona: tt.persona}).system(tt.card); got != tt.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	got := ownSampling(card)
	if *got.Temperature != 0.1 || *got.TopP != 0.2 || got.MinP != nil || got.TopK != nil || *got.RepeatPenalty != 1.5 || got.Seed != nil {
		t.Errorf("of the card: %+v", got)
	}
	for _, strange := range []string{"", "[]", "null", `{"temperature": null}`, `{"temperature": 1e99}`} {
		if got := ownSampling(library.Card{Extras: &library.Extras{Parameters: json.RawMessage(strange)}}); got != (Sampling{}) {
			t.Errorf("%s: %+v", strange, got)
		}
	}

	s := short(0)
	s.Sampling.TopP, s.Sampling.MinP = number(0.7), number(0.3)
	r, _ := newRunner(t, s)
	list := []Persona{{ID: vault.UID{1}, Name: "p", Sampling: Sampling{TopP: number(0.6), RepeatPenalty: number(1.2)}}}
	r.personas.Store(&list)
	c := NewConversation(r, nil)
	if err := c.SetOptions(t.Context(), Options{Persona: vault.UID{1}, Sampling: Sampling{TopP: number(0.5)}}); err != nil {
		t.Fatal(err)
	}
	e := c.Effective()
	if *e.Sampling.TopP != 0.5 || *e.Sampling.RepeatPenalty != 1.2 || *e.Sampling.MinP != 0.3 || e.Sampling.TopK != nil {
		t.Errorf("effective %+v", e.Sampling)
	}
	if _, err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := *r.loaded
	l.card = card
	p := c.chosen().params(&l)
	if own := r.OwnSampling(library.Model{ID: l.id, Card: card}); own.Temperature != 0.1 || own.TopK != p.TopK || own.Seed != 0 {
		t.Errorf("its own parameters are %+v", own)
	}
	if own := r.OwnSampling(library.Model{ID: "another", Card: library.Card{Architecture: "gemma3"}}); !reflect.DeepEqual(own, sample.Defaults("gemma3")) {
		t.Errorf("those of a model that was never loaded are %+v", own)
	}
	if p.TopP != 0.5 || p.MinP != 0.3 || p.RepeatPenalty != 1.2 || p.Temperature != *s.Sampling.Temperature || p.Seed != *s.Sampling.Seed || p.TopK != l.model.Sampling().TopK {
		t.Errorf("parameters %+v", p)
	}
}

func ptr[T any](x T) *T { return &x }

// Options and files are there when a conversation is read again, and give the same prompt.
func TestOptionsAreStored(t *testing.T) {
	r, _ := newRunner(t, short(0))
	v := newVault(t)
	c := NewConversation(r, v)
	want := Options{Persona: vault.UID{7}, System: ptr(""), Model: "m", Sampling: Sampling{TopK: ptr(3)}}
	if err := c.SetOptions(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	ask(t, c, "Hello", 3)
	same := func(when string, want Options) *Conversation {
		t.Helper()
		list, err := Conversations(t.Context(), r, v)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		got, _ := json.Marshal(list[0].Options())
		if wanted, _ := json.Marshal(want); string(got) != string(wanted) {
			t.Errorf("%s: %s, want %s", when, got, wanted)
		}
		return list[0]
	}
	same("with the first question", want)
	want = Options{System: ptr("Be brief."), Sampling: Sampling{Seed: ptr(uint64(1 << 63))}}
	if err := c.SetOptions(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	other := same("changed", want)
	if c.Update(other); c.Effective().System != "Be brief." {
		t.Error("lost by Update")
	}
	if err := c.SetOptions(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
	same("taken back", Options{})
	for _, strange := range []string{"[]", `"a"`, `{"options": 7}`, `{"options": {"sampling": {"top_k": -9}}}`, `{"options":{"persona":"xyz"}}`} {
		if got := optionsOf(json.RawMessage(strange)); got != (Options{}) {
			t.Errorf("%s: %+v", strange, got)
		}
	}
}

// A conversation is answered by the model that it has chosen, and by the active one when that is gone.
func TestModelOfAConversation(t *testing.T) {
	r, lib := newRunner(t, short(0))
	first, _ := lib.Active()
	other := use(t, lib, fixture.Options{Name: "Other", Seed: 2})
	if err := lib.SetActive(first.ID); err != nil {
		t.Fatal(err)
	}
	c, usual := NewConversation(r, nil), NewConversation(r, nil)
	if err := c.SetOptions(t.Context(), Options{Model: other.ID}); err != nil {
		t.Fatal(err)
	}
	answeredBy := func(c *Conversation, want string) {
		t.Helper()
		if _, stats, _ := ask(t, c, "Hello", 2); stats.Model != want {
			t.Errorf("%s has answered, want %s", stats.Model, want)
		}
	}
	counted := func(c *Conversation, want bool) {
		t.Helper()
		if _, ok := c.Measure("x"); ok != want {
			t.Errorf("it can be counted: %v", ok)
		}
	}
	answeredBy(c, other.ID)
	counted(c, true)
	counted(usual, false)
	answeredBy(usual, first.ID)
	counted(c, false)
	if _, err := c.LoadModel(t.Context()); err != nil {
		t.Fatal(err)
	}
	counted(c, true)
	if e := c.Effective(); e.Model != other.ID || e.Gone {
		t.Errorf("effective %+v", e)
	}
	if err := lib.SetActive(other.ID); err != nil {
		t.Fatal(err)
	}
	counted(usual, true) // it is the same one
	if err := lib.SetActive(first.ID); err != nil {
		t.Fatal(err)
	}
	if err := lib.Remove(other.ID); err != nil {
		t.Fatal(err)
	}
	if e := c.Effective(); e.Model != first.ID || !e.Gone {
		t.Errorf("effective without it: %+v", e)
	}
	answeredBy(c, first.ID)
	counted(c, true)
	if err := lib.Remove(first.ID); err != nil {
		t.Fatal(err)
	}
	if e := c.Effective(); e.Model != "" || !e.Gone {
		t.Errorf("effective with none: %+v", e)
	}
	if _, err := c.LoadModel(t.Context()); !errors.Is(err, ErrNoModel) {
		t.Error(err)
	}
}
