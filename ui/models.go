package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"lamplight/library"
	"lamplight/ui/widgets"
)

// modelsView is the page Models: what is in the library, as cards.
type modelsView struct {
	w     *Window
	cards *fyne.Container // scrolls, and keeps its place when the cards change
	built map[string]builtCard
	full  scroller
	body  *fyne.Container // the cards, or how to get a model
	root  fyne.CanvasObject
}

// builtCard is the card of a model as it was shown last.
type builtCard struct {
	model  library.Model
	active bool
	card   fyne.CanvasObject
}

func newModelsView(w *Window) *modelsView {
	m := &modelsView{w: w, cards: container.New(&cardGrid{}), built: map[string]builtCard{}, body: container.NewStack()}
	add := widgets.NewChipButton(icon("plus"), lang.L("Add a model…"), w.chooseFile)
	head := container.NewBorder(nil, nil, heading(lang.L("Models")), container.NewCenter(add))
	hint := muted(lang.L("Drop another .gguf file or Hugging Face folder anywhere on this window to add it."))
	m.full = newScroller(container.New(layout.NewCustomPaddedLayout(4, 16, 16, 16), container.NewVBox(m.cards, hint)))
	m.root = container.NewBorder(container.New(layout.NewCustomPaddedLayout(8, 0, 16, 16), head), nil, nil, nil, m.body)
	return m
}

func (m *modelsView) content() fyne.CanvasObject { return m.root }

func (m *modelsView) enter() {
	m.build()
	m.w.look()
}

// shelfChanged shows the library as it is now. A page that is not seen can wait until it is entered.
func (m *modelsView) shelfChanged() {
	if m.w.current == modelsPage {
		m.build()
	}
}

// build makes the cards of models that are new or have changed. The others stay, with the keyboard where it is.
func (m *modelsView) build() {
	built, changed := map[string]builtCard{}, len(m.built) != len(m.w.shelf.models)
	var cards []fyne.CanvasObject
	for _, model := range m.w.shelf.models {
		active := model.ID == m.w.shelf.active
		c, ok := m.built[model.ID]
		if !ok || c.active != active || !alike(c.model, model) {
			c, changed = builtCard{model, active, m.card(model, active)}, true
		}
		built[model.ID] = c
		cards = append(cards, c.card)
	}
	if !changed && len(m.body.Objects) > 0 {
		return
	}
	m.built, m.cards.Objects = built, cards
	m.body.Objects = []fyne.CanvasObject{m.full.Scroll}
	if len(cards) == 0 {
		m.body.Objects = []fyne.CanvasObject{m.w.welcome()}
	}
	m.body.Refresh()
}

func (m *modelsView) card(model library.Model, active bool) fyne.CanvasObject {
	lamp := darkLamp()
	if active {
		lamp = litLamp()
	}
	c := model.Card
	top := container.NewBorder(nil, nil, container.NewCenter(picture(lamp, 28)), nil, lines(subheading(c.Name), muted(facts(c))))
	rows := []fyne.CanvasObject{top}
	if text := explainCard(model); text != "" {
		bad := paragraph(text)
		bad.segment.Style.ColorName = theme.ColorNameError
		rows = append(rows, bad)
	}
	var table []fyne.CanvasObject
	for _, row := range cardRows(c) {
		name := container.NewGridWrap(fyne.NewSize(88, small("").MinSize().Height), oneLined(muted(row[0])))
		table = append(table, container.NewBorder(nil, nil, name, nil, oneLined(small(row[1]))))
	}
	body := container.NewVBox(append(rows, lines(table...))...)
	card := widgets.NewCard(container.NewBorder(nil, m.buttons(model, active), nil, nil, body))
	card.SetActive(active)
	return card
}

// facts are the first things to know of a model. What its file does not say is left out.
func facts(c library.Card) string {
	var list []string
	if c.Parameters > 0 {
		list = append(list, lang.N("{{.N}} parameters", int(c.Parameters), map[string]any{"N": count(c.Parameters)}))
	}
	if c.Quantization != "" {
		list = append(list, c.Quantization)
	}
	if c.Bytes > 0 {
		list = append(list, byteSize(c.Bytes))
	}
	return strings.Join(list, " · ")
}

