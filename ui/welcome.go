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

// welcome is what a newcomer sees: what this is and how to get a model.
func (w *Window) welcome() fyne.CanvasObject {
	rows := []fyne.CanvasObject{
		subheading(lang.L("This is Lamplight")),
		paragraph(lang.L("Nothing you write here leaves this computer. To talk, it needs a model: one file, which you fetch once with your browser and drop on this window.")),
		container.NewBorder(nil, nil, nil, widgets.NewChipButton(icon("drop"), lang.L("Add a model…"), w.chooseFile),
			muted(lang.L("Drop a .gguf file or a Hugging Face folder anywhere on this window, or"))),
		widget.NewSeparator(),
		paragraph(lang.L("Where the official files are. Lamplight opens no address itself: copy one into your browser.")),
	}
	for _, o := range offers() {
		copyIt := widgets.NewChipButton(nil, lang.L("Copy address"), func() {
			fyne.CurrentApp().Clipboard().SetContent("https://" + o.address)
			w.say(lang.L("The address is in the clipboard."), "", nil)
		})
		text := container.New(layout.NewCustomPaddedVBoxLayout(-14), paragraph(o.name+" · "+o.size), muted(o.about), muted(o.address))
		rows = append(rows, container.NewBorder(nil, nil, nil, container.NewCenter(copyIt), text))
	}
	return centred(widgets.NewCard(container.NewVBox(rows...)))
}

// ready invites to the first question of a conversation.
func (w *Window) ready(model string) fyne.CanvasObject {
	if model == "" {
		model = lang.L("A model")
	}
	return centred(container.NewVBox(
		container.NewCenter(picture(litLamp(), 40)),
		middle(lang.L("{{.Model}} is ready.", map[string]any{"Model": model})),
		middle(lang.L("Ask a question, or paste a text and say what to do with it."))))
}

func middle(text string) words {
	w := muted(text)
	w.segment.Style.Alignment = fyne.TextAlignCenter
	return w
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
