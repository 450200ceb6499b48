package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine/sample"
	"lamplight/ui/widgets"
)

// showAnswerReceipt shows how an answer came about, and offers to make it once more.
func (c *chatView) showAnswerReceipt(turn int) {
	w, t := c.w, c.shown
	turns := t.Turns()
	if w.dialog != nil || w.lock != nil || turn >= len(turns) {
		return
	}
	r := turns[turn].Receipt
	if r == nil {
		w.mention(explainAnswer(c.modelName(), assistant.ErrReceipt).text, "", nil)
		return
	}
	table := container.New(factRows{})
	for _, f := range answerFacts(r) {
		name := muted(f[0])
		name.Wrapping = fyne.TextWrapOff
		table.Add(name)
		table.Add(small(f[1]))
	}
	again := newReplaying(w, t, turn)
	copyIt := widgets.NewChipButton(icon("copy"), lang.L("Copy"), func() {
		fyne.CurrentApp().Clipboard().SetContent(answerReceiptText(r))
	})
	closeIt := widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog)
	about := muted(lang.L("With the same model, prompt and numbers, the answer is the same, word for word. “Replay” tries it: the model writes it once more, and what it writes is compared. The conversation stays as it is."))
	body := container.NewVBox(about, again.root, table)
	w.showDialog(subheading(lang.L("How this answer came about")), body, closeIt, again.button, copyIt, closeIt)
	again.opened(w.dialog, body)
}

// factRows puts names, and the texts that belong to them, into rows close under each other. Texts wrap.
type factRows struct{}

// rowOverlap is how much nearer to each other rows are than their texts ask for.
const rowOverlap = 12

// MinSize implements fyne.Layout.
func (factRows) MinSize(o []fyne.CanvasObject) fyne.Size {
	height := float32(rowOverlap)
	for i := 1; i < len(o); i += 2 {
		height += max(o[i-1].MinSize().Height, o[i].MinSize().Height) - rowOverlap
	}
	return fyne.NewSize(0, height)
}

// Layout implements fyne.Layout.
func (factRows) Layout(o []fyne.CanvasObject, size fyne.Size) {
	names, y := float32(0), float32(0)
	for i := 0; i < len(o); i += 2 {
		names = max(names, o[i].MinSize().Width)
	}
	for i := 1; i < len(o); i += 2 {
		name, text := o[i-1], o[i]
		name.Move(fyne.NewPos(0, y))
		name.Resize(name.MinSize())
		text.Move(fyne.NewPos(names, y))
		text.Resize(fyne.NewSize(size.Width-names, text.MinSize().Height))
		text.Resize(fyne.NewSize(size.Width-names, text.MinSize().Height)) // it wraps to the width, then knows its height
		y += max(name.MinSize().Height, text.MinSize().Height) - rowOverlap
	}
}

// answerFacts is a receipt in words, line by line.
func answerFacts(r *assistant.Receipt) [][2]string {
	n := func(n int) map[string]any { return map[string]any{"N": grouped(int64(n))} }
	facts := [][2]string{
		{lang.L("Model"), oneLine(r.Name, 80)},
		{lang.L("In the library"), orUnknown(oneLine(r.Model, 80))},
		{lang.L("Its files (SHA-256)"), orUnknown(r.SHA256)},
	}
	if len(r.Adapters) > 0 {
		facts = append(facts, [2]string{lang.L("Specialists"), specialistsText(r.Adapters)})
		for _, u := range r.Adapters {
			facts = append(facts, [2]string{lang.L("Its files (SHA-256)"), u.SHA256})
		}
	}
	facts = append(facts, samplingFacts(r.Sampling)...)
	facts = append(facts, [][2]string{
		{lang.L("System prompt"), orNone(oneLine(r.System, 400))},
		{lang.L("Prompt"), lang.N("{{.N}} tokens", r.PromptTokens, n(r.PromptTokens))},
		{lang.L("Prompt (SHA-256)"), orUnknown(r.PromptSHA256)},
	}...)
	if r.Given > 0 {
		facts = append(facts, [2]string{lang.L("Gone on from"), lang.N("{{.N}} tokens of the answer, which were there before and are part of the prompt", r.Given, n(r.Given))})
	}
	if len(r.Unseen) > 0 {
		facts = append(facts, [2]string{lang.L("Not seen"), lang.N("{{.N}} earlier messages, which were no longer in the model's view", len(r.Unseen), n(len(r.Unseen)))})
	}
	facts = append(facts, [][2]string{
		{lang.L("Answer"), lang.N("{{.N}} tokens", r.Tokens, n(r.Tokens))},
		{lang.L("Time"), lang.L("{{.Read}} s to read, {{.Write}} s to write: {{.Speed}} tokens/s", map[string]any{
			"Read": decimal(r.ReadSeconds, 2), "Write": decimal(r.WriteSeconds, 2), "Speed": speed(perSecond(r.Tokens, r.WriteSeconds))})},
		{lang.L("Processor time"), lang.L("{{.N}} s, all threads together", map[string]any{"N": decimal(r.CPUSeconds, 2)})},
		{lang.L("Energy"), energyText(r)},
	}...)
	if r.Loops > 0 {
		facts = append(facts, [2]string{lang.L("Repetitions"), lang.N("taken back {{.N}} times to where the answer began to repeat itself", r.Loops, n(r.Loops))})
	}
	return append(facts, [][2]string{
		{lang.L("Context"), lang.N("{{.N}} tokens", r.Context, n(r.Context))},
		{lang.L("Computed with"), r.Kernels + " · " + lang.N("{{.N}} threads", r.Threads, n(r.Threads))},
		{lang.L("Version of Lamplight"), orUnknown(r.Build)},
	}...)
}

