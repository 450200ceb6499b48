package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/assistant"
	"lamplight/engine/sample"
)

func TestAnswerReceipt(t *testing.T) {
	u := begin(t, brief)
	u.ask("hello")
	u.answered()
	u.chat.showAnswerReceipt(1)
	r := u.chat.shown.Turns()[1].Receipt
	u.mustSee("How this answer came about", "Seed", r.PromptSHA256, "Prompt (SHA-256)", r.Kernels+" · ", " s to read, ", "Version of Lamplight", orUnknown(r.Build))
	u.tap("Copy")
	if got := fyne.CurrentApp().Clipboard().Content(); !strings.Contains(got, "Prompt (SHA-256): "+r.PromptSHA256) {
		t.Errorf("copied: %s", got)
	}
	u.tap("Replay")
	u.mustSee("Cancel")
	u.settle()
	u.mustSee("The same text, token for token.", "Replay")
	u.tap("Close")
	if u.dialog != nil {
		t.Error("it was not closed")
	}
}

func TestReplayIsCancelled(t *testing.T) {
	u := begin(t, endless)
	u.ask("hello")
	u.until("some of the answer", func() bool { return len(u.streamed()) > 200 })
	u.press(fyne.KeyEscape, u.chat.prompt)
	u.answered()
	u.chat.showAnswerReceipt(1)
	u.tap("Replay")
	u.tap("Cancel")
	u.settle()
	if !u.sees("It was cancelled.") && !u.sees("The same text, token for token.") { // it may be faster
		t.Errorf("the window says\n%s", strings.Join(u.texts(), "\n"))
	}
	u.tap("Replay")
	u.tap("Close") // which ends it
	u.settle()
	if u.dialog != nil {
		t.Error("it was not closed")
	}
}

func TestAnswerFacts(t *testing.T) {
	r := &assistant.Receipt{
		Model: "gemma", Name: "Gemma", SHA256: "abc", PromptTokens: 1, PromptSHA256: "def", Given: 12, Unseen: []int{0, 1}, System: "Be brief.",
		Sampling: sample.Params{Temperature: 0.7, TopK: 64, TopP: 0.95, MinP: 0.05, RepeatPenalty: 1.1, RepeatLastN: 64, FrequencyPenalty: 0.2,
			PresencePenalty: 0.3, DRY: sample.DRY{Multiplier: 0.8, Base: 1.75, AllowedLength: 2}, Seed: 1<<63 + 1},
		Build: "1.0", Kernels: "avx2", Threads: 2, Context: 4096, Tokens: 1200, ReadSeconds: 0.5, WriteSeconds: 10, CPUSeconds: 21, Joules: 103.25, Measured: true, Loops: 1,
		Before: &assistant.Receipt{Name: "Before", Joules: 1},
	}
	got := answerReceiptText(r)
	for _, want := range []string{
		"Model: Gemma\n", "In the library: gemma\n", "Its files (SHA-256): abc\n", "Temperature: 0.70\n", "Top-k: 64\n", "Top-p: 0.95\n", "Min-p: 0.05\n",
		"Repeat penalty: 1.10\n", "Frequency penalty: 0.20\n", "Presence penalty: 0.30\n", "Penalties look at: the last 64 tokens\n",
		"DRY: multiplier 0.80, base 1.75, allowed length 2\n", "Seed: 9223372036854775809\n", "System prompt: Be brief.\n", "Prompt: 1 token\n", "Prompt (SHA-256): def\n",
		"Gone on from: 12 tokens of the answer", "Not seen: 2 earlier messages", "Answer: 1,200 tokens\n", "Time: 0.50 s to read, 10.00 s to write: 120 tokens/s\n",
		"Processor time: 21.00 s, all threads together\n", "Energy: 103.2 J, by the counter of the processor\n", "Repetitions: taken back once",
		"Context: 4,096 tokens\n", "Computed with: avx2 · 2 threads\n", "Version of Lamplight: 1.0\n",
		"What was there before:\n\nModel: Before\n", "Energy: about 1.0 J, an estimate", "Its files (SHA-256): not known\n", "System prompt: none\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}

func TestReplayedText(t *testing.T) {
	changed := []assistant.Difference{
		{What: assistant.ModelFile, Was: "abc", Is: "def"}, {What: assistant.PromptTokens}, {What: assistant.Build, Was: "1.0", Is: "1.1"},
		{What: assistant.Kernels, Was: "avx512", Is: "avx2"}, {What: assistant.Threads, Was: "2", Is: "4"}, {What: "weather", Is: "rain"},
	}
	for want, r := range map[string]assistant.Replayed{
		"The same text, token for token.": {Same: true},
		"The same text, token for token, although not all is as it was. It was computed with avx512, and now with avx2.":                             {Same: true, Changed: changed[3:4]},
		"Another text, from token 1,000 on. It was written by Lamplight 1.0; this is 1.1.":                                                           {First: 999, Changed: changed[2:3]},
		"Another text, from token 1 on. Nothing that was written down has changed, so something is wrong with Lamplight or with this computer.":      {},
		"Another text, from token 1 on. The file of the model is another one.":                                                                       {Changed: changed[:1]},
		"Another text, from token 1 on. It was computed on 2 threads, and now on 4, which should change nothing. weather was not known and is rain.": {Changed: changed[4:]},
	} {
		if got := replayedText(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
