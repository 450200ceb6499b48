package assistant

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"lamplight/engine"
	"lamplight/engine/adapter"
	"lamplight/internal/fixture"
	"lamplight/kernels"
	"lamplight/library"
)

// learnt puts a strong adapter for the model into the library.
func learnt(t *testing.T, lib *library.Library, m library.Model, name string, seed uint64) library.Adapter {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".gguf")
	if err := fixture.Adapter(t, m.Path, fixture.AdapterOptions{Rank: 4, Size: 0.4, Seed: seed}).WriteGGUF(t.Context(), path, kernels.F16); err != nil {
		t.Fatal(err)
	}
	a, _, err := lib.AddAdapter(t.Context(), path, library.AdapterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func useOf(a library.Adapter, strength float32) adapter.Use {
	return adapter.Use{SHA256: a.Card.SHA256, Name: a.Card.Name, Strength: strength}
}

// TestAdapters holds where a conversation has its adapters from, that they change its answers without the model being
// loaded again, that receipts have them, and that replays say when one is missing.
func TestAdapters(t *testing.T) {
	r, lib := newRunner(t, short(400))
	v := newVault(t)
	m, _ := lib.Active()
	poems, letters := learnt(t, lib, m, "Poems", 1), learnt(t, lib, m, "Letters", 2)
	gone := adapter.Use{SHA256: m.Digest(), Name: "Gone", Strength: 1}
	c := NewConversation(r, v)
	plain, _, _ := ask(t, c, "Tell me", 12)
	model := r.loaded.model

	persona, err := SavePersona(t.Context(), r, v, Persona{Name: "Poet", Adapters: &[]adapter.Use{useOf(poems, 1), gone}})
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{plain: "without"}
	for _, step := range []struct {
		what    string
		do      func() error
		want    []adapter.Use
		missing int
	}{
		{"the card's", func() error { return lib.SetAdapters(m.ID, []adapter.Use{useOf(letters, 1)}) }, []adapter.Use{useOf(letters, 1)}, 0},
		{"the persona's", func() error { return c.SetOptions(t.Context(), Options{Persona: persona.ID}) }, []adapter.Use{useOf(poems, 1)}, 1},
		{"its own", func() error {
			return c.SetOptions(t.Context(), Options{Persona: persona.ID, Adapters: &[]adapter.Use{useOf(poems, 0.5), useOf(letters, -1)}})
		}, []adapter.Use{useOf(poems, 0.5), useOf(letters, -1)}, 0},
		{"none of its own", func() error {
			return c.SetOptions(t.Context(), Options{Persona: persona.ID, Adapters: &[]adapter.Use{}})
		}, nil, 0},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		e := c.Effective()
		if !slices.Equal(e.Adapters, step.want) || len(e.Missing) != step.missing {
			t.Errorf("%s: %v holds, %v is missing", step.what, e.Adapters, e.Missing)
		}
		fresh := NewConversation(r, v)
		if err := fresh.SetOptions(t.Context(), c.Options()); err != nil {
			t.Fatal(err)
		}
		text, _, _ := ask(t, fresh, "Tell me", 12)
		turn := fresh.Turns()[1]
		if turn.Receipt == nil || !slices.Equal(turn.Receipt.Adapters, step.want) {
			t.Errorf("%s: the receipt is %+v", step.what, turn.Receipt)
		}
		if step.want == nil && text != plain {
			t.Errorf("%s: %q, it was %q", step.what, text, plain)
		}
		if was, ok := answers[text]; ok && step.want != nil {
			t.Errorf("%s: the answer %q is that of %s", step.what, text, was)
		}
		answers[text] = step.what
		if got := replay(t, fresh, 1); !got.Same || len(got.Changed) > 0 {
			t.Errorf("%s: %+v", step.what, got)
		}
		if _, err := fresh.Chances(t.Context(), 1); err != nil {
			t.Errorf("%s: %v", step.what, err)
		}
	}
	if r.loaded.model != model {
		t.Error("the model was loaded again")
	}

	if err := c.SetOptions(t.Context(), Options{Adapters: &[]adapter.Use{useOf(poems, 0.5)}}); err != nil {
		t.Fatal(err)
	}
	ask(t, c, "Once more", 12)
	if err := lib.RemoveAdapter(poems.ID); err != nil {
		t.Fatal(err)
	}
	if got := replay(t, c, 3); len(got.Changed) != 1 || got.Changed[0] != (Difference{AdapterFiles, "Poems × 0.5", ""}) {
		t.Errorf("without the adapter: %+v", got)
	}
	if _, err := c.Chances(t.Context(), 3); !errors.Is(err, ErrChances) {
		t.Errorf("without the adapter: %v", err)
	}
	if e := c.Effective(); len(e.Adapters) != 0 || len(e.Missing) != 1 {
		t.Errorf("without the adapter: %+v", e)
	}
	ask(t, c, "And now", 4)
	if last := c.Turns()[5]; last.Text == "" || last.Receipt == nil || last.Receipt.Adapters != nil {
		t.Errorf("without the adapter it says %+v", last)
	}
}

// TestAdaptersOfAJob holds that a job gets its adapters with the model that is lent, and an error when one is missing.
func TestAdaptersOfAJob(t *testing.T) {
	r, lib := newRunner(t, short(400))
	m, _ := lib.Active()
	poems := learnt(t, lib, m, "Poems", 1)
	if r.Adapt(nil) != nil {
		t.Error("nothing is to be adapted, and something is")
	}
	for _, c := range []struct {
		uses []adapter.Use
		n    int
		want error
	}{{[]adapter.Use{useOf(poems, 0.5)}, 1, nil}, {[]adapter.Use{useOf(poems, 1), {SHA256: m.Digest(), Strength: 1}}, 0, ErrSpecialist}} {
		err := r.Borrow(t.Context(), func(model *engine.Model, _ func() bool) error {
			applied, err := r.Adapt(c.uses)(model)
			if len(applied) != c.n && err == nil {
				t.Errorf("%v: %d adapters", c.uses, len(applied))
			}
			return err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%v: %v", c.uses, err)
		}
	}
}