// cardRows are the lesser facts of a model. What its file does not say is left out.
func cardRows(c library.Card) [][2]string {
	tokens := func(n int) string {
		if n <= 0 {
			return ""
		}
		return lang.N("{{.N}} tokens", n, map[string]any{"N": grouped(int64(n))})
	}
	var rows [][2]string
	for _, row := range [][2]string{
		{lang.L("Context"), tokens(c.ContextLength)},
		{lang.L("Vocabulary"), tokens(c.Vocabulary)},
		{lang.L("Licence"), c.License},
		{lang.L("Origin"), strings.TrimPrefix(c.Origin, "https://")},
		{lang.L("SHA-256"), short(c.SHA256)},
	} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

// short is the beginning of a hash, enough to compare by eye.
func short(hash string) string {
	if len(hash) <= 16 {
		return hash
	}
	return hash[:16] + "…"
}

func (m *modelsView) buttons(model library.Model, active bool) fyne.CanvasObject {
	row := container.NewHBox()
	if model.Err() == nil {
		label := lang.L("Use")
		if active {
			label = lang.L("Chat")
		}
		row.Add(m.full.chip(icon("chat"), label, func() { m.w.chatWith(model.ID) }))
	}
	row.Add(layout.NewSpacer())
	if model.Card.SHA256 != "" {
		row.Add(m.full.tool(icon("copy"), lang.L("Copy the SHA-256"), func() {
			fyne.CurrentApp().Clipboard().SetContent(model.Card.SHA256)
			m.w.mention(lang.L("The SHA-256 is in the clipboard."), "", nil)
		}))
	}
	row.Add(m.full.tool(icon("pen"), lang.L("Rename"), func() { m.rename(model) }))
	row.Add(m.full.tool(icon("trash"), lang.L("Remove"), func() { m.remove(model) }))
	return row
}

func (m *modelsView) rename(model library.Model) {
	entry := m.w.newField()
	entry.SetText(model.Card.Name)
	accept := func() {
		m.w.closeDialog()
		if name := entry.Text; name != model.Card.Name {
			m.w.change(func() error { return m.w.Library.Rename(model.ID, name) }, nil)
		}
	}
	confirm := widgets.NewChipButton(nil, lang.L("Rename"), accept)
	entry.OnChanged = func(text string) {
		if strings.TrimSpace(text) == "" {
			confirm.Disable()
		} else {
			confirm.Enable()
		}
	}
	entry.OnSubmitted = func(text string) {
		if !confirm.Disabled() {
			accept()
		}
	}
	m.w.showDialog(subheading(lang.L("Rename")), container.NewVBox(entry), entry, widgets.NewChipButton(nil, lang.L("Cancel"), m.w.closeDialog), confirm)
	entry.TypedShortcut(&fyne.ShortcutSelectAll{})
}

// remove puts a model into the trash, from where Undo takes it back.
func (m *modelsView) remove(model library.Model) {
	name := map[string]any{"Name": model.Card.Name}
	m.w.change(func() error { return m.w.Library.Remove(model.ID) }, func() {
		m.w.say(lang.L("{{.Name}} is in the trash. Its file elsewhere was not touched.", name), lang.L("Undo"), func() {
			m.w.change(func() error { return m.w.Library.Restore(model.ID) }, nil)
		})
	})
}

// chatWith makes a model the active one and shows a conversation.
func (w *Window) chatWith(id string) {
	w.show(chatPage)
	w.chat.startNew()
	if id != w.shelf.active {
		w.choose(id)
	}
}

// cardGrid puts cards of equal width into as many columns as there is room for.
type cardGrid struct{ width float32 }

const (
	minCard = 300
	gap     = 8
)

func (g *cardGrid) columns(width float32) int { return max(1, int((width+gap)/(minCard+gap))) }

// MinSize implements fyne.Layout.
func (g *cardGrid) MinSize(cards []fyne.CanvasObject) fyne.Size {
	width := max(g.width, minCard)
	columns := g.columns(width)
	height := float32(0)
	for first := 0; first < len(cards); first += columns {
		height += g.rowHeight(cards[first:min(first+columns, len(cards))]) + gap
	}
	return fyne.NewSize(minCard, height)
}

func (g *cardGrid) rowHeight(row []fyne.CanvasObject) float32 {
	height := float32(0)
	for _, c := range row {
		height = max(height, c.MinSize().Height)
	}
	return height
}

// Layout implements fyne.Layout.
func (g *cardGrid) Layout(cards []fyne.CanvasObject, size fyne.Size) {
	g.width = size.Width
	columns := g.columns(size.Width)
	each := (size.Width - gap*float32(columns-1)) / float32(columns)
	y := float32(0)
	for first := 0; first < len(cards); first += columns {
		row := cards[first:min(first+columns, len(cards))]
		for _, c := range row { // texts wrap to the width, then know their height
			c.Resize(fyne.NewSize(each, c.Size().Height))
		}
		height := g.rowHeight(row)
		for i, c := range row {
			c.Move(fyne.NewPos(float32(i)*(each+gap), y))
			c.Resize(fyne.NewSize(each, height))
		}
		y += height + gap
	}
}
