package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
)

func TestScrollBar(t *testing.T) {
	app(t)
	for _, across := range []bool{false, true} {
		at := float64(-1)
		b := newScrollBar(across, func(offset float64) { at = offset })
		size := fyne.NewSize(barSize, 200)
		if across {
			size = fyne.NewSize(200, barSize)
		}
		window(t, b, size)
		along := func(x float32) fyne.Position {
			if across {
				return fyne.NewPos(x, 3)
			}
			return fyne.NewPos(3, x)
		}
		b.set(100, 200, 0)
		if b.Visible() {
			t.Error("visible while there is nothing to scroll")
		}
		b.set(1000, 200, 400)
		if length, room := b.span(); !b.Visible() || length != 40 || room != 160 || b.thumbAt() != 80 {
			t.Errorf("thumb of %v at %v", length, b.thumbAt())
		}
		b.Tapped(&fyne.PointEvent{Position: along(10)})
		if at != 220 {
			t.Errorf("tapped before the thumb: at %v", at)
		}
		b.Tapped(&fyne.PointEvent{Position: along(190)})
		if at != 580 {
			t.Errorf("tapped after the thumb: at %v", at)
		}
		at = -1
		b.Tapped(&fyne.PointEvent{Position: along(100)})
		if at != -1 {
			t.Errorf("tapped on the thumb: at %v", at)
		}
		drag := func(by float32) {
			d := fyne.NewDelta(0, by)
			if across {
				d = fyne.NewDelta(by, 0)
			}
			b.Dragged(&fyne.DragEvent{Dragged: d})
		}
		drag(16)
		if at != 480 {
			t.Errorf("dragged by a tenth of the room: at %v", at)
		}
		drag(1000)
		if at != 800 {
			t.Errorf("dragged beyond the end: at %v", at)
		}
		drag(-1000)
		if at != 480 {
			t.Errorf("dragged back: at %v", at)
		}
		b.DragEnd()
		b.set(1e9, 200, 0)
		if length, _ := b.span(); length != thumbLength {
			t.Errorf("thumb of %v for a very long text", length)
		}
	}
}
