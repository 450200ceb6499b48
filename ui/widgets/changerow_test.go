package widgets

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// What has room stands beside each other, what has none in two lines, and nothing beyond the row.
func TestChangeRow(t *testing.T) {
	test.NewTempApp(t)
	const width = 280
	long := "The boats lie on the sand"
	one := NewChangeRow().Height(ChangeFace{Old: "is", New: "are"}, width)
	for _, c := range []struct {
		face  ChangeFace
		lines int
	}{
		{ChangeFace{Old: "is", New: "are"}, 1},
		{ChangeFace{New: "are"}, 1},
		{ChangeFace{Old: strings.Repeat(long, 9)}, 1},
		{ChangeFace{Old: long, New: "boats lie there"}, 2},
		{ChangeFace{Old: "is", New: strings.Repeat(long, 50)}, 2},
		{ChangeFace{Old: long, New: long, Note: "Changes a number"}, 3},
	} {
		r := NewChangeRow()
		r.Set(c.face)
		height := r.Height(c.face, width)
		r.Resize(fyne.NewSize(width, height))
		if r.MinSize().Height != height || height < float32(c.lines)*one*0.6 || height > float32(c.lines)*one {
			t.Errorf("%.40q → %.40q: %v high, a row of one line %v", c.face.Old, c.face.New, height, one)
		}
		v := test.WidgetRenderer(r).(*changeRenderer)
		for i, text := range v.texts {
			if at, size := text.Position(), text.MinSize(); text.Text != "" && (at.X+size.Width > width || at.Y+size.Height > height) {
				t.Errorf("%q stands at %v with %v, the row has %v, %v", text.Text, at, size, width, height)
			}
			if i == newText && c.lines > 1 && text.Position().Y <= v.texts[oldText].Position().Y {
				t.Errorf("%q does not stand below %q", text.Text, v.texts[oldText].Text)
			}
		}
		if c.lines > 1 && len(c.face.Old) < 30 && v.texts[oldText].Text != c.face.Old {
			t.Errorf("%q is cut to %q", c.face.Old, v.texts[oldText].Text)
		}
	}
}
