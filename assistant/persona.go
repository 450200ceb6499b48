package assistant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"lamplight/engine/adapter"
	"lamplight/engine/sample"
	"lamplight/privacy/vault"
)

// ErrPersona is returned for a persona that cannot be kept: it needs a name, and neither that nor its system prompt may
// be endless.
var ErrPersona = errors.New("the persona needs a name, and may not be longer than anybody would read")

const (
	maxPersonaName   = 80       // characters
	maxPersonaSystem = 64 << 10 // bytes
)

// Persona is who answers: what a user has put together to choose it for conversations.
type Persona struct {
	ID       vault.UID `json:"-"` // zero for a new one
	Name     string    `json:"name"`
	System   string    `json:"system,omitempty"`  // the system prompt; "" leaves it to the model
	Model    string    `json:"model,omitempty"`   // its ID in the library; "": the active one
	Sampling Sampling  `json:"sampling,omitzero"` // nil fields leave it to the settings

	Adapters *[]adapter.Use `json:"adapters,omitempty"` // may be none; nil leaves it to the model's card
}

// PersonaStore keeps personas: what a [vault.Vault] can do, as far as it is needed here.
type PersonaStore interface {
	SetItem(ctx context.Context, kind vault.ItemKind, name string, value any) (vault.Item, error)
	Items(context.Context, vault.ItemKind) ([]vault.Item, error)
	Trash(context.Context, vault.Ref) error
	Restore(context.Context, vault.Ref) error
}

// Personas lists the personas of a store by name. The runner knows them from then on, for the conversations that have
// one, until [Runner.Forget].
func Personas(ctx context.Context, r *Runner, s PersonaStore) ([]Persona, error) {
	items, err := s.Items(ctx, vault.Persona)
	if err != nil {
		return nil, unstored(err)
	}
	var list []Persona
	for _, i := range items {
		p := Persona{ID: i.UID}
		if json.Unmarshal(i.Value, &p) != nil || p.Name == "" { // it came from elsewhere
			continue
		}
		p.Sampling = p.Sampling.usable()
		list = append(list, p)
	}
	slices.SortStableFunc(list, func(a, b Persona) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	r.personas.Store(&list)
	return slices.Clone(list), nil
}

// SavePersona stores a persona, a new one if it has no ID, and returns it as it was stored. Conversations that have it
// follow. [ErrPersona]: it cannot be kept.
func SavePersona(ctx context.Context, r *Runner, s PersonaStore, p Persona) (Persona, error) {
	p.Name = strings.Join(strings.Fields(p.Name), " ")
	if p.Name == "" || utf8.RuneCountInString(p.Name) > maxPersonaName || len(p.System) > maxPersonaSystem {
		return p, fmt.Errorf("assistant: %w", ErrPersona)
	}
	if _, err := sample.New(p.Sampling.Apply(sample.Params{})); err != nil {
		return p, fmt.Errorf("assistant: %w: %w", ErrPersona, err)
	}
	before, _, err := item(ctx, s, p.ID) // without one, or with one that is in the trash, it is a new one
	if err != nil {
		return p, err
	}
	after, err := s.SetItem(ctx, vault.Persona, before.Name, p)
	if err != nil {
		return p, unstored(err)
	}
	p.ID = after.UID
	_, err = Personas(ctx, r, s)
	return p, err
}

// TrashPersona moves a persona to the trash. Conversations that have it do without, until undo brings it back.
func TrashPersona(ctx context.Context, r *Runner, s PersonaStore, id vault.UID) (undo func(context.Context) error, err error) {
	i, ok, err := item(ctx, s, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, unstored(vault.ErrNotFound)
	}
	ref := vault.Ref{Kind: vault.KindItem, ID: i.ID}
	if err := s.Trash(ctx, ref); err != nil {
		return nil, unstored(err)
	}
	_, err = Personas(ctx, r, s)
	return func(ctx context.Context) error {
		if err := s.Restore(ctx, ref); err != nil {
			return unstored(err)
		}
		_, err := Personas(ctx, r, s)
		return err
	}, err
}

// item finds the item of a persona.
func item(ctx context.Context, s PersonaStore, id vault.UID) (i vault.Item, ok bool, err error) {
	items, err := s.Items(ctx, vault.Persona)
	if err != nil {
		return i, false, unstored(err)
	}
	if at := slices.IndexFunc(items, func(i vault.Item) bool { return i.UID == id }); at >= 0 {
		return items[at], true, nil
	}
	return i, false, nil
}

// persona is the one with this ID, without an ID if the runner knows none.
func (r *Runner) persona(id vault.UID) Persona {
	list := r.personas.Load()
	if list == nil || id == (vault.UID{}) {
		return Persona{}
	}
	i := slices.IndexFunc(*list, func(p Persona) bool { return p.ID == id })
	if i < 0 {
		return Persona{}
	}
	return (*list)[i]
}
