package writing

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"lamplight/privacy/vault"
)

// Pair is what a model can learn from changes that the user took: how it was asked, and what it should have answered.
type Pair struct {
	Prompt, Answer string
}

// Accepted makes pairs of the changes that the user took, the oldest first. All that were taken of one passage make one. What
// goes on with a text is left out: it changes none.
func Accepted(ctx context.Context, s Store) ([]Pair, error) {
	items, err := s.Items(ctx, vault.Accepted)
	if err != nil {
		return nil, err
	}
	known, err := BuiltIn()
	if err != nil {
		return nil, err
	}
	own, err := Own(ctx, s)
	if err != nil {
		return nil, err
	}
	does := map[string]Deed{}
	for _, a := range slices.Concat(known, own) {
		does[a.ID] = a.Does
	}
	type question struct{ task, passage string }
	at := map[question]int{}
	var all []Decision
	for _, i := range items {
		var list []Decision
		if json.Unmarshal(i.Value, &list) != nil { // it came from elsewhere
			continue
		}
		for _, d := range list {
			if does[d.Action] == Answers || does[d.Action] == Continues {
				continue
			}
			q := question{d.Task, d.Passage}
			n, ok := at[q]
			if !ok {
				n = len(all)
				at[q], all = n, append(all, Decision{Action: d.Action, Task: d.Task, Passage: d.Passage})
			}
			all[n].Edits = append(all[n].Edits, d.Edits...)
		}
	}
	var pairs []Pair
	for _, d := range all {
		messages := Action{Task: d.Task}.Prompt(Passage{Text: d.Passage}, "")
		pairs = append(pairs, Pair{messages[0].Text, d.answer()})
	}
	return pairs, nil
}

// answer is the passage with the edits. One that does not lie in it, or touches one before, is left out.
func (d Decision) answer() string {
	edits := slices.Clone(d.Edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Start - b.Start })
	var b strings.Builder
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(d.Passage) {
			continue
		}
		b.WriteString(d.Passage[at:e.Start] + e.New)
		at = e.End
	}
	b.WriteString(d.Passage[at:])
	return b.String()
}
