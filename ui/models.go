package ui

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/library"
	"lamplight/ui/widgets"
)

// modelsView is the page Models: what is in the library, as cards.
type modelsView struct {
	w    *Window
	body *fyne.Container
	root fyne.CanvasObject
}

func newModelsView(w *Window) *modelsView {
	m := &modelsView{w: w, body: container.NewStack()}
	add := widgets.NewChipButton(icon("plus"), lang.L("Add a model…"), w.chooseFile)
	head := container.NewBorder(nil, nil, heading(lang.L("Models")), container.NewCenter(add))
	m.root = container.NewBorder(container.New(layout.NewCustomPaddedLayout(8, 0, 16, 16), head), nil, nil, nil, m.body)
	m.reload()
	return m
}

func (m *modelsView) content() fyne.CanvasObject { return m.root }
func (m *modelsView) enter()                     { m.reload() }

// reload shows the library as it is now.
func (m *modelsView) reload() {
	all, err := m.w.Library.List()
	if err != nil {
		m.w.Log.Error("the library cannot be read", "error", err)
		m.w.complain(err)
	}
	if len(all) == 0 {
		m.show(m.w.welcome())
		return
	}
	active, ok := m.w.Library.Active()
	var cards []fyne.CanvasObject
	for _, model := range all {
		cards = append(cards, m.card(model, ok && active.ID == model.ID))
	}
	hint := muted(lang.L("Drop another .gguf file or Hugging Face folder anywhere on this window to add it."))
	grid := container.New(&cardGrid{}, cards...)
	m.show(container.NewVScroll(container.New(layout.NewCustomPaddedLayout(4, 16, 16, 16), container.NewVBox(grid, hint))))
}

func (m *modelsView) show(o fyne.CanvasObject) {
	m.body.Objects = []fyne.CanvasObject{o}
	m.body.Refresh()
}

func (m *modelsView) card(model library.Model, active bool) fyne.CanvasObject {
	lamp := darkLamp()
	if active {
		lamp = litLamp()
	}
	c := model.Card
	facts := fmt.Sprintf("%s · %s · %s", lang.L("{{.N}} parameters", map[string]any{"N": count(c.Parameters)}), c.Quantization, byteSize(c.Bytes))
	top := container.NewBorder(nil, nil, container.NewCenter(picture(lamp, 28)), nil,
		container.New(layout.NewCustomPaddedVBoxLayout(-14), subheading(c.Name), muted(facts)))

	rows := []fyne.CanvasObject{top}
	if text := m.trouble(model); text != "" {
		bad := paragraph(text)
		bad.segment.Style.ColorName = theme.ColorNameError
		rows = append(rows, bad)
	}
	table := container.New(layout.NewFormLayout())
	for _, row := range cardRows(c) {
		name, value := widget.NewLabel(row[0]), widget.NewLabel(row[1])
		value.Truncation = fyne.TextTruncateEllipsis
		name.SizeName, value.SizeName = theme.SizeNameCaptionText, theme.SizeNameCaptionText
		table.Add(name)
		table.Add(value)
	}
	rows = append(rows, table, m.buttons(model, active))
	card := widgets.NewCard(container.NewVBox(rows...))
	card.SetActive(active)
	return card
}

// cardRows are the lesser facts of a model. What its file does not say is not shown.
func cardRows(c library.Card) [][2]string {
	rows := [][2]string{
		{lang.L("Context"), lang.L("{{.N}} tokens", map[string]any{"N": grouped(int64(c.ContextLength))})},
		{lang.L("Vocabulary"), lang.L("{{.N}} tokens", map[string]any{"N": grouped(int64(c.Vocabulary))})},
	}
	for _, optional := range [][2]string{{lang.L("Licence"), c.License}, {lang.L("Origin"), c.Origin}, {lang.L("SHA-256"), short(c.SHA256)}} {
		if optional[1] != "" {
			rows = append(rows, optional)
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

func (m *modelsView) trouble(model library.Model) string {
	switch {
	case model.Gone:
		text, _ := explain(library.ErrGone)
		return text
	case model.Damage != nil:
		text, _ := explain(model.Damage)
		return text
	}
	return ""
}

func (m *modelsView) buttons(model library.Model, active bool) fyne.CanvasObject {
	row := container.NewHBox()
	if !model.Gone && model.Damage == nil {
		label := lang.L("Use")
		if active {
			label = lang.L("Chat")
		}
		row.Add(widgets.NewChipButton(icon("chat"), label, func() { m.w.chatWith(model.ID) }))
	}
	row.Add(layout.NewSpacer())
	if model.Card.SHA256 != "" {
		row.Add(widgets.NewIconButton(icon("copy"), lang.L("Copy the SHA-256"), func() {
			fyne.CurrentApp().Clipboard().SetContent(model.Card.SHA256)
			m.w.say(lang.L("The SHA-256 is in the clipboard."), "", nil)
		}))
	}
	row.Add(widgets.NewIconButton(icon("pen"), lang.L("Rename"), func() { m.rename(model) }))
	row.Add(widgets.NewIconButton(icon("trash"), lang.L("Remove"), func() { m.remove(model) }))
	return row
}

func (m *modelsView) rename(model library.Model) {
	entry := widget.NewEntry()
	entry.SetText(model.Card.Name)
	d := dialog.NewForm(lang.L("Rename"), lang.L("Rename"), lang.L("Cancel"),
		[]*widget.FormItem{widget.NewFormItem(lang.L("Name"), entry)},
		func(ok bool) {
			if !ok {
				return
			}
			if err := m.w.Library.Rename(model.ID, entry.Text); err != nil {
				m.w.complain(err)
				return
			}
			m.w.modelsChanged()
		}, m.w.win)
	d.Resize(fyne.NewSize(420, d.MinSize().Height))
	d.Show()
	m.w.focus(entry)
}

// remove puts a model into the trash, from where Undo takes it back.
func (m *modelsView) remove(model library.Model) {
	active, ok := m.w.Library.Active()
	wasActive := ok && active.ID == model.ID
	if err := m.w.Library.Remove(model.ID); err != nil {
		m.w.complain(err)
		return
	}
	m.w.modelsChanged()
	m.w.say(lang.L("{{.Name}} is in the trash. Its file elsewhere was not touched.", map[string]any{"Name": model.Card.Name}), lang.L("Undo"), func() {
		err := m.w.Library.Restore(model.ID)
		if err == nil && wasActive {
			err = m.w.Library.SetActive(model.ID)
		}
		if err != nil {
			m.w.complain(err)
		}
		m.w.modelsChanged()
	})
}

// chatWith makes a model the active one and shows a conversation.
func (w *Window) chatWith(id string) {
	if err := w.Library.SetActive(id); err != nil {
		w.complain(err)
		return
	}
	w.modelsChanged()
	w.show(chatPage)
	w.chat.startNew()
}

// chooseFile asks for a model file and imports it.
func (w *Window) chooseFile() {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if err != nil {
			w.complain(err)
			return
		}
		if f == nil {
			return
		}
		path := f.URI().Path()
		if err := f.Close(); err != nil {
			w.complain(err)
			return
		}
		w.importer.add(path)
	}, w.win)
	d.Resize(fyne.NewSize(800, 560))
	d.Show()
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
