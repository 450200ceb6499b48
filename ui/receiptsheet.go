package ui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/library"
	"lamplight/ui/widgets"
)

// difference is how far a model is from its source, in steps that people can see.
type difference uint8

const (
	hardly difference = iota
	slightly
	clearly
	strongly
)

// steps are where a difference begins: from a mean KL divergence on, in nats, or below a share of tokens that both find
// the likeliest. One number tells of answers that are drawn, the other of those that always take the likeliest token.
//
// By Pinsker's inequality two predictions with a divergence of d disagree on at most √(d/2) of the probability: 7 of 100
// tokens that are drawn could be others with 0.01, 22 with 0.1, half with 0.5. The bound is seldom reached. Answers of
// likeliest tokens part after 1/(1−s) tokens or so: 33 with 0.97, which is a sentence or two, 10 with 0.9, 4 with 0.75.
var steps = []struct {
	kl, same float64
	from     difference
}{{0.5, 0.75, strongly}, {0.1, 0.9, clearly}, {0.01, 0.97, slightly}}

// differenceOf is the larger of what the two numbers say.
func differenceOf(r *library.Receipt) difference {
	for _, s := range steps {
		if r.MeanKL >= s.kl || r.SameTop < s.same {
			return s.from
		}
	}
	return hardly
}

// verdictOf says in a sentence what a receipt means.
func verdictOf(r *library.Receipt) string {
	data := map[string]any{"Source": oneLine(r.Source, 60), "Share": decimal(100*r.SameTop, 0)}
	switch differenceOf(r) {
	case hardly:
		return lang.L("Hardly different from {{.Source}}: the likeliest next word is the same {{.Share}} times out of 100.", data)
	case slightly:
		return lang.L("Slightly different from {{.Source}}: the likeliest next word is the same {{.Share}} times out of 100.", data)
	case clearly:
		return lang.L("Clearly different from {{.Source}}: the likeliest next word is the same {{.Share}} times out of 100.", data)
	}
	return lang.L("No longer the same model as {{.Source}}: the likeliest next word is the same {{.Share}} times out of 100.", data)
}

// predicts says which of the two predicts the text better, if that is more than chance: the difference of the
// perplexities is held against twice its standard error, as if the errors of the two were independent. They read the
// same text and err together, so the true error is smaller, and what is called no difference may be a small one.
func predicts(r *library.Receipt) string {
	a, b := r.Model, r.Base
	off, noise := a.Perplexity-b.Perplexity, 2*math.Hypot(a.PerplexityError, b.PerplexityError)
	switch {
	case off > noise:
		return lang.L("It predicts the text worse than its source, by more than chance explains.")
	case off < -noise:
		return lang.L("It predicts the text better than its source, by more than chance explains.")
	}
	return lang.L("It predicts the text as well as its source, as far as a text of this length can tell.")
}

// receiptRow is a line of the table: a number of both models.
type receiptRow struct{ name, model, source string }

func receiptRows(r *library.Receipt) []receiptRow {
	both := func(name string, f func(library.Measured) string) receiptRow {
		return receiptRow{name, f(r.Model), f(r.Base)}
	}
	perSecond := func(v float64) string {
		if v == 0 {
			return lang.L("not measured")
		}
		return lang.L("{{.N}} tokens/s", map[string]any{"N": speed(v)})
	}
	return []receiptRow{
		both(lang.L("Size"), func(m library.Measured) string { return byteSize(m.Bytes) }),
		both(lang.L("Bits per weight"), func(m library.Measured) string { return decimal(m.BitsPerWeight, 2) }),
		both(lang.L("Perplexity"), func(m library.Measured) string {
			return decimal(m.Perplexity, 2) + " ± " + decimal(m.PerplexityError, 2)
		}),
		both(lang.L("Reads"), func(m library.Measured) string { return perSecond(m.Prefill) }),
		both(lang.L("Writes"), func(m library.Measured) string { return perSecond(m.Decode) }),
	}
}

// receiptFacts are the numbers that are about both models together, and how they were found.
func receiptFacts(r *library.Receipt) [][2]string {
	threads := lang.N("{{.N}} threads", r.Threads, map[string]any{"N": grouped(int64(r.Threads))})
	return [][2]string{
		{lang.L("Mean KL divergence"), nats(4, r.MeanKL)},
		{lang.L("99.9 % are below"), nats(3, r.TailKL)},
		{lang.L("Same likeliest token"), decimal(100*r.SameTop, 1) + " %"},
		{lang.L("Text"), lang.N("{{.Name}}, {{.N}} tokens", r.Tokens, map[string]any{"Name": oneLine(r.Text, 60), "N": grouped(int64(r.Tokens))})},
		{lang.L("Measured"), r.Time.Local().Format(time.DateOnly + " 15:04")},
		{lang.L("Computed with"), r.Kernels + " · " + threads},
	}
}

func nats(decimals int, v float64) string {
	return lang.L("{{.N}} nats", map[string]any{"N": decimal(v, decimals)})
}

// showReceipt shows what a model lost and won against its source.
func (w *Window) showReceipt(m library.Model) {
	r := m.Card.Receipt
	if r == nil || w.dialog != nil || w.lock != nil {
		return
	}
	table := container.New(tableLayout{0.28, 0.36, 0.36}, cell(muted("")), cell(muted(m.Card.Name)), cell(muted(r.Source)))
	for _, row := range receiptRows(r) {
		for _, t := range []*words{muted(row.name), small(row.model), small(row.source)} {
			table.Add(cell(t))
		}
	}
	facts := container.New(tableLayout{0.28, 0.72})
	for _, f := range receiptFacts(r) {
		facts.Add(cell(muted(f[0])))
		facts.Add(cell(small(f[1])))
	}
	copyIt := widgets.NewChipButton(icon("copy"), lang.L("Copy"), func() {
		fyne.CurrentApp().Clipboard().SetContent(receiptText(m.Card.Name, r))
	})
	again := widgets.NewChipButton(nil, lang.L("Measure again…"), func() {
		w.closeDialog()
		w.askMeasure(m)
	})
	closeIt := widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog)
	body := container.NewVBox(lines(paragraph(verdictOf(r)), muted(predicts(r))), table, facts)
	w.showDialog(subheading(lang.L("Receipt of {{.Name}}", map[string]any{"Name": m.Card.Name})), body, closeIt, again, copyIt, closeIt)
}

func cell(t *words) fyne.CanvasObject { return oneLined(t) }

// tableLayout puts cells into rows close under each other. It has the part of the width that each column gets.
type tableLayout []float32

// MinSize implements fyne.Layout.
func (l tableLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(0, float32((len(o)+len(l)-1)/len(l))*lineHeight()+2*textInset)
}

// Layout implements fyne.Layout.
func (l tableLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	x := float32(0)
	for i, c := range o {
		column := i % len(l)
		if column == 0 {
			x = 0
		}
		c.Move(fyne.NewPos(x, float32(i/len(l))*lineHeight()))
		c.Resize(fyne.NewSize(l[column]*size.Width, lineHeight()+2*textInset))
		x += l[column] * size.Width
	}
}

// receiptText is a receipt for the clipboard.
func receiptText(name string, r *library.Receipt) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s %s\n\n", lang.L("Receipt of {{.Name}}", map[string]any{"Name": name}), verdictOf(r), predicts(r))
	for _, row := range receiptRows(r) {
		fmt.Fprintf(&b, "%s: %s (%s: %s)\n", row.name, row.model, r.Source, row.source)
	}
	for _, f := range receiptFacts(r) {
		fmt.Fprintf(&b, "%s: %s\n", f[0], f[1])
	}
	return b.String()
}
