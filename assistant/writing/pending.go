package writing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lamplight/privacy/vault"
)

// Store keeps what belongs to writing: what a [vault.Vault] can do, as far as it is needed here.
type Store interface {
	SetItem(ctx context.Context, kind vault.ItemKind, name string, value any) (vault.Item, error)
	Items(context.Context, vault.ItemKind) ([]vault.Item, error)
	Purge(context.Context, ...vault.Ref) error
	Trash(context.Context, vault.Ref) error
	Restore(context.Context, vault.Ref) error
}

// Proposal is a change that waits for its user. Positions are those of the text as it is now.
type Proposal struct {
	Part    Part
	Old     string // what stands there
	New     string
	Touched []Guarded `json:",omitempty"`
	Passage string    // that it is a change of, as it was
	At      int       // where Old begins in it
}

// Pending is what was proposed for a document and not decided, as it is kept while the program is closed.
type Pending struct {
	Action    Action
	Asked     string
	Seed      uint64
	Part      Part   // of the text, that is or was worked on
	Done      []Part // of it
	Complete  bool   // nothing is left to be worked on
	Proposals []Proposal
}

// Fit returns what of it still stands in the text where it was. What was proposed for words that have changed since is left out,
// and parts end where the text does.
func (p Pending) Fit(text string) Pending {
	inside := func(q Part) Part { return Part{min(max(q.Start, 0), len(text)), min(max(q.End, 0), len(text))} }
	p.Part = inside(p.Part)
	var done []Part
	for _, d := range p.Done {
		if d = inside(d); d.End > d.Start {
			done = append(done, d)
		}
	}
	var proposals []Proposal
	for _, c := range p.Proposals {
		if c.Part == inside(c.Part) && c.Part.Start <= c.Part.End && text[c.Part.Start:c.Part.End] == c.Old && c.At >= 0 && c.At <= len(c.Passage) {
			proposals = append(proposals, c)
		}
	}
	p.Done, p.Proposals = done, proposals
	return p
}

// pendingName is under which name the pending proposals of a document are kept.
func pendingName(document vault.UID) string { return "pending " + document.String() }

// SavePending keeps what is pending for a document; nil: nothing is, any longer.
func SavePending(ctx context.Context, s Store, document vault.UID, p *Pending) error {
	if p != nil {
		_, err := s.SetItem(ctx, vault.Setting, pendingName(document), p)
		return err
	}
	i, err := findItem(ctx, s, vault.Setting, pendingName(document))
	if errors.Is(err, vault.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Purge(ctx, vault.Ref{Kind: vault.KindItem, ID: i.ID})
}

// LoadPending returns what is pending for a document, nil for nothing.
func LoadPending(ctx context.Context, s Store, document vault.UID) (*Pending, error) {
	i, err := findItem(ctx, s, vault.Setting, pendingName(document))
	if errors.Is(err, vault.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var p Pending
	if err := json.Unmarshal(i.Value, &p); err != nil {
		return nil, fmt.Errorf("writing: what is pending for a document: %w", err)
	}
	return &p, nil
}

func findItem(ctx context.Context, s Store, kind vault.ItemKind, name string) (vault.Item, error) {
	items, err := s.Items(ctx, kind)
	if err != nil {
		return vault.Item{}, err
	}
	for _, i := range items {
		if i.Name == name {
			return i, nil
		}
	}
	return vault.Item{}, vault.ErrNotFound
}

// Decision is what became of the changes of one passage: the user took some, or left some. It is kept as an example of how
// they want to be helped.
type Decision struct {
	Action  string // its ID
	Task    string // as the model was asked
	Passage string
	Edits   []Edit
}

// Edit is a change of a passage.
type Edit struct {
	Start, End int // in the passage, in bytes
	New        string
}

// Decisions groups proposals by the passages they change.
func Decisions(a Action, asked string, proposals []Proposal) (list []Decision) {
	at := map[string]int{}
	for _, p := range proposals {
		i, ok := at[p.Passage]
		if !ok {
			i = len(list)
			at[p.Passage] = i
			list = append(list, Decision{Action: a.ID, Task: a.task(asked), Passage: p.Passage})
		}
		list[i].Edits = append(list[i].Edits, Edit{p.At, p.At + len(p.Old), p.New})
	}
	return list
}

// Keep keeps decisions: changes that were taken, or left. Those that are made at once are one item, which it returns so that it
// can be purged when they are taken back.
func Keep(ctx context.Context, s Store, taken bool, d []Decision) (vault.Ref, error) {
	if len(d) == 0 {
		return vault.Ref{}, nil
	}
	kind := vault.Rejected
	if taken {
		kind = vault.Accepted
	}
	i, err := s.SetItem(ctx, kind, "", d)
	if err != nil {
		return vault.Ref{}, err
	}
	return vault.Ref{Kind: vault.KindItem, ID: i.ID}, nil
}

// Own are the user's own actions, as they were added or changed. One with the ID of a built-in action stands in its place.
func Own(ctx context.Context, s Store) (list []Action, err error) {
	items, err := s.Items(ctx, vault.Action)
	if err != nil {
		return nil, err
	}
	for _, i := range items {
		var a Action
		if json.Unmarshal(i.Value, &a) == nil && a.Check() == nil {
			list = append(list, a)
		}
	}
	return list, nil
}

// SaveOwn keeps an action of the user's.
func SaveOwn(ctx context.Context, s Store, a Action) error {
	if err := a.Check(); err != nil {
		return fmt.Errorf("writing: %w: %v", ErrAction, err)
	}
	_, err := s.SetItem(ctx, vault.Action, a.ID, a)
	return err
}

// RemoveOwn puts an action of the user's into the trash. undo brings it back.
func RemoveOwn(ctx context.Context, s Store, id string) (undo func(context.Context) error, err error) {
	i, err := findItem(ctx, s, vault.Action, id)
	if err != nil {
		return nil, err
	}
	ref := vault.Ref{Kind: vault.KindItem, ID: i.ID}
	return func(ctx context.Context) error { return s.Restore(ctx, ref) }, s.Trash(ctx, ref)
}
