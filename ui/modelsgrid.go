package ui

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
)

// Measures of the grid of cards.
const (
	gap    = 8
	margin = 16 // around the grid
)

// tile is one thing in a tileGrid. Its height is known without making it, so that a page of hundreds opens at once.
type tile struct {
	key    string                      // of this tile among the others
	state  func() any                  // what it shows: it is made anew when that has changed; nil: it never does
	wide   bool                        // it has a row of its own
	height func(width float32) float32 // in a column of that width
	make   func(state any, width float32) fyne.CanvasObject
}

// tileGrid puts tiles into as many columns as there is room for and scrolls. Only those exist that can be seen, and
// those in one more row at both ends, so that the keyboard finds its way.
type tileGrid struct {
	scroller
	root fyne.CanvasObject

	box    *fyne.Container
	tiles  []tile
	rows   []tileRow
	made   map[string]madeTile
	width  float32 // of a row
	height float32 // of all
	from   int     // rows that exist: [from, to)
	to     int
}

// tileRow is a row of the grid: its tiles [first, end), and where it lies.
type tileRow struct {
	first, end int
	y, height  float32
}

type madeTile struct {
	state  any
	width  float32
	object fyne.CanvasObject
}

func newTileGrid() *tileGrid {
	g := &tileGrid{made: map[string]madeTile{}}
	g.box = container.New(g)
	g.scroller = newScroller(g.box)
	g.OnScrolled = func(fyne.Position) { g.show() }
	g.root = container.New(&tileFrame{g}, g.Scroll)
	return g
}

// set replaces the tiles. Those whose state is as it was stay, with the keyboard where it is.
func (g *tileGrid) set(tiles []tile) {
	g.tiles = tiles
	height := g.height
	g.arrange()
	if g.height != height {
		g.box.Objects = nil // which would be refreshed for nothing
		g.Scroll.Refresh()  // there is more or less to scroll
	}
	g.show()
}

// arrange computes where every tile lies.
func (g *tileGrid) arrange() {
	columns := columnsIn(g.width)
	each := columnWidth(g.width, columns)
	g.rows = g.rows[:0]
	y := float32(0)
	for i := 0; i < len(g.tiles); {
		row, width := tileRow{first: i, end: i + 1, y: y}, g.width
		if !g.tiles[i].wide {
			for width = each; row.end < min(i+columns, len(g.tiles)) && !g.tiles[row.end].wide; row.end++ {
			}
		}
		for _, t := range g.tiles[row.first:row.end] {
			row.height = max(row.height, t.height(width))
		}
		g.rows = append(g.rows, row)
		y += row.height + gap
		i = row.end
	}
	g.height = y
	g.from, g.to = 0, 0
}

// minCard is the least width of a card.
func minCard() float32 { return withText(300) }

func columnsIn(width float32) int { return max(1, int((width+gap)/(minCard()+gap))) }

func columnWidth(width float32, columns int) float32 {
	return (width - gap*float32(columns-1)) / float32(columns)
}

// show makes the tiles that can be seen and forgets the others.
func (g *tileGrid) show() {
	if g.width <= 0 {
		return
	}
	top := g.Offset.Y - margin
	bottom := top + g.Scroll.Size().Height
	from, to := 0, len(g.rows)
	for from < to && g.rows[from].y+g.rows[from].height < top {
		from++
	}
	for to > from && g.rows[to-1].y > bottom {
		to--
	}
	from, to = max(0, from-1), min(len(g.rows), to+1)
	if from == g.from && to == g.to {
		return
	}
	g.from, g.to = from, to
	made := map[string]madeTile{}
	objects := make([]fyne.CanvasObject, 0, 3*(to-from))
	for _, row := range g.rows[from:to] {
		objects = append(objects, g.makeRow(row, made)...)
	}
	g.made, g.box.Objects = made, objects
	canvas.Refresh(g.box)
}

// makeRow returns the objects of a row, those that exist already as they are.
func (g *tileGrid) makeRow(row tileRow, made map[string]madeTile) (objects []fyne.CanvasObject) {
	width := g.width
	if !g.tiles[row.first].wide {
		width = columnWidth(g.width, columnsIn(g.width))
	}
	for i, t := range g.tiles[row.first:row.end] {
		var state any
		if t.state != nil {
			state = t.state()
		}
		m, ok := g.made[t.key]
		if !ok || m.width != width || !reflect.DeepEqual(m.state, state) {
			m = madeTile{state, width, t.make(state, width)}
		}
		m.object.Move(fyne.NewPos(margin+float32(i)*(width+gap), row.y+margin/4))
		m.object.Resize(fyne.NewSize(width, row.height))
		made[t.key] = m
		objects = append(objects, m.object)
	}
	return objects
}

// MinSize implements fyne.Layout, of what is scrolled.
func (g *tileGrid) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(minCard()+2*margin, g.height+margin)
}

// Layout implements fyne.Layout, of what is scrolled.
func (g *tileGrid) Layout(_ []fyne.CanvasObject, size fyne.Size) {
	if width := size.Width - 2*margin; width != g.width {
		g.width = width
		g.arrange()
		g.show()
	}
}

// tileFrame shows what has come into sight when the window has grown.
type tileFrame struct{ g *tileGrid }

// MinSize implements fyne.Layout.
func (f *tileFrame) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }

// Layout implements fyne.Layout. A new width makes a new height, which the scroller learns in a second round.
func (f *tileFrame) Layout(o []fyne.CanvasObject, size fyne.Size) {
	o[0].Resize(size)
	if f.g.box.Size().Height != max(size.Height, f.g.MinSize(nil).Height) {
		o[0].Refresh()
	}
	f.g.show()
}
