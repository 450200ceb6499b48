package ui

import (
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant/tuning"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// lessonView is the page Tune before a training: the examples as they will be learnt, what is wrong with them, the settings, and
// what it takes.
type lessonView struct {
	t     *tuneView
	cards []fyne.CanvasObject
	first int // example that is shown first

	model   *choiceBox
	models  []library.Model // in the order of the choice
	filling bool            // what changes is not the user's doing
	sources *fyne.Container
	summary *words
	usual   *words

	paper      *fyne.Container
	place      *words
	back, next *widgets.IconButton
	paperCard  fyne.CanvasObject

	problems     *fyne.Container
	problemsCard fyne.CanvasObject

	fold     *widgets.ChipButton
	advanced *fyne.Container
	knobs    []tuneKnob
	memory   *words
	about    *words
	begin    *widgets.ChipButton
}

func newLessonView(t *tuneView) *lessonView {
	l := &lessonView{t: t, sources: container.NewVBox(), summary: paragraph(""), usual: muted(""), place: muted(""), memory: paragraph(""), about: muted("")}
	l.model = t.scroll.choice(nil)
	l.model.OnChanged = l.chosen
	what := section(lang.L("What is to be learnt"), l.sources, lines(l.summary, l.usual),
		row(lang.L("Model"), muted(lang.L("It stays as it is. What it learns is kept beside it.")), l.model))

	l.paper = container.NewVBox()
	l.back = t.scroll.tool(icon("back"), lang.L("The examples before"), func() { l.turn(-onPaper) })
	l.next = t.scroll.tool(icon("forward"), lang.L("The examples after"), func() { l.turn(onPaper) })
	pager := container.NewBorder(nil, nil, nil, container.NewHBox(container.NewCenter(l.back), container.NewCenter(l.next)), l.place)
	l.paperCard = section(lang.L("As the model sees them"),
		muted(lang.L("Grey is read only. What stands out is learnt: the answers, and the sign that ends them.")), pager, l.paper)

	l.problems = rows()
	l.problemsCard = section(lang.L("What is left out"), l.problems)

	l.advanced = container.NewVBox()
	l.advanced.Hide()
	l.fold = t.scroll.chip(icon("sliders"), lang.L("Advanced"), func() {
		show(l.advanced, !l.advanced.Visible())
		l.fold.SetActive(l.advanced.Visible())
		t.settle()
	})
	for _, k := range tuneKnobs() {
		box := t.scroll.choice(nil)
		k.box = box
		l.knobs = append(l.knobs, k)
		l.advanced.Add(row(k.name, muted(k.about), box))
	}
	for i := range l.knobs {
		l.knobs[i].box.OnChanged = func(string) { l.turned(i) }
	}
	l.begin = t.scroll.chip(icon("tune"), lang.L("Start learning"), t.begin)
	start := widgets.NewCard(container.NewVBox(lines(l.memory, l.about), chips(l.begin, l.fold), l.advanced))
	l.cards = []fyne.CanvasObject{what, l.problemsCard, start, l.paperCard}
	return l
}

func (l *lessonView) forget() {
	l.sources.Objects, l.paper.Objects, l.problems.Objects, l.first = nil, nil, nil, 0
}

// onPaper is how many examples are shown at a time.
const onPaper = 3

func (l *lessonView) turn(by int) {
	l.first += by
	l.show()
	l.t.settle()
}

// show brings the cards up to date.
func (l *lessonView) show() {
	if l.t.phase != tuning.Idle {
		return
	}
	l.showModels()
	l.showSources()
	p := l.t.prepared
	show(l.paperCard, p != nil && p.Examples() > 0)
	show(l.problemsCard, p != nil && len(p.Problems) > 0)
	show(l.fold, p != nil)
	if p == nil {
		l.summary.set(lang.L("The examples are being looked at…"))
		if len(l.models) == 0 {
			l.summary.set(lang.L("There is no model that could learn. Add one on the page Models."))
		}
		l.usual.set("")
		l.memory.set("")
		l.about.set("")
		l.begin.Disable()
		return
	}
	l.summary.set(lessonText(p))
	l.usual.set(tokensText(p))
	l.showPaper(p)
	l.showProblems(p)
	l.showKnobs(p)
	enough := p.Report.Train > 0
	text, color := memoryText(p, l.t.free)
	l.memory.show(text, color)
	l.about.set(mannersText(l.t.w.battery))
	if enough {
		l.begin.Enable()
	} else {
		l.memory.show(lang.L("There is nothing here that could be learnt. Add other examples."), theme.ColorNameError)
		l.begin.Disable()
	}
}

// showModels lists the models that may learn.
func (l *lessonView) showModels() {
	l.models = l.t.w.shelf.usable()
	base, ok := l.t.base()
	l.filling = true
	l.model.Options = modelLabels(l.models)
	l.model.ClearSelected()
	for i, m := range l.models {
		if ok && m.ID == base.ID {
			l.model.SetSelectedIndex(i)
		}
	}
	l.filling = false
}

func (l *lessonView) chosen(string) {
	if i := l.model.SelectedIndex(); !l.filling && i >= 0 && i < len(l.models) {
		l.t.model = l.models[i].ID
		l.t.prepare()
	}
}

// showSources lists where the examples come from.
func (l *lessonView) showSources() {
	list := l.t.tuner.Lesson().Sources
	if len(list) == len(l.sources.Objects) {
		return
	}
	l.sources.Objects = nil
	for i, s := range list {
		name := oneLine(s.Name, maxTitle)
		if s.Name == "" {
			name = lang.L("Your accepted edits")
		}
		remove := l.t.scroll.tool(icon("close"), lang.L("Leave out {{.Name}}", map[string]any{"Name": name}), func() { l.t.remove(i) })
		text := lines(oneLined(paragraph(name)), muted(lang.N("{{.N}} examples", len(s.Rows), map[string]any{"N": grouped(int64(len(s.Rows)))})))
		l.sources.Add(container.NewBorder(nil, nil, nil, container.NewCenter(remove), text))
	}
	l.sources.Refresh()
}

// showPaper shows some of the examples.
func (l *lessonView) showPaper(p *tuning.Prepared) {
	n := p.Examples()
	l.first = max(0, min(l.first, (n-1)/onPaper*onPaper))
	end := min(n, l.first+onPaper)
	l.place.set(lang.L("{{.From}} to {{.To}} of {{.All}}", map[string]any{"From": grouped(int64(l.first + 1)), "To": grouped(int64(end)), "All": grouped(int64(n))}))
	enable(l.back, l.first > 0)
	enable(l.next, end < n)
	l.paper.Objects = nil
	for i := l.first; i < end; i++ {
		pieces, tokens, held := p.Example(i)
		about := lang.N("{{.N}} tokens", tokens, map[string]any{"N": grouped(int64(tokens))})
		if held {
			about += " · " + lang.L("held back, to see what was learnt")
		}
		l.paper.Add(lines(newExample(pieces), muted(about)))
	}
	l.paper.Refresh()
}

// newExample writes an example as the model sees it.
func newExample(pieces []tuning.Piece) fyne.CanvasObject {
	text := widget.NewRichText()
	text.Wrapping, text.Scroll = fyne.TextWrapWord, fyne.ScrollNone
	for _, p := range pieces {
		style := widget.RichTextStyle{Inline: true, ColorName: widgets.ColorNameMuted, SizeName: theme.SizeNameText}
		if p.Learnt {
			style.ColorName, style.TextStyle.Bold = theme.ColorNamePrimary, true
		}
		text.Segments = append(text.Segments, &widget.TextSegment{Text: p.Text, Style: style})
	}
	return text
}

// mostProblems is how many are named.
const mostProblems = 30

// showProblems says what is wrong with which examples.
func (l *lessonView) showProblems(p *tuning.Prepared) {
	l.problems.Objects = nil
	sources := l.t.tuner.Lesson().Sources
	for i, wrong := range p.Problems {
		if i == mostProblems {
			more := len(p.Problems) - i
			l.problems.Add(muted(lang.N("And {{.N}} more.", more, map[string]any{"N": grouped(int64(more))})))
			break
		}
		name := lang.L("Your accepted edits")
		if wrong.Source < len(sources) && sources[wrong.Source].Name != "" {
			name = oneLine(sources[wrong.Source].Name, maxTitle)
		}
		where := lang.L("{{.Name}}, line {{.Line}}: {{.Why}}", map[string]any{"Name": name, "Line": grouped(int64(wrong.Line)), "Why": problemText(wrong)})
		l.problems.Add(muted(where))
	}
	l.problems.Refresh()
}

func enable(b *widgets.IconButton, on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

// tuneKnob is a setting that is usually chosen by the number of examples.
type tuneKnob struct {
	name, about string
	values      []float64
	label       func(float64) string
	get         func(tuning.Settings) float64
	put         func(*tuning.Settings, float64)
	box         *choiceBox
}

func tuneKnobs() []tuneKnob {
	whole := func(v float64) string { return grouped(int64(v)) }
	return []tuneKnob{
		{name: lang.L("Passes"), about: lang.L("How often every example is learnt from at most."), values: []float64{1, 2, 3, 4, 6, 8, 12, 20, 40}, label: whole,
			get: func(s tuning.Settings) float64 { return float64(s.Epochs) }, put: func(s *tuning.Settings, v float64) { s.Epochs = int(v) }},
		{name: lang.L("Held back"), about: lang.L("The part that is not learnt, to see what was. It also tells when to end."), values: []float64{-1, 0.05, 0.1, 0.2, 0.3},
			label: func(v float64) string {
				if v < 0 {
					return lang.L("Nothing")
				}
				return lang.L("{{.Percent}} %", map[string]any{"Percent": decimal(100*v, 0)})
			},
			get: func(s tuning.Settings) float64 { return s.HoldBack }, put: func(s *tuning.Settings, v float64) { s.HoldBack = v }},
		{name: lang.L("End early"), about: lang.L("After how many passes that did not make it better."), values: []float64{-1, 1, 2, 3, 5},
			label: func(v float64) string {
				if v < 0 {
					return lang.L("Never")
				}
				return grouped(int64(v))
			},
			get: func(s tuning.Settings) float64 { return float64(s.Patience) }, put: func(s *tuning.Settings, v float64) { s.Patience = int(v) }},
		{name: lang.L("Rank"), about: lang.L("How much room there is for what is new."), values: []float64{2, 4, 8, 16, 32, 64}, label: whole,
			get: func(s tuning.Settings) float64 { return float64(s.Rank) }, put: func(s *tuning.Settings, v float64) { s.Rank = int(v) }},
		{name: lang.L("Learning rate"), about: lang.L("How far a step goes. Too far, and the loss rises instead of falling."), values: []float64{1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3},
			label: func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 32) },
			get:   func(s tuning.Settings) float64 { return float64(s.Rate) }, put: func(s *tuning.Settings, v float64) { s.Rate = float32(v) }},
		{name: lang.L("Examples in a step"), about: lang.L("More make a step steadier, and fewer steps."), values: []float64{1, 2, 4, 8, 16, 32}, label: whole,
			get: func(s tuning.Settings) float64 { return float64(s.Batch) }, put: func(s *tuning.Settings, v float64) { s.Batch = int(v) }},
		{name: lang.L("Longest example"), about: lang.L("In tokens. Longer ones are left out; more take more memory."), values: []float64{128, 256, 512, 1024, 2048}, label: whole,
			get: func(s tuning.Settings) float64 { return float64(s.MaxTokens) }, put: func(s *tuning.Settings, v float64) { s.MaxTokens = int(v) }},
	}
}

// showKnobs shows the settings: what was chosen, or what is usual for these examples.
func (l *lessonView) showKnobs(p *tuning.Prepared) {
	l.filling = true
	for _, k := range l.knobs {
		usual := lang.L("Usual ({{.Value}})", map[string]any{"Value": k.label(k.get(p.Settings))})
		chosen := k.get(l.t.settings)
		if chosen != 0 {
			usual = lang.L("Usual")
		}
		k.box.Options = []string{usual}
		at := 0
		for i, v := range k.values {
			k.box.Options = append(k.box.Options, k.label(v))
			if chosen != 0 && float32(v) == float32(chosen) {
				at = i + 1
			}
		}
		k.box.SetSelectedIndex(at)
	}
	l.filling = false
}

// turned takes a setting that the user has chosen.
func (l *lessonView) turned(i int) {
	k := l.knobs[i]
	at := k.box.SelectedIndex()
	if l.filling || at < 0 {
		return
	}
	value := 0.0
	if at > 0 {
		value = k.values[at-1]
	}
	k.put(&l.t.settings, value)
	l.t.prepare()
}
