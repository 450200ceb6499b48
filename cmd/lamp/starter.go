package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"lamplight/assets/starter"
	"lamplight/assistant/writing"
	"lamplight/engine/chat"
	"lamplight/engine/gguf"
	"lamplight/tokenizer"
)

// starterVocabulary is the number of tokens of the starter, and starterLearnt of how many rows at most they are learnt.
const (
	starterVocabulary = 4096
	starterLearnt     = 12_000
)

// starterModel composes what the starter is trained on, or measures a model as the starter is measured.
func starterModel(c *call) error {
	model := c.modelFlag()
	eval := c.Bool("eval", false, "measure the model of -m on what was held back, and write the result as JSON")
	tell := c.Int("tell", 0, "have the model of -m tell `N` stories about choices that were held back, and write them as Markdown")
	show := c.Int("show", 0, "write `N` rows for somebody to read, and nothing else")
	out := c.String("o", "", "`FOLDER` for train.jsonl, held.jsonl and vocab.gguf")
	rows := c.Int("rows", 100_000, "conversations to learn from")
	copies := c.Int("copies", 8_000, "conversations before them in which everything is only said again")
	held := c.Int("held", 400, "conversations held back, to evaluate with")
	seed := c.Uint64("seed", 1, "the same seed composes the same text")
	part := c.Float64("part", 1, "`PART` of the measures' questions that is asked")
	if _, err := c.parse(); err != nil {
		return err
	}
	switch {
	case *eval && !(*part > 0 && *part <= 1):
		return wrongUse("-part is %g: it is above 0 and at most 1", *part)
	case *eval:
		return askStarter(*model, func(ctx context.Context, e *starterEval) error { return c.evaluateStarter(ctx, e, *seed, *part) })
	case *tell > 0:
		return askStarter(*model, func(ctx context.Context, e *starterEval) error { return c.tellStories(ctx, e, *seed, *tell) })
	case *show > 0:
		return c.showStarter(*seed, *show)
	case *out == "":
		return wrongUse("-o is missing")
	case *rows < 1 || *held < 1 || *copies < 0:
		return wrongUse("-rows is %d, -held %d and -copies %d: the first two are 1 or more, the last 0 or more", *rows, *held, *copies)
	}
	t, err := newTranslator()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*out, 0o700); err != nil {
		return err
	}
	for _, f := range []struct {
		name         string
		side         starter.Side
		copies, rows int
	}{{"train.jsonl", starter.Train, *copies, *rows}, {"held.jsonl", starter.Held, 0, *held}} {
		if err := t.writeRows(filepath.Join(*out, f.name), starter.Copies(*seed, f.side, f.copies), starter.Rows(*seed, f.side, f.rows)); err != nil {
			return err
		}
	}
	return t.writeVocabulary(filepath.Join(*out, "vocab.gguf"), *seed, min(*rows, starterLearnt))
}

// translator lays rows out as the program asks a model.
type translator struct{ actions map[string]writing.Action }

func newTranslator() (*translator, error) {
	all, err := writing.BuiltIn()
	if err != nil {
		return nil, err
	}
	t := &translator{map[string]writing.Action{}}
	for _, a := range all {
		t.actions[a.ID] = a
	}
	return t, nil
}

// messages are a row's, the answer included.
func (t *translator) messages(row starter.Row) ([]chat.Message, error) {
	var list []chat.Message
	if row.Action == "" {
		for _, turn := range row.Turns {
			list = append(list, chat.Message{Role: chat.User, Text: turn.Ask}, chat.Message{Role: chat.Assistant, Text: turn.Answer})
		}
		return list, nil
	}
	a, ok := t.actions[row.Action]
	if !ok || len(row.Turns) == 0 {
		return nil, fmt.Errorf("a row for the action %q with %d turns", row.Action, len(row.Turns))
	}
	asked := map[writing.Asked]string{writing.Language: "German", writing.Change: "make it rhyme"}[a.Asks]
	passage := writing.Passage{Before: row.Before, After: row.After}
	for i, turn := range row.Turns {
		passage.Text = turn.Ask
		prompt := a.Prompt(passage, asked)
		if i > 0 {
			prompt = prompt[len(prompt)-1:] // the examples are there already
		}
		list = append(append(list, prompt...), chat.Message{Role: chat.Assistant, Text: turn.Answer})
		passage = writing.Passage{}
	}
	return list, nil
}

