package assistant

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"lamplight/engine/adapter"
	"lamplight/engine/sample"
	"lamplight/library"
	"lamplight/privacy/vault"
)

// Options are what a conversation has of its own. What it leaves open comes from its persona, then from the settings,
// then from the model.
type Options struct {
	Persona  vault.UID `json:"persona,omitzero"`  // zero: none
	System   *string   `json:"system,omitempty"`  // the system prompt, which may be empty; nil leaves it open
	Model    string    `json:"model,omitempty"`   // its ID in the library; "" leaves it open
	Sampling Sampling  `json:"sampling,omitzero"` // nil fields leave it open

	Adapters *[]adapter.Use `json:"adapters,omitempty"` // may be none; nil leaves it open
}

// Effective is what holds for a conversation once everything is taken together.
type Effective struct {
	Persona  Persona  // without an ID there is none, or it was deleted
	System   string   // the system prompt, "" for none
	Model    string   // ID of the one that answers, "" while there is none
	Gone     bool     // the one that was chosen is not to be had: Model is the active one in its place
	Sampling Sampling // what was set by anybody; nil fields are the model's own, see [Runner.OwnSampling]

	Adapters, Missing []adapter.Use // that were chosen: those that the model can have, and the others
}

// Options returns what the conversation has of its own.
func (c *Conversation) Options() Options {
	c.mu.Lock()
	defer c.mu.Unlock()
	return optionsOf(c.row.Extra)
}

// SetOptions changes what the conversation has of its own, from the next answer on. While it is being stored for the
// first time the error is [ErrAnswering].
func (c *Conversation) SetOptions(ctx context.Context, o Options) error {
	return c.arrange(ctx, func(v *vault.Conversation) { v.Extra = o.extra() })
}

// Effective takes together what the conversation, its persona, the settings and the model say. It looks into the
// library.
func (c *Conversation) Effective() Effective {
	set := c.chosen()
	m, gone, _ := c.runner.pick(set.model()) // without a model there is no ID
	fit, missing := c.runner.split(m, set.adapters(m.Card))
	return Effective{set.persona, set.system(m.Card), m.ID, gone, set.sampling, fit, missing}
}

// OwnSampling returns how a model is sampled when nobody has set anything: as its makers recommend, and as what another
// application keeps beside it says. What its files say of that is known from when it was first loaded on.
func (r *Runner) OwnSampling(m library.Model) sample.Params {
	p := sample.Defaults(m.Card.Architecture)
	if own, ok := r.own.Load(m.ID); ok {
		p = own.(sample.Params)
	}
	p = ownSampling(m.Card).Apply(p)
	p.Seed = 0
	return p
}

// chosen is what a user has set for a conversation.
type chosen struct {
	options  Options
	persona  Persona
	sampling Sampling
}

func (c *Conversation) chosen() chosen {
	o := c.Options()
	p := c.runner.persona(o.Persona)
	return chosen{o, p, o.Sampling.over(p.Sampling).over(c.runner.Settings().Sampling)}
}

// model is the ID of the one that was chosen, "" for the active one.
func (s chosen) model() string { return cmp.Or(s.options.Model, s.persona.Model) }

// system is the system prompt for a model with this card, "" for none.
func (s chosen) system(card library.Card) string {
	system := s.persona.System
	if system == "" && card.Extras != nil {
		system = card.Extras.System
	}
	if s.options.System != nil {
		system = *s.options.System
	}
	if strings.TrimSpace(system) == "" {
		return ""
	}
	return system
}

// params are the parameters of the next answer.
func (s chosen) params(l *loaded) sample.Params {
	return s.sampling.over(ownSampling(l.card)).Apply(l.model.Sampling())
}

// over returns s with what it leaves open taken from base.
func (s Sampling) over(base Sampling) Sampling {
	return Sampling{
		Temperature: cmp.Or(s.Temperature, base.Temperature), TopK: cmp.Or(s.TopK, base.TopK), TopP: cmp.Or(s.TopP, base.TopP),
		MinP: cmp.Or(s.MinP, base.MinP), RepeatPenalty: cmp.Or(s.RepeatPenalty, base.RepeatPenalty), Seed: cmp.Or(s.Seed, base.Seed),
	}
}

// usable returns s, or nothing when no sampler can be made of it.
func (s Sampling) usable() Sampling {
	if _, err := sample.New(s.Apply(sample.Params{})); err != nil {
		return Sampling{}
	}
	return s
}

// ownSampling is what another application keeps beside a model as its parameters: those of Ollama have the names that
// ours have. What makes no sense is passed over, and so is a seed.
func ownSampling(card library.Card) Sampling {
	var own Sampling
	if card.Extras == nil || len(card.Extras.Parameters) == 0 {
		return own
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(card.Extras.Parameters, &fields) != nil {
		return own
	}
	delete(fields, "seed")
	for name, value := range fields {
		one, err := json.Marshal(map[string]json.RawMessage{name: value})
		var s Sampling
		if err == nil && json.Unmarshal(one, &s) == nil {
			own = s.usable().over(own)
		}
	}
	return own
}

// conversationExtra is what a conversation has beside its title in the store.
type conversationExtra struct {
	Options Options `json:"options"`
}

// extra packs options; nil for none.
func (o Options) extra() json.RawMessage {
	data, err := json.Marshal(conversationExtra{o})
	if err != nil || string(data) == `{"options":{}}` {
		return nil // there is no number in them that JSON lacks: usable has refused those
	}
	return data
}

// optionsOf unpacks options. What is no such thing, as it came from elsewhere, is left out.
func optionsOf(data json.RawMessage) Options {
	var e conversationExtra
	if len(data) == 0 || json.Unmarshal(data, &e) != nil {
		return Options{}
	}
	e.Options.Sampling = e.Options.Sampling.usable()
	return e.Options
}
