package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/ui/widgets"
)

// offer is a file that a newcomer could fetch.
type offer struct{ name, size, about, address string }

// offers are the official places of files that suit this program, the smallest first.
func offers() []offer {
	return []offer{
		{"Gemma 3 270M", "241 MB", lang.L("Quick on any computer; short answers, rewriting, stories."), "huggingface.co/ggml-org/gemma-3-270m-it-qat-GGUF"},
		{"Gemma 3 1B", "1.0 GB", lang.L("Knows more and writes better; wants 2 GB of memory."), "huggingface.co/google/gemma-3-1b-it-qat-q4_0-gguf"},
		{"Gemma 3 4B", "3.2 GB", lang.L("The best of the three; slow without a fast computer."), "huggingface.co/google/gemma-3-4b-it-qat-q4_0-gguf"},
	}
}

// cardWidth is how wide a card of text may get, so that its lines stay readable.
const cardWidth = 560

// welcome is what a newcomer sees who has no model at all: what this is and how to get one.
func (w *Window) welcome() fyne.CanvasObject {
	return w.howToBegin(muted(lang.L("Drop a .gguf file or a Hugging Face folder anywhere on this window, or choose the file.")), func(scroller) []fyne.CanvasObject {
		return []fyne.CanvasObject{
			subheading(lang.L("This is Lamplight")),
			paragraph(lang.L("Nothing you write here leaves this computer. To talk, it needs a model: one file, which you fetch once with your browser and drop on this window.")),
		}
	})
}

// firstSteps is what a newcomer sees who has the starter: what this is, a story, and what another model would add.
func (c *chatView) firstSteps() fyne.CanvasObject {
	more := paragraph(lang.L("For everything else add a model such as Gemma 3: one file, which you fetch once with your browser and drop on this window."))
	return c.w.howToBegin(more, func(s scroller) []fyne.CanvasObject {
		return []fyne.CanvasObject{
			lines(subheading(lang.L("This is Lamplight")), muted(lang.L("Nothing you write here leaves this computer."))),
			paragraph(starterText()),
			container.New(layout.NewCustomPaddedLayout(0, gap, 0, 0), container.NewCenter(c.storyButton(s))),
			widget.NewSeparator(),
		}
	})
}

// starterText says what the starter can do.
func starterText() string {
	return lang.L("The starter is a very small model that comes with Lamplight. It tells bedtime stories, corrects and rephrases short English sentences, and answers questions about Lamplight. It knows nothing else.")
}

// storyButton has a story told at once.
func (c *chatView) storyButton(s scroller) *widgets.LargeButton {
	b := widgets.NewLargeButton(icon("story"), lang.L("Tell me a story"), func() { c.w.story.tellSurprise() })
	b.OnFocus(func() { s.reveal(b) })
	c.story = b
	return b
}

// howToBegin is a card for a newcomer: first something, then how to get a model, with a text beside the button that adds one.
func (w *Window) howToBegin(text fyne.CanvasObject, first func(scroller) []fyne.CanvasObject) fyne.CanvasObject {
	place := container.NewStack()
	scroll := newScroller(container.New(&column{cardWidth}, place))
	rows := first(scroll)
	if said, do := w.foundElsewhere(scroll); do != nil {
		rows = append(rows, container.NewBorder(nil, nil, nil, container.NewCenter(do), paragraph(said)))
	}
	add := scroll.chip(icon("drop"), lang.L("Add a model…"), w.chooseFile)
	rows = append(rows,
		container.NewBorder(nil, nil, nil, container.NewCenter(add), text),
		widget.NewSeparator(),
		muted(lang.L("Where the official files are. Lamplight opens no address itself: copy one into your browser.")))
	for _, o := range offers() {
		copyIt := scroll.chip(icon("copy"), lang.L("Copy address"), func() {
			fyne.CurrentApp().Clipboard().SetContent("https://" + o.address)
			w.mention(lang.L("The address of {{.Name}} is in the clipboard.", map[string]any{"Name": o.name}), "", nil)
		})
		text := lines(paragraph(o.name+" · "+o.size), muted(o.about), muted(o.address))
		rows = append(rows, container.NewBorder(nil, nil, nil, container.NewCenter(copyIt), text))
	}
	place.Add(widgets.NewCard(container.NewVBox(rows...)))
	return scroll.Scroll
}