// writeRows writes a file of examples, list after list.
func (t *translator) writeRows(path string, lists ...iter.Seq[starter.Row]) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	b := bufio.NewWriterSize(f, 1<<16)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for _, rows := range lists {
		for row := range rows {
			messages, err := t.messages(row)
			if err != nil {
				return err
			}
			if err := e.Encode(map[string]any{"messages": messages}); err != nil {
				return err
			}
		}
	}
	return b.Flush()
}

// whole are the texts of the prompts that never change. Each is one token of the starter: they would else be most of what
// it reads.
func (t *translator) whole() []string {
	list := []string{starter.StoryBegin, starter.StoryEnd, "\n\nText:\n",
		"\n\nWhat stands before it, only to understand it:\n", "\n\nWhat comes after it, only to understand it:\n"}
	all, _ := writing.BuiltIn() // newTranslator has read them
	for _, a := range all {
		before, after, asks := strings.Cut(a.Task, "{{answer}}")
		if list = append(list, before); asks {
			list = append(list, after)
		}
		for _, e := range a.Examples {
			list = append(list, e.Text, e.Answer)
		}
	}
	return list
}

// writeVocabulary learns the vocabulary and writes it as a GGUF file without weights, which lamp synth takes. The sampling is
// that of stories; the page Write does not use it.
func (t *translator) writeVocabulary(path string, seed uint64, rows int) error {
	texts := func(yield func(string) bool) {
		for row := range starter.Rows(seed, starter.Train, rows) {
			for _, turn := range row.Turns {
				if !yield(turn.Ask) || !yield(turn.Answer) {
					return
				}
			}
		}
	}
	v, err := tokenizer.Learn(texts, t.whole(), starterVocabulary)
	if err != nil {
		return err
	}
	kinds := make([]int32, len(v.Kinds))
	for i, k := range v.Kinds {
		kinds[i] = int32(k)
	}
	w := gguf.NewWriter()
	w.Set("general.architecture", gguf.Scalar("gemma3"))
	w.Set("general.sampling.temp", gguf.Scalar(float32(0.9)))
	w.Set("general.sampling.top_k", gguf.Scalar(int32(0)))
	w.Set("general.sampling.top_p", gguf.Scalar(float32(0.95)))
	w.Set("tokenizer.ggml.model", gguf.Scalar("llama"))
	w.Set("tokenizer.ggml.pre", gguf.Scalar("default"))
	w.Set("tokenizer.ggml.tokens", gguf.List(v.Tokens))
	w.Set("tokenizer.ggml.scores", gguf.List(v.Scores))
	w.Set("tokenizer.ggml.token_type", gguf.List(kinds))
	w.Set("tokenizer.ggml.bos_token_id", gguf.Scalar(uint32(v.BOS)))
	w.Set("tokenizer.ggml.eos_token_id", gguf.Scalar(uint32(v.EOS)))
	w.Set("tokenizer.ggml.unknown_token_id", gguf.Scalar(uint32(v.Unknown)))
	w.Set("tokenizer.ggml.padding_token_id", gguf.Scalar(uint32(v.Padding)))
	w.Set("tokenizer.ggml.add_bos_token", gguf.Scalar(true))
	w.Set("tokenizer.ggml.add_space_prefix", gguf.Scalar(false))
	w.Set("tokenizer.chat_template", gguf.Scalar(starterTemplate))
	ctx, stop := interruptible()
	defer stop()
	return w.WriteFile(ctx, path)
}

// starterTemplate lays out turns as Gemma does.
const starterTemplate = `{{ bos_token }}{% for message in messages %}` +
	`{{ '<start_of_turn>' + (message['role'] if message['role'] != 'assistant' else 'model') + '\n' + message['content'] | trim + '<end_of_turn>\n' }}` +
	`{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}`

// showStarter writes rows for people.
func (c *call) showStarter(seed uint64, n int) error {
	for row := range starter.Rows(seed, starter.Train, n) {
		for _, turn := range row.Turns {
			if row.Action != "" {
				fmt.Fprintf(c.out, "[%s] ", row.Action)
			}
			answer := turn.Answer
			if answer == turn.Ask {
				answer = "="
			}
			fmt.Fprintf(c.out, "%s\n    → %s\n", turn.Ask, strings.ReplaceAll(answer, "\n", "\n      "))
		}
		io.WriteString(c.out, "\n")
	}
	return nil
}