// samplingFacts say how the model chose its words. What was not in force is left out.
func samplingFacts(p sample.Params) [][2]string {
	facts := [][2]string{{lang.L("Temperature"), decimal(float64(p.Temperature), 2)}}
	add := func(name string, on bool, value string) {
		if on {
			facts = append(facts, [2]string{name, value})
		}
	}
	real := func(v float32) string { return decimal(float64(v), 2) }
	add(lang.L("Top-k"), p.TopK > 0, grouped(int64(p.TopK)))
	add(lang.L("Top-p"), p.TopP > 0 && p.TopP < 1, real(p.TopP))
	add(lang.L("Min-p"), p.MinP > 0, real(p.MinP))
	add(lang.L("Repeat penalty"), p.RepeatPenalty > 0 && p.RepeatPenalty != 1, real(p.RepeatPenalty))
	add(lang.L("Frequency penalty"), p.FrequencyPenalty != 0, real(p.FrequencyPenalty))
	add(lang.L("Presence penalty"), p.PresencePenalty != 0, real(p.PresencePenalty))
	add(lang.L("Penalties look at"), p.RepeatLastN > 0, lang.N("the last {{.N}} tokens", p.RepeatLastN, map[string]any{"N": grouped(int64(p.RepeatLastN))}))
	add(lang.L("DRY"), p.DRY.Multiplier > 0, lang.L("multiplier {{.Multiplier}}, base {{.Base}}, allowed length {{.Length}}", map[string]any{
		"Multiplier": real(p.DRY.Multiplier), "Base": real(p.DRY.Base), "Length": p.DRY.AllowedLength}))
	add(lang.L("Seed"), true, fmt.Sprint(p.Seed))
	return facts
}

// energyText says what an answer has cost, and how that is known.
func energyText(r *assistant.Receipt) string {
	data := map[string]any{"N": decimal(r.Joules, 1)}
	switch {
	case r.Joules <= 0:
		return lang.L("not known")
	case r.Measured:
		return lang.L("{{.N}} J, by the counter of the processor", data)
	}
	return lang.L("about {{.N}} J, an estimate from the processor time", data)
}

func perSecond(n int, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(n) / seconds
}

func orUnknown(text string) string {
	if text == "" {
		return lang.L("not known")
	}
	return text
}

func orNone(text string) string {
	if text == "" {
		return lang.L("none")
	}
	return text
}

// answerReceiptText is a receipt for the clipboard, with those of what the answer was gone on from.
func answerReceiptText(r *assistant.Receipt) string {
	var b strings.Builder
	for ; r != nil; r = r.Before {
		for _, f := range answerFacts(r) {
			fmt.Fprintf(&b, "%s: %s\n", f[0], f[1])
		}
		if r.Before != nil {
			fmt.Fprintf(&b, "\n%s\n\n", lang.L("What was there before:"))
		}
	}
	return b.String()
}
