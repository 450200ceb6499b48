package widgets

import (
	"encoding/xml"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
)

// buttons are the three kinds, in one window.
func allButtons(t *testing.T, tapped func()) map[string]*button {
	t.Helper()
	app(t)
	chip, icon, rail := NewChipButton(iconCopy, "Chip", tapped), NewIconButton(iconCopy, "Icon", tapped), NewRailButton(iconCopy, "Rail", tapped)
	for _, o := range []fyne.CanvasObject{chip, icon, rail} {
		window(t, o, fyne.NewSize(200, 100))
	}
	return map[string]*button{"chip": &chip.button, "icon": &icon.button, "rail": &rail.button}
}

func TestButtonsAreTappedByPointerAndKeys(t *testing.T) {
	n := 0
	for name, b := range allButtons(t, func() { n++ }) {
		n = 0
		test.Tap(b)
		for _, k := range []fyne.KeyName{fyne.KeySpace, fyne.KeyReturn, fyne.KeyEnter, fyne.KeyA} {
			b.TypedKey(&fyne.KeyEvent{Name: k})
		}
		if n != 4 {
			t.Errorf("%s: tapped %d times, want 4", name, n)
		}
		b.Disable()
		test.Tap(b)
		if n != 4 {
			t.Errorf("%s: tapped while disabled", name)
		}
		b.OnTapped = nil
		b.Enable()
		test.Tap(b)
	}
}

func TestButtonsShowTheirState(t *testing.T) {
	th := testTheme{Theme: theme.DefaultTheme()}
	for name, b := range allButtons(t, nil) {
		icon := func() string { return find[*canvas.Image](b.self)[0].Resource.Name() }
		ink := func(name fyne.ThemeColorName) string { return tinted{iconCopy, name}.Name() }
		check := func(state string, want fyne.ThemeColorName) {
			t.Helper()
			if got := icon(); got != ink(want) {
				t.Errorf("%s, %s: icon %s, want %s", name, state, got, ink(want))
			}
		}
		check("at first", theme.ColorNameForeground)
		b.SetActive(true)
		check("active", theme.ColorNamePrimary)
		b.SetActive(false)
		b.Disable()
		check("disabled", theme.ColorNameDisabled)
		b.Enable()
		b.soft = true
		b.Refresh()
		check("soft", ColorNameMuted)
		b.MouseIn(nil)
		check("soft and pointed at", theme.ColorNameForeground)
		b.MouseOut()

		rings := func() (n int) {
			for _, r := range find[*canvas.Rectangle](b.self) {
				if r.StrokeColor == th.Color(ColorNameRing, 0) {
					n++
				}
			}
			return n
		}
		b.FocusGained()
		if rings() != 1 {
			t.Errorf("%s: no ring while focused", name)
		}
		b.FocusLost()
		if rings() != 0 {
			t.Errorf("%s: a ring without focus", name)
		}
		if got := text(b.self); (got == b.label) != (name != "icon") {
			t.Errorf("%s: text %q", name, got)
		}
		b.SetFace(iconCheck, "Other")
		if b.Label() != "Other" || b.AccessibilityLabel() != "Other" || !strings.HasSuffix(icon(), iconCheck.Name()) {
			t.Errorf("%s: other face is %q with %s", name, b.Label(), icon())
		}
	}
}

func TestQuietButtonsShowWhileNeeded(t *testing.T) {
	for name, b := range allButtons(t, nil) {
		visible := func() bool { return len(find[*canvas.Image](b.self)) == 1 }
		b.setQuiet(true)
		if visible() {
			t.Errorf("%s: a quiet button is visible", name)
		}
		b.FocusGained()
		if !visible() {
			t.Errorf("%s: a quiet button with the focus is not visible", name)
		}
		b.FocusLost()
		b.MouseIn(nil)
		if !visible() {
			t.Errorf("%s: a quiet button under the pointer is not visible", name)
		}
		b.MouseOut()
		if visible() {
			t.Errorf("%s: a quiet button stays visible", name)
		}
	}
}

func TestButtonsHaveRoomForTheirContent(t *testing.T) {
	for name, b := range allButtons(t, nil) {
		min := b.MinSize()
		b.Resize(min)
		walk(b.self, func(o fyne.CanvasObject, at fyne.Position) {
			if end := at.Add(o.Size()); at.X < 0 || at.Y < 0 || end.X > min.Width || end.Y > min.Height {
				t.Errorf("%s: %T from %v to %v in %v", name, o, at, end, min)
			}
		})
	}
}

// TestIconsAreStrokes looks for what Tint would not colour.
func TestIconsAreStrokes(t *testing.T) {
	app(t)
	for _, icon := range []fyne.Resource{iconCheck, iconClose, iconCopy, iconDown, iconSelect} {
		svg := string(icon.Content())
		if err := xml.Unmarshal([]byte(svg), new(struct{ XMLName xml.Name })); err != nil {
			t.Errorf("%s: %v", icon.Name(), err)
		}
		if strings.Count(svg, "#") != strings.Count(svg, ink) || !strings.Contains(svg, `fill="none" stroke="`+ink+`"`) {
			t.Errorf("%s is not drawn in black strokes", icon.Name())
		}
		got := string(Tint(icon, theme.ColorNamePrimary).Content())
		if want := `fill="none" stroke="#646464"`; !strings.Contains(got, want) || strings.Contains(got, ink) {
			t.Errorf("%s tinted: %s", icon.Name(), got)
		}
	}
}

func TestTintFollowsTheTheme(t *testing.T) {
	a := app(t)
	icon := Tint(iconCopy, theme.ColorNamePrimary)
	light, name := string(icon.Content()), icon.Name()
	a.Settings().SetTheme(testTheme{theme.DefaultTheme(), true})
	if string(icon.Content()) == light || icon.Name() == name {
		t.Error("the icon has the colours of the theme before")
	}
}
