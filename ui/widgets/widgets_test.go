package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

func themeColor(name fyne.ThemeColorName) any {
	return fyne.CurrentApp().Settings().Theme().Color(name, fyne.CurrentApp().Settings().ThemeVariant())
}

func TestMeter(t *testing.T) {
	app(t)
	m := NewMeter()
	window(t, m, fyne.NewSize(400, 30))
	tests := []struct {
		used, total int
		width       float32
		color       fyne.ThemeColorName
	}{
		{0, 0, 0, ""}, {0, 100, 0, ""}, {-5, 100, 0, ""}, {50, 100, meterWidth / 2, theme.ColorNamePrimary}, {89, 100, meterWidth * (float32(89) / 100), theme.ColorNamePrimary},
		{90, 100, meterWidth * (float32(90) / 100), theme.ColorNameWarning}, {100, 100, meterWidth, theme.ColorNameWarning}, {500, 100, meterWidth, theme.ColorNameWarning},
	}
	for _, tt := range tests {
		m.Set(tt.used, tt.total, "some words")
		bars := find[*canvas.Rectangle](m)
		switch {
		case tt.total == 0:
			if len(bars) != 0 {
				t.Error("there is a track while nothing is known")
			}
		case tt.width == 0 && len(bars) != 1:
			t.Errorf("%d of %d has a bar", tt.used, tt.total)
		case tt.width == 0:
		case len(bars) != 2 || bars[1].Size().Width != tt.width || bars[1].FillColor != themeColor(tt.color):
			t.Errorf("%d of %d: %d rectangles, bar of %v in %v", tt.used, tt.total, len(bars), bars[len(bars)-1].Size(), bars[len(bars)-1].FillColor)
		}
		if text(m) != "some words" {
			t.Errorf("text %q", text(m))
		}
	}
}

func TestNotice(t *testing.T) {
	app(t)
	n := NewNotice()
	window(t, container.NewVBox(n), fyne.NewSize(500, 100))
	if n.Visible() {
		t.Error("visible before there is anything to say")
	}
	undone := 0
	n.Say("Moved to the trash.", "Undo", func() { undone++ })
	if !n.Visible() || n.Text() != "Moved to the trash." || !n.ActionButton().Visible() || n.ActionButton().Label() != "Undo" {
		t.Errorf("shown: %q %q", n.Text(), n.ActionButton().Label())
	}
	test.Tap(n.ActionButton())
	if undone != 1 || n.Visible() {
		t.Errorf("undone %d times, visible %v", undone, n.Visible())
	}
	n.Say("Other words.", "", nil)
	if n.ActionButton().Visible() || !strings.Contains(text(n), "Other words.") || strings.Contains(text(n), "Undo") {
		t.Errorf("shown: %q", text(n))
	}
	for _, b := range find[*IconButton](n) {
		test.Tap(b)
	}
	if n.Visible() {
		t.Error("visible after closing")
	}
	n.Say("With an action that does nothing.", "Do", nil)
	test.Tap(n.ActionButton())
}

func TestCard(t *testing.T) {
	app(t)
	label := widget.NewLabel("content")
	c := NewCard(label)
	window(t, c, fyne.NewSize(300, 200))
	inset := 3 * theme.Padding()
	if c.MinSize() != label.MinSize().AddWidthHeight(2*inset, 2*inset) || label.Position() != fyne.NewSquareOffsetPos(inset) {
		t.Errorf("content at %v in %v", label.Position(), c.MinSize())
	}
	ground := func() *canvas.Rectangle { return find[*canvas.Rectangle](c)[0] }
	if g := ground(); g.FillColor != themeColor(ColorNameSurface) || g.StrokeColor != themeColor(theme.ColorNameSeparator) {
		t.Errorf("ground %v, edge %v", g.FillColor, g.StrokeColor)
	}
	c.SetActive(true)
	if g := ground(); g.StrokeColor != themeColor(theme.ColorNamePrimary) || g.StrokeWidth != ringWidth {
		t.Errorf("the edge of the active card is %v", g.StrokeColor)
	}
	c.SetContent(widget.NewLabel("other"))
	if got := text(c); got != "other" {
		t.Errorf("text %q", got)
	}
}

func TestGround(t *testing.T) {
	app(t)
	g := NewGround(ColorNameRaised)
	window(t, g, fyne.NewSize(100, 100))
	rect := find[*canvas.Rectangle](g)[0]
	light := rect.FillColor
	test.ApplyTheme(t, testTheme{theme.DefaultTheme(), true})
	g.Refresh()
	if rect.FillColor == light || rect.FillColor != themeColor(ColorNameRaised) || rect.Size() != g.Size() {
		t.Errorf("ground %v of %v", rect.FillColor, rect.Size())
	}
}

func TestTooltips(t *testing.T) {
	app(t)
	size := fyne.NewSize(300, 120)
	names := []string{"A tooltip at the left", "A tooltip in the middle", "A tooltip at the right"}
	left, middle, right := NewIconButton(iconCopy, names[0], nil), NewIconButton(iconCopy, names[1], nil), NewIconButton(iconCopy, names[2], nil)
	window(t, container.NewBorder(nil, container.NewBorder(nil, nil, left, right, container.NewCenter(middle)), nil, nil, widget.NewLabel("")), size)
	layer := lastWindow().Content().(*TooltipLayer)
	for i, b := range []*IconButton{left, middle, right} {
		b.MouseIn(nil) // the test driver does not wait
		tip := layerTip(layer)
		if tip == nil || tip.Text != names[i] {
			t.Fatalf("no tooltip %q", names[i])
		}
		if end := tip.Position().Add(tip.Size()); tip.Position().X < 0 || end.X > size.Width || end.Y > size.Height {
			t.Errorf("%q from %v to %v is not within the window", names[i], tip.Position(), end)
		}
		b.MouseOut()
		if layerTip(layer) != nil {
			t.Errorf("%q stays", names[i])
		}
	}
	left.MouseIn(nil)
	test.Tap(left)
	if layerTip(layer) != nil {
		t.Error("the tooltip stays after the button was tapped")
	}
	left.MouseIn(nil)
	left.FocusGained()
	left.FocusLost()
	if layerTip(layer) != nil {
		t.Error("the tooltip stays after the focus has left")
	}
}

// layerTip returns the text of the tooltip, nil if none is visible.
func layerTip(l *TooltipLayer) *canvas.Text {
	objects := test.WidgetRenderer(l).Objects()
	if t := objects[len(objects)-1].(*canvas.Text); t.Visible() {
		return t
	}
	return nil
}

func TestNoTooltipsWithoutALayer(t *testing.T) {
	app(t)
	b := NewIconButton(iconCopy, "Copy", nil)
	w := test.NewTempWindow(t, b)
	b.MouseIn(nil)
	b.MouseOut()
	if w.Content() != b {
		t.Error("the content has changed")
	}
}
