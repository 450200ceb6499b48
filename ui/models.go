package ui

import (
	"cmp"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"lamplight/library"
	"lamplight/library/discover"
	"lamplight/ui/widgets"
)

// modelsView is the page Models: what is in the library, as cards, and below that what else is on this computer.
type modelsView struct {
	w       *Window
	grid    *tileGrid
	heights textHeights
	search  *field
	order   *choiceBox
	open    bool              // what cannot chat is unfolded
	empty   fyne.CanvasObject // how to get a model, nil until there is none
	body    *fyne.Container
	root    fyne.CanvasObject
}

func newModelsView(w *Window) *modelsView {
	m := &modelsView{w: w, grid: newTileGrid(), search: w.newField(), body: container.NewStack()}
	m.search.SetPlaceHolder(lang.L("Search your models"))
	m.search.OnChanged = func(string) { m.build() }
	m.order = newChoiceBox([]string{lang.L("By name"), lang.L("Last used"), lang.L("Smallest"), lang.L("Fastest")}, func(string) { m.build() })
	m.order.Selected = m.order.Options[0]
	add := widgets.NewChipButton(icon("plus"), lang.L("Add a model…"), w.chooseFile)
	order := container.NewGridWrap(fyne.NewSize(128, m.order.MinSize().Height), m.order)
	tools := container.NewBorder(nil, nil, nil, container.NewHBox(container.NewCenter(order), container.NewCenter(add)), m.search)
	name := heading(lang.L("Models"))
	name.Wrapping = fyne.TextWrapOff
	head := container.NewBorder(nil, nil, name, nil, container.New(&endColumn{520}, tools))
	m.root = bordered(container.NewVBox(container.New(layout.NewCustomPaddedLayout(8, 0, 16, 16), head), w.jobs.panel.root), nil, nil, nil, m.body)
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

// build puts the page together. Cards that show the same as before stay.
func (m *modelsView) build() {
	tiles := m.cards()
	tiles = append(tiles, m.found()...)
	if len(m.w.shelf.models) == 0 && len(m.w.finder.others) == 0 {
		if m.empty == nil {
			m.empty = m.w.welcome()
		}
		m.show(m.empty)
		return
	}
	m.show(m.grid.root)
	m.grid.set(tiles)
}

// show puts something below the head of the page.
func (m *modelsView) show(o fyne.CanvasObject) {
	if len(m.body.Objects) != 1 || m.body.Objects[0] != o {
		m.body.Objects = []fyne.CanvasObject{o}
		m.body.Refresh()
	}
}

// cards are the tiles of the library.
func (m *modelsView) cards() (tiles []tile) {
	today := m.w.now().Local().Format(dayForm)
	for _, model := range ordered(m.w.shelf.models, m.order.SelectedIndex()) {
		if !matches(model, m.search.Text) {
			continue
		}
		face := func() any {
			return cardFace{model, model.ID == m.w.shelf.active, m.w.checks[model.ID], m.w.needs.of(model), m.w.specialistsOf(model), today}
		}
		tiles = append(tiles, tile{
			key: "model " + model.ID, state: face,
			height: func(width float32) float32 { return m.cardHeight(model, width) },
			make:   func(state any, width float32) fyne.CanvasObject { return m.newCard(state.(cardFace), width) },
		})
	}
	switch {
	case m.w.shelf.starterAlone() && m.search.Text == "":
		tiles = append(tiles, m.line("alone", lang.L("To chat about anything else, use a model that is on this computer already, or drop one on this window. The page Chat has the addresses of official files."), mutedColor))
	case len(tiles) > 0:
	case len(m.w.shelf.models) > 0:
		tiles = append(tiles, m.line("nothing", lang.L("None of your models has that in its name, tags, notes, kind or origin."), mutedColor))
	default:
		tiles = append(tiles, m.line("empty", lang.L("There is nothing in your library yet. Use a model that is on this computer already, or drop one on this window."), mutedColor))
	}
	return tiles
}

// The orders, as they stand in the list.
const (
	byName = iota
	byLastUsed
	bySize
	bySpeed
)

// ordered returns models, which are in order of name, in another order.
func ordered(models []library.Model, order int) []library.Model {
	models = slices.Clone(models)
	speedOf := func(m library.Model) float64 {
		if m.Card.Speed == nil {
			return 0
		}
		return m.Card.Speed.Decode
	}
	slices.SortStableFunc(models, func(a, b library.Model) int {
		switch order {
		case byLastUsed:
			return b.Card.LastUsed.Compare(a.Card.LastUsed)
		case bySize:
			return cmp.Compare(a.Card.Bytes, b.Card.Bytes)
		case bySpeed:
			return cmp.Compare(speedOf(b), speedOf(a))
		}
		return 0
	})
	return models
}

// matches reports whether every word that is searched for stands somewhere on a card.
func matches(m library.Model, search string) bool {
	c := m.Card
	return hasWords(search, append([]string{c.Name, c.Notes, c.Architecture, c.Origin, c.App, c.Quantization}, c.Tags...)...)
}

func hasWords(search string, texts ...string) bool {
	all := strings.ToLower(strings.Join(texts, "\n"))
	for _, word := range strings.Fields(strings.ToLower(search)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}

// found are the tiles of what other applications have, and of the folders that the user wants to be looked into.
func (m *modelsView) found() []tile {
	f := m.w.finder
	if m.w.elsewhere == nil {
		return nil
	}
	tiles := []tile{m.heading()}
	for _, path := range m.w.Settings.Folders {
		tiles = append(tiles, m.folderLine(path))
	}
	for _, found := range f.others {
		if !hasWords(m.search.Text, found.Name, found.App, found.Path, found.Quantization) {
			continue
		}
		tiles = append(tiles, tile{
			key: "found " + found.App + "\n" + found.Path + "\n" + found.Name, state: func() any { return found },
			height: func(float32) float32 { return partsHeight(m.foundParts(found)) },
			make:   func(_ any, width float32) fyne.CanvasObject { return newPartsCard(m.foundParts(found)) },
		})
	}
	if len(f.others) == 0 {
		tiles = append(tiles, m.line("none", lang.L("Models of Ollama, LM Studio, Hugging Face, GPT4All, Jan and llama.cpp are listed here as soon as there are any that your library does not have."), mutedColor))
	}
	return append(tiles, m.unusable(f.unusable)...)
}

// heading is the title of the section of what was found.
func (m *modelsView) heading() tile {
	return tile{key: "heading", wide: true,
		height: func(float32) float32 { return 48 },
		make: func(any, float32) fyne.CanvasObject {
			look := m.grid.chip(icon("search"), lang.L("Look in another folder…"), m.w.finder.addFolder)
			title := subheading(lang.L("Found on this computer"))
			title.Wrapping = fyne.TextWrapOff
			return container.New(layout.NewCustomPaddedLayout(gap, 0, 0, 0), container.NewBorder(nil, nil, title, container.NewCenter(look)))
		},
	}
}

// folderLine names a folder of the user's, and has a button that ends looking into it.
func (m *modelsView) folderLine(path string) tile {
	return tile{key: "folder " + path, wide: true,
		height: func(float32) float32 { return 28 },
		make: func(any, float32) fyne.CanvasObject {
			forget := m.grid.tool(icon("close"), lang.L("Stop looking in this folder"), func() { m.w.finder.forgetFolder(path) })
			return container.NewBorder(nil, nil, nil, container.NewCenter(forget), oneLined(muted(shownPath(path))))
		},
	}
}

// line is a sentence with a row of its own.
func (m *modelsView) line(key, text string, color fyne.ThemeColorName) tile {
	return tile{key: key, state: func() any { return text }, wide: true,
		height: func(width float32) float32 { return m.heights.of(text, min(width, cardWidth)) + textInset },
		make: func(any, float32) fyne.CanvasObject {
			t := muted(text)
			t.segment.Style.ColorName = color
			return container.New(&leftColumn{}, t)
		},
	}
}

// unusable folds away what was found and cannot chat.
func (m *modelsView) unusable(list []discover.Found) (tiles []tile) {
	if len(list) == 0 {
		return nil
	}
	label := lang.N("{{.N}} files that cannot chat", len(list), map[string]any{"N": len(list)})
	tiles = append(tiles, tile{key: "fold", wide: true,
		state:  func() any { return label },
		height: func(float32) float32 { return 40 },
		make: func(any, float32) fyne.CanvasObject {
			fold := m.grid.chip(icon("list"), label, func() {
				m.open = !m.open
				m.build()
			})
			return container.New(layout.NewCustomPaddedLayout(gap, 0, 0, 0), container.NewHBox(fold))
		},
	})
	for i, found := range list {
		if !m.open {
			break
		}
		why := reason(found)
		tiles = append(tiles, tile{key: "unusable " + found.Path + "\n" + found.Name, wide: true,
			state:  func() any { return why },
			height: func(width float32) float32 { return 2*lineHeight() + gap + m.heights.of(why, min(width, 720)) },
			make: func(any, float32) fyne.CanvasObject {
				name := list[i].Name
				if list[i].App != discover.Folder {
					name += " · " + list[i].App
				}
				return container.New(&leftColumn{}, lines(oneLined(paragraph(name)), oneLined(muted(shownPath(list[i].Path))), muted(why)))
			},
		})
	}
	return tiles
}

// chatWith makes a model the active one and shows a conversation.
func (w *Window) chatWith(id string) {
	w.show(chatPage)
	w.chat.startNew()
	if id != w.shelf.active {
		w.chat.asking = true
		w.choose(id)
	}
}

// endColumn keeps its one object no wider than something, unless it needs more, at the right.
type endColumn struct{ width float32 }

// MinSize implements fyne.Layout.
func (e *endColumn) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

// Layout implements fyne.Layout.
func (e *endColumn) Layout(o []fyne.CanvasObject, size fyne.Size) {
	width := min(max(e.width, o[0].MinSize().Width), size.Width)
	height := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(width, height))
	o[0].Move(fyne.NewPos(size.Width-width, (size.Height-height)/2))
}
