package widgets

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// testTheme resolves the names that this package adds to Fyne's. Every colour is another one.
type testTheme struct {
	fyne.Theme
	dark bool
}

var testColors = map[fyne.ThemeColorName]uint8{
	ColorNameSurface: 10, ColorNameRaised: 20, ColorNameBubble: 30, ColorNameMuted: 40, ColorNameRing: 45, ColorNameAdded: 50, ColorNameRemoved: 60,
	theme.ColorNameForeground: 70, theme.ColorNameHyperlink: 80, theme.ColorNameError: 90, theme.ColorNamePrimary: 100,
	ColorNameMark: 110, ColorNameOnMark: 120, theme.ColorNameForegroundOnPrimary: 130,
}

func (t testTheme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	n, ok := testColors[name]
	switch {
	case !ok:
		return t.Theme.Color(name, v)
	case t.dark:
		n += 100
	}
	return color.NRGBA{R: n, G: n, B: n, A: 255}
}

func (t testTheme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case SizeNameReading:
		return 15
	case SizeNameRadius:
		return 8
	case SizeNameBubbleRadius:
		return 12
	}
	return t.Theme.Size(name)
}

// app makes an application with the theme of the tests.
func app(t testing.TB) fyne.App {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(testTheme{Theme: theme.DefaultTheme()})
	return a
}

// window puts an object alone into a window.
func window(t testing.TB, o fyne.CanvasObject, size fyne.Size) fyne.Window {
	t.Helper()
	w := test.NewTempWindow(t, NewTooltipLayer(o))
	w.SetPadded(false)
	w.Resize(size)
	return w
}

// show puts a conversation into a window.
func show(t testing.TB, size fyne.Size, turns ...Turn) *StreamView {
	t.Helper()
	app(t)
	v := NewStreamView()
	window(t, v, size)
	v.SetTurns(turns)
	return v
}

// walk calls f for every visible object below o, with its place in o.
func walk(o fyne.CanvasObject, f func(o fyne.CanvasObject, at fyne.Position)) {
	var visit func(o fyne.CanvasObject, at fyne.Position)
	visit = func(o fyne.CanvasObject, at fyne.Position) {
		if o == nil || !o.Visible() {
			return
		}
		at = at.Add(o.Position())
		f(o, at)
		switch o := o.(type) {
		case *fyne.Container:
			for _, c := range o.Objects {
				visit(c, at)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(o).Objects() {
				visit(c, at)
			}
		}
	}
	visit(o, fyne.Position{}.Subtract(o.Position()))
}

// find returns the visible objects of a type below o.
func find[T fyne.CanvasObject](o fyne.CanvasObject) []T {
	var found []T
	walk(o, func(o fyne.CanvasObject, _ fyne.Position) {
		if x, ok := o.(T); ok {
			found = append(found, x)
		}
	})
	return found
}

// texts returns all visible text below o, piece by piece.
func texts(o fyne.CanvasObject) []string {
	var all []string
	for _, t := range find[*canvas.Text](o) {
		if t.Text != "" {
			all = append(all, t.Text)
		}
	}
	return all
}

// text returns all visible text below o.
func text(o fyne.CanvasObject) string { return strings.Join(texts(o), " ") }

// look describes what is visible below o, object by object.
func look(o fyne.CanvasObject) []string {
	var all []string
	walk(o, func(o fyne.CanvasObject, at fyne.Position) {
		switch o := o.(type) {
		case *canvas.Text:
			all = append(all, fmt.Sprintf("%.1f,%.1f %q %v %v %v", at.X, at.Y, o.Text, o.TextSize, o.TextStyle, o.Color))
		case *canvas.Rectangle:
			all = append(all, fmt.Sprintf("%.1f,%.1f %.1f×%.1f %v %v", at.X, at.Y, o.Size().Width, o.Size().Height, o.FillColor, o.StrokeColor))
		case *canvas.Image:
			all = append(all, fmt.Sprintf("%.1f,%.1f %s", at.X, at.Y, o.Resource.Name()))
		}
	})
	return all
}

// prose returns about n bytes of paragraphs.
func prose(n int) string {
	words := strings.Fields("the tide comes twice a day because the moon pulls the near side of the earth more than its centre and the far side less")
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%s%d", words[i%len(words)], i%97)
		if i%70 == 69 {
			b.WriteString(".\n\n")
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// lastWindow returns the window that the last view was put into.
func lastWindow() fyne.Window {
	all := fyne.CurrentApp().Driver().AllWindows()
	return all[len(all)-1]
}

// now returns the conversation as it is, to be changed and given to Update.
func (v *StreamView) now() []Turn {
	turns := make([]Turn, len(v.turns))
	for i, t := range v.turns {
		turns[i] = t.Turn
		turns[i].Text = t.source()
	}
	return turns
}

// addTurn adds a turn at the end, shows it, and returns its number.
func (v *StreamView) addTurn(src Turn) int {
	v.Update(append(v.now(), src), -1)
	v.ScrollToEnd()
	return v.Len() - 1
}

// truncate leaves n turns.
func (v *StreamView) truncate(n int) { v.Update(v.now()[:n], -1) }

// set changes one turn.
func (v *StreamView) set(turn int, change func(t *Turn)) {
	turns := v.now()
	change(&turns[turn])
	v.Update(turns, -1)
}

func (v *StreamView) replaceText(turn int, text string) { v.set(turn, func(t *Turn) { t.Text = text }) }
func (v *StreamView) setFooter(turn int, text string)   { v.set(turn, func(t *Turn) { t.Footer = text }) }
func (v *StreamView) setNote(turn int, n Note)          { v.set(turn, func(t *Turn) { t.Note = n }) }