// foundElsewhere says which models are on the computer already: one can be used at once, several are shown.
func (w *Window) foundElsewhere(s scroller) (said string, do fyne.CanvasObject) {
	switch others := w.finder.others; len(others) {
	case 0:
		return "", nil
	case 1:
		return lang.L("{{.Name}} is on this computer already. Use it where it is; nothing is copied.", map[string]any{"Name": others[0].Name}),
			s.chip(icon("chat"), lang.L("Use"), func() { w.finder.use(others[0]) })
	default:
		return lang.N("{{.N}} models are on this computer already. Use one of them where it is; nothing is copied.", len(others), map[string]any{"N": len(others)}),
			s.chip(icon("models"), lang.L("Show"), func() { w.show(modelsPage) })
	}
}

// examples are first things to ask a small model; what follows a colon is the user's to write.
func examples() []string {
	return []string{
		lang.L("Make this sentence friendlier: "),
		lang.L("Write a bedtime story about a lighthouse."),
		lang.L("Explain photosynthesis to a child."),
	}
}

// ready invites to the first question of a conversation.
func (c *chatView) ready(model string) fyne.CanvasObject {
	chips := container.NewVBox()
	for _, text := range examples() {
		chips.Add(container.NewCenter(widgets.NewChipButton(nil, shownExample(text), func() { c.begin(text) })))
	}
	return centred(container.NewVBox(
		container.NewCenter(picture(litLamp(), 40)),
		lines(middle(subheading(lang.L("{{.Model}} is ready.", map[string]any{"Model": model}))),
			middle(muted(lang.L("Ask a question, paste a text and say what to do with it, or begin with one of these.")))),
		chips))
}

// starterReady invites to what the starter can do, and says where the other models are.
func (c *chatView) starterReady() fyne.CanvasObject {
	w := c.w
	others := lang.L("For everything else choose one of your other models at the top right.")
	if m := w.shelf.missing; m.ID != "" {
		others = explainAnswer(m.Card.Name, m.Err()).text
	}
	place := container.NewStack()
	scroll := newScroller(container.New(&column{cardWidth}, place))
	place.Add(container.NewVBox(
		container.NewCenter(picture(litLamp(), 40)),
		lines(middle(subheading(lang.L("{{.Model}} is ready.", map[string]any{"Model": c.modelName()}))), middle(muted(starterText())), middle(muted(others))),
		container.NewCenter(c.storyButton(scroll)),
		container.NewCenter(scroll.chip(icon("models"), lang.L("Models"), func() { w.show(modelsPage) }))))
	return scroll.Scroll
}

// shownExample is an example as its button says it.
func shownExample(text string) string {
	if text[len(text)-1] == ' ' {
		return text + "…"
	}
	return text
}

// begin writes an example into the prompt box, before what stands there.
func (c *chatView) begin(text string) {
	c.prompt.SetText(text + c.prompt.Text)
	c.w.focus(c.prompt)
	c.prompt.TypedKey(&fyne.KeyEvent{Name: fyne.KeyPageDown}) // the end
}

// unready is shown when there are models but none can answer: none is chosen, or the chosen one is gone.
func (c *chatView) unready() fyne.CanvasObject {
	text := lang.L("Choose one of your models at the top right, or look after them on their page.")
	if m, ok := c.w.shelf.chosen(); ok && m.Err() != nil {
		text = explainAnswer(m.Card.Name, m.Err()).text
	}
	models := widgets.NewChipButton(icon("models"), lang.L("Models"), func() { c.w.show(modelsPage) })
	return centred(container.NewVBox(
		container.NewCenter(picture(darkLamp(), 40)),
		lines(middle(subheading(lang.L("No model is chosen"))), middle(muted(text))),
		container.NewCenter(models)))
}

func middle(w *words) *words {
	w.segment.Style.Alignment = fyne.TextAlignCenter
	return w
}

// lines puts texts that belong together close under each other.
func lines(texts ...fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedVBoxLayout(-12), texts...)
}

// centred puts o in the middle of its place, no wider than a card, and lets it scroll when it is higher.
func centred(o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewVScroll(container.New(&column{cardWidth}, o))
}

// column keeps its one object at most so wide, in the middle.
type column struct{ width float32 }

// MinSize implements fyne.Layout.
func (c *column) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(min(320, c.width), o[0].MinSize().Height+32)
}

// Layout implements fyne.Layout.
func (c *column) Layout(o []fyne.CanvasObject, size fyne.Size) {
	width := min(c.width, size.Width-32)
	o[0].Resize(fyne.NewSize(width, o[0].Size().Height)) // texts wrap to the width, then know their height
	height := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(width, height))
	o[0].Move(fyne.NewPos((size.Width-width)/2, max(16, (size.Height-height)/2)))
}

// picture shows an icon at a size.
func picture(r fyne.Resource, size float32) fyne.CanvasObject {
	i := widget.NewIcon(r)
	return container.NewGridWrap(fyne.NewSquareSize(size), i)
}
