package assistant

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lamplight/engine"
	"lamplight/engine/adapter"
	"lamplight/library"
)

// Adapters change what a model says while it runs. Those of a conversation are its own, else its persona's, else those
// on the model's card. One that is not to be had, or was made for models of another shape, is left out: whoever shows
// what holds ([Effective]) says so, and the receipt has those that an answer was written with.

// ErrSpecialist is returned when an adapter that was asked for is not in the library or does not fit the model.
var ErrSpecialist = errors.New("an adapter that was asked for is not to be had")

// maxPrepared is how many adapters stay prepared for the model in memory.
const maxPrepared = 8

// adapters are those that were chosen for a model with this card.
func (s chosen) adapters(card library.Card) []adapter.Use {
	uses := card.Adapters
	if s.persona.Adapters != nil {
		uses = *s.persona.Adapters
	}
	if s.options.Adapters != nil {
		uses = *s.options.Adapters
	}
	return library.CleanUses(uses)
}

// adapt prepares adapters for the model in memory. missing are those that are not to be had or do not fit. The caller
// has the turn.
func (r *Runner) adapt(l *loaded, uses []adapter.Use) (applied []engine.Applied, used, missing []adapter.Use, err error) {
	for _, u := range uses {
		if u.Strength == 0 {
			continue
		}
		a, name, err := r.prepare(l, u)
		switch {
		case errors.Is(err, library.ErrNotFound) || errors.Is(err, adapter.ErrUnusable):
			missing = append(missing, u)
		case err != nil:
			return nil, nil, nil, fmt.Errorf("assistant: %w", err)
		default:
			u.Name = name
			applied, used = append(applied, engine.Applied{Adapter: a, Strength: u.Strength}), append(used, u)
		}
	}
	return applied, used, missing, nil
}

// prepare returns an adapter of the library, ready for the model, and its name.
func (r *Runner) prepare(l *loaded, u adapter.Use) (*engine.Adapter, string, error) {
	found, err := r.lib.Adapter(u.SHA256)
	if err != nil {
		return nil, "", err
	}
	if a, ok := l.adapters[u.SHA256]; ok {
		return a, found.Card.Name, nil
	}
	read, err := adapter.Open(found.Path)
	if err != nil {
		return nil, "", err
	}
	a, err := l.model.Adapt(read)
	if err != nil {
		return nil, "", err
	}
	if l.adapters == nil || len(l.adapters) >= maxPrepared {
		l.adapters = map[string]*engine.Adapter{}
	}
	l.adapters[u.SHA256] = a
	return a, found.Card.Name, nil
}

// wear gives the session that all conversations share these adapters and returns those that it has then.
func (r *Runner) wear(l *loaded, session *engine.Session, uses []adapter.Use) (used, missing []adapter.Use, err error) {
	applied, used, missing, err := r.adapt(l, uses)
	if err != nil {
		return nil, nil, err
	}
	return used, missing, session.Adapt(applied...)
}

// Adapt returns what makes the adapters for a model that was lent, see [Runner.Borrow] and writing.Job. Those that are not
// to be had are an error there, [ErrSpecialist]: who asked for them would take what comes
// without them for theirs.
func (r *Runner) Adapt(uses []adapter.Use) func(*engine.Model) ([]engine.Applied, error) {
	uses = library.CleanUses(uses)
	if len(uses) == 0 {
		return nil
	}
	return func(m *engine.Model) ([]engine.Applied, error) {
		if r.loaded == nil || r.loaded.model != m {
			return nil, fmt.Errorf("assistant: the model in memory is another one: %w", ErrSpecialist)
		}
		applied, _, missing, err := r.adapt(r.loaded, uses)
		if err == nil && len(missing) > 0 {
			err = fmt.Errorf("assistant: %s: %w", usesText(missing), ErrSpecialist)
		}
		return applied, err
	}
}

// split parts adapters into those that a model of the library can have, with the names that they have there, and the others.
func (r *Runner) split(m library.Model, uses []adapter.Use) (fit, missing []adapter.Use) {
	if len(uses) == 0 {
		return nil, nil
	}
	list, err := r.lib.AdaptersFor(m)
	if err != nil {
		return nil, uses
	}
	for _, u := range uses {
		i := slices.IndexFunc(list, func(a library.Adapter) bool { return a.Card.SHA256 == u.SHA256 })
		if i < 0 {
			missing = append(missing, u)
			continue
		}
		u.Name = list[i].Card.Name
		fit = append(fit, u)
	}
	return fit, missing
}

// usesText lists adapters for people: "Poems", "Poems × 0.5, Letters".
func usesText(uses []adapter.Use) string {
	var names []string
	for _, u := range uses {
		name := u.Name
		if name == "" {
			name = u.SHA256[:min(len(u.SHA256), 12)]
		}
		if u.Strength != 1 {
			name += fmt.Sprintf(" × %g", u.Strength)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
