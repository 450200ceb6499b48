// Package writing helps with a text: it corrects, rewrites, shortens, translates, summarises and goes on with it. What
// a model is asked for is data, an [Action]; what comes back is never put into the text but compared with it, word by
// word, so that each change can be taken or left.
//
//	for step, err := range writing.Run(ctx, runner, writing.Job{Action: proofread, Text: text, Part: all}) { … }
//
// A long text goes paragraph by paragraph (passage.go), several at a time, each with its neighbours as context. What
// a model must not touch – code, links, quotes, numbers – is looked at afterwards (guard.go).
package writing

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"lamplight/assets"
	"lamplight/engine/adapter"
)

// ErrAction is returned for a file of actions that cannot be used.
var ErrAction = errors.New("the file has no actions that can be used")

// Deed says what becomes of the model's answer.
type Deed string

// The deeds.
const (
	Edits     Deed = "edit"     // it is the text with changes
	Answers   Deed = "answer"   // it is something about the text
	Continues Deed = "continue" // it comes behind the text
)

// Asked is what an action has to know of its user.
type Asked string

// What can be asked for.
const (
	Nothing  Asked = ""
	Language Asked = "language" // into which to translate
	Change   Asked = "change"   // what to do, in the user's words
)

// Action is something that a model can be asked to do with a text. Actions are written for small models: one task, said
// in a few words, with an example where it helps.
type Action struct {
	ID       string    `json:"id"`   // letters, digits and "-"; the same one in every language
	Name     string    `json:"name"` // on its button
	Hint     string    `json:"hint,omitempty"`
	Does     Deed      `json:"does"`
	Task     string    `json:"task"` // {{answer}} stands for what was asked
	Asks     Asked     `json:"asks,omitempty"`
	Examples []Example `json:"examples,omitempty"`
	Whole    bool      `json:"whole,omitempty"`    // the text goes in one piece, not by paragraph
	Creative bool      `json:"creative,omitempty"` // sampled as the model's makers recommend; else the likeliest text
	Longer   int       `json:"longer,omitempty"`   // how many times longer than the text the answer may be; 0: 2
	Keeps    []Guarded `json:"keeps,omitempty"`    // what it must not touch
	Shortcut string    `json:"shortcut,omitempty"` // a letter or digit, pressed with Ctrl and Shift

	Adapters []adapter.Use `json:"adapters,omitempty"` // that the model has for it
}

// Example is a text and what is to come of it.
type Example struct {
	Text   string `json:"text"`
	Answer string `json:"answer"`
}

// slot is where the answer of the user goes in a task.
const slot = "{{answer}}"

// file is how actions are kept and shared.
type file struct {
	Lamplight string   `json:"lamplight"` // "actions"
	Actions   []Action `json:"actions"`
}

// Bounds of what a file may have.
const (
	MaxFile    = 1 << 20 // bytes
	maxActions = 200
	maxName    = 40    // characters
	maxHint    = 200   // characters
	maxTask    = 2_000 // characters
	maxExample = 4_000 // characters, of a text or an answer
	maxLonger  = 20

	maxAdapters = 16
)

// Decode reads a file of actions, which may come from anybody. ErrAction: it has none, or one that cannot be used.
func Decode(data []byte) ([]Action, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("writing: %w: it is larger than %d bytes", ErrAction, MaxFile)
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("writing: %w: %v", ErrAction, err)
	}
	if f.Lamplight != "actions" || len(f.Actions) == 0 || len(f.Actions) > maxActions {
		return nil, fmt.Errorf("writing: %w: it has %d actions and calls itself %.40q", ErrAction, len(f.Actions), f.Lamplight)
	}
	seen := map[string]bool{}
	for i, a := range f.Actions {
		if err := a.Check(); err != nil {
			return nil, fmt.Errorf("writing: %w: action %d: %v", ErrAction, i+1, err)
		}
		if seen[a.ID] {
			return nil, fmt.Errorf("writing: %w: action %d: there is another one with the id %q", ErrAction, i+1, a.ID)
		}
		seen[a.ID] = true
	}
	return f.Actions, nil
}

// BuiltIn returns the actions that come with the program, in the order of their buttons.
func BuiltIn() ([]Action, error) { return Decode(assets.Actions()) }

// Encode writes actions as a file that Decode reads.
func Encode(actions ...Action) ([]byte, error) {
	data, err := json.MarshalIndent(file{Lamplight: "actions", Actions: actions}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing: %w", err)
	}
	return append(data, '\n'), nil
}

// Check says what is wrong with an action.
func (a Action) Check() error {
	if a.ID == "" || len(a.ID) > maxName || strings.ContainsFunc(a.ID, func(r rune) bool {
		return r != '-' && (r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) {
		return fmt.Errorf("id %.60q: must be 1 to %d letters, digits or dashes", a.ID, maxName)
	}
	for _, f := range []struct {
		name, text string
		needed     bool
		longest    int
	}{{"name", a.Name, true, maxName}, {"hint", a.Hint, false, maxHint}, {"task", a.Task, true, maxTask}} {
		if n := utf8.RuneCountInString(f.text); f.needed && strings.TrimSpace(f.text) == "" || n > f.longest || !utf8.ValidString(f.text) {
			return fmt.Errorf("%s: must be text of at most %d characters, it has %d", f.name, f.longest, n)
		}
	}
	switch {
	case a.Does != Edits && a.Does != Answers && a.Does != Continues:
		return fmt.Errorf("does %.20q: must be edit, answer or continue", a.Does)
	case a.Asks != Nothing && a.Asks != Language && a.Asks != Change:
		return fmt.Errorf("asks %.20q: must be empty, language or change", a.Asks)
	case (a.Asks != Nothing) != strings.Contains(a.Task, slot):
		return fmt.Errorf("task: has %s exactly when the action asks for something", slot)
	case a.Longer < 0 || a.Longer > maxLonger:
		return fmt.Errorf("longer %d: must be 0 to %d", a.Longer, maxLonger)
	case len(a.Examples) > 3:
		return fmt.Errorf("examples: there are %d, at most 3 fit into a short prompt", len(a.Examples))
	case len(a.Shortcut) > 1 || a.Shortcut != "" && !(a.Shortcut[0] >= 'A' && a.Shortcut[0] <= 'Z' || a.Shortcut[0] >= '0' && a.Shortcut[0] <= '9'):
		return fmt.Errorf("shortcut %.20q: must be a capital letter or a digit", a.Shortcut)
	}
	for _, u := range a.Adapters {
		if !u.Valid() || len(a.Adapters) > maxAdapters {
			return fmt.Errorf("adapters: at most %d, each with the SHA-256 of its file and a strength of -%d to %d", maxAdapters, adapter.MaxStrength, adapter.MaxStrength)
		}
	}
	for _, e := range a.Examples {
		if strings.TrimSpace(e.Text) == "" || strings.TrimSpace(e.Answer) == "" || len(e.Text) > maxExample || len(e.Answer) > maxExample {
			return fmt.Errorf("examples: text and answer must be there, and have at most %d bytes", maxExample)
		}
	}
	for _, k := range a.Keeps {
		if _, ok := guards[k]; !ok {
			return fmt.Errorf("keeps %.20q: must be code, link, quote or number", k)
		}
	}
	return nil
}

// longest is how many tokens the answer about a text of n tokens may have.
func (a Action) longest(n int) int {
	switch a.Does {
	case Edits:
		times := a.Longer
		if times == 0 {
			times = 2
		}
		return times*n + 32
	case Continues:
		return 256
	}
	return 400
}
