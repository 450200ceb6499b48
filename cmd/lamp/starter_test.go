package main

import (
	"bytes"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"lamplight/assets/starter"
	"lamplight/assistant/writing"
	"lamplight/engine/chat"
	"lamplight/engine/train/data"
)

// lampHere runs a command, which must do without the user's folders.
func lampHere(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if status := lamp(args, strings.NewReader(""), &out, &errs); status != 0 {
		t.Fatalf("lamp %s: status %d: %s", strings.Join(args, " "), status, errs.String())
	}
	return out.String()
}

// TestStarter composes a little text, learns its vocabulary, and holds that a model can be trained of it and measured.
func TestStarter(t *testing.T) {
	dir := t.TempDir()
	lampHere(t, "starter", "-o", dir, "-rows", "60", "-held", "12")
	vocab, shape := filepath.Join(dir, "vocab.gguf"), filepath.Join(dir, "shape.gguf")
	lampHere(t, "synth", "-shape", "tiny", "-type", "f16", "-vocab", vocab, "-name", "Small", "-o", shape)
	v, err := openVocabulary(shape)
	if err != nil {
		t.Fatal(err)
	}
	if v.format != chat.Gemma {
		t.Error("the template is not recognized as Gemma's")
	}
	for _, name := range []string{"train.jsonl", "held.jsonl"} {
		rows, problems, err := data.ReadFile(filepath.Join(dir, name))
		if err != nil || len(problems) > 0 || len(rows) < 10 {
			t.Errorf("%s: %d rows, %v, %v", name, len(rows), problems, err)
		}
	}
	actions, err := writing.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range actions {
		segments, err := chat.Gemma.Render(a.Prompt(writing.Passage{Text: "I"}, "I"), true)
		if err != nil {
			t.Fatal(err)
		}
		// Turns have four tokens of their own; what else the prompt has, but for one letter, should be whole.
		if n, most := len(chat.Encode(v.tok, segments)), 16+18*len(a.Examples); n > most {
			t.Errorf("the prompt of %s has %d tokens, more than %d", a.ID, n, most)
		}
	}
	story := v.tok.Encode(starter.StoryPrompt(starter.Choice{}))
	if len(story) > 4 {
		t.Errorf("the fixed part of a story's prompt has %d tokens", len(story))
	}
	var report starterReport
	text := lampHere(t, "starter", "-eval", "-m", shape, "-part", "0.005")
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	if report.Stories.Ended.Of != 1 || report.Corrections.Of != 2 || report.Corrections.Right != 0 {
		t.Errorf("a model with random weights was measured as %+v", report)
	}
	if again := lampHere(t, "starter", "-eval", "-m", shape, "-part", "0.005"); again != text {
		t.Error("the second time another report comes out")
	}
	told := lampHere(t, "starter", "-tell", "2", "-m", shape)
	if !strings.HasPrefix(told, "\n## 1. ") || !strings.Contains(told, "\n## 2. ") || strings.Count(told, "*Heroes: ") != 2 {
		t.Errorf("two stories are written as %q", told)
	}
	if out := lampHere(t, "starter", "-show", "3"); strings.Count(out, "→") < 3 {
		t.Errorf("three rows are shown as %q", out)
	}
	if status := lamp([]string{"starter"}, nil, io.Discard, io.Discard); status != statusUsage {
		t.Errorf("without a folder the status is %d", status)
	}
}
