package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"lamplight/assistant/review"
	"lamplight/assistant/writing"
	"lamplight/engine"
)

// maxWritten is the largest text that is worked on, in bytes.
const maxWritten = 16 << 20

// write does with a text what the page Write does. For an action that edits, standard output gets the text with all
// changes made, or with -json the changes.
func write(c *call) error {
	model := c.modelFlag()
	name := c.String("action", "", "what to do: `ACTION` is one of "+actionNames())
	answer := c.String("answer", "", "the `TEXT` that the action asks for: a language, or what to change")
	asJSON := c.Bool("json", false, "write the changes, with their places in bytes, as JSON")
	adapters := c.adapterFlag()
	rest, err := c.parse("FILE")
	if err != nil {
		return err
	}
	action, err := actionNamed(*name)
	if err != nil {
		return err
	}
	if (action.Asks == writing.Nothing) != (*answer == "") {
		return wrongUse("-answer is needed by actions that ask for something, and by no others")
	}
	text, err := readText(c.in, rest[0])
	if err != nil {
		return err
	}
	path, err := findModel(*model)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	m, err := engine.Load(ctx, path, engine.LoadOptions{Cache: packedFolder()})
	if err != nil {
		return err
	}
	defer m.Close()
	lend := func(_ context.Context, f func(*engine.Model, func() bool) error) error {
		return f(m, func() bool { return false })
	}
	job := writing.Job{Action: action, Asked: *answer, Text: text, Part: writing.Part{End: len(text)}, Params: m.Sampling()}
	if len(*adapters) > 0 {
		applied, err := adapted(m, *adapters)
		if err != nil {
			return err
		}
		job.Adapt = func(*engine.Model) ([]engine.Applied, error) { return applied, nil }
	}
	results, err := results(writing.Run(ctx, lend, job), newMeter(c.err))
	if err != nil {
		return about(path, err)
	}
	return c.written(action, text, results, *asJSON)
}

// results waits for what comes of each passage.
func results(steps iter.Seq2[writing.Step, error], m *meter) (all []writing.Result, err error) {
	defer m.clear()
	for step, failure := range steps {
		if failure != nil {
			err = failure
			continue
		}
		m.show(int64(step.Done), int64(step.Total), fmt.Sprintf("passage %d of %d", min(step.Done+1, step.Total), step.Total))
		if step.Result != nil {
			all = append(all, *step.Result)
		}
	}
	slices.SortFunc(all, func(a, b writing.Result) int { return cmp.Compare(a.Part.Start, b.Part.Start) })
	return all, err
}

// actionNames lists what can be done.
func actionNames() string {
	actions, _ := writing.BuiltIn() // a test reads them
	var names []string
	for _, a := range actions {
		names = append(names, a.ID)
	}
	return strings.Join(names, ", ")
}

func actionNamed(name string) (writing.Action, error) {
	actions, err := writing.BuiltIn()
	if err != nil {
		return writing.Action{}, err
	}
	for _, a := range actions {
		if a.ID == name {
			return a, nil
		}
	}
	return writing.Action{}, wrongUse("-action %q: it must be one of %s", name, actionNames())
}

// readText reads a file, or standard input for "-".
func readText(in io.Reader, path string) (string, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxWritten+1))
	switch {
	case err != nil:
		return "", err
	case len(data) > maxWritten:
		return "", fmt.Errorf("%s: is larger than %d bytes", path, maxWritten)
	case !utf8.Valid(data):
		return "", fmt.Errorf("%s: is no text in UTF-8", path)
	}
	return string(data), nil
}

// change is a change as JSON has it.
type change struct {
	Start   int               `json:"start"`
	End     int               `json:"end"`
	Old     string            `json:"old"`
	New     string            `json:"new"`
	Touches []writing.Guarded `json:"touches,omitempty"`
}

// written writes what has come of the text.
func (c *call) written(a writing.Action, text string, results []writing.Result, asJSON bool) error {
	var changes []review.Change
	list := []change{}
	for _, r := range results {
		for i, ch := range r.Changes {
			changes = append(changes, ch)
			list = append(list, change{ch.Start, ch.End, text[ch.Start:ch.End], ch.New, r.Touched[i]})
		}
	}
	switch {
	case a.Does != writing.Edits && asJSON:
		return c.printJSON(results[0].Answer, "")
	case a.Does != writing.Edits:
		_, err := fmt.Fprintln(c.out, results[0].Answer)
		return err
	case asJSON:
		return c.printJSON(list, "  ")
	}
	_, err := io.WriteString(c.out, review.Apply(text, changes, func(int) bool { return true }))
	return err
}
