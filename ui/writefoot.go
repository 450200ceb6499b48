package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant/writing"
	"lamplight/ui/buffer"
)

// This file is the foot of the page Write, and all else that follows what is written at a distance: a key only sets a timer.

// tickPause is how far behind the keys it is.
const tickPause = 250 * time.Millisecond

// counter counts a text in a worker, one at a time.
type counter struct {
	done  counted // that is shown
	facts string  // about that
	brief string  // the same without how long reading takes
	busy  bool
}

// counted is what was counted last.
type counted struct {
	of       *document
	revision int
	part     buffer.Range // that is selected; empty: all
}

// forget shows nothing of what was counted.
func (c *counter) forget() { c.done, c.facts, c.brief = counted{}, "", "" }

// footLine lays out what is counted and, at the right, the state. How long reading takes is left out where there is no room.
type footLine struct{ p *writeView }

// MinSize implements fyne.Layout.
func (footLine) MinSize(o []fyne.CanvasObject) fyne.Size {
	counts, state := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(counts.Width+state.Width, max(counts.Height, state.Height))
}

// Layout implements fyne.Layout.
func (l footLine) Layout(o []fyne.CanvasObject, size fyne.Size) {
	p, state := l.p, o[1].MinSize()
	o[1].Move(fyne.NewPos(size.Width-state.Width, 0))
	o[1].Resize(fyne.NewSize(state.Width, size.Height))
	o[0].Resize(fyne.NewSize(size.Width-state.Width, size.Height))
	text := p.counter.facts
	if needed := fyne.MeasureText(text, theme.CaptionTextSize(), fyne.TextStyle{}).Width + 2*textInset; needed > size.Width-state.Width {
		text = p.counter.brief
	}
	p.counts.set(text)
}

// soon has what follows the text brought up to date before long.
func (p *writeView) soon() {
	if p.begun.tick {
		return
	}
	p.begun.tick = true
	time.AfterFunc(tickPause, func() {
		p.w.do(func() {
			p.begun.tick = false
			p.tick()
		})
	})
}

// tick brings up to date what follows the text: what the document is called, where it is in the list, its foot, what is found.
func (p *writeView) tick() {
	d := p.shown
	if d.text != nil { // it is said to be saved when nobody has typed for a moment, so that nothing flickers
		p.typing = p.seen != d.now()
		if p.seen = d.now(); p.typing {
			p.soon()
		}
	}
	before := p.title.PlaceHolder
	p.showTitle()
	if !d.since.IsZero() && p.toFront(d) || before != p.title.PlaceHolder {
		p.refreshList()
	}
	p.count()
	p.showState()
	p.finder.follow()
}

// count counts what is selected, or all there is.
func (p *writeView) count() {
	d := p.shown
	if d.text == nil || d.text.Len() == 0 {
		p.counter.forget()
		p.counted.Refresh()
		return
	}
	now := counted{d, d.text.Revision(), buffer.Range{}}
	if s := d.text.Selection().Range(); s.Len() > 0 {
		now.part = s
	}
	if now == p.counter.done || p.counter.busy {
		return
	}
	var text string
	if now.part.Len() > 0 {
		text = d.text.Slice(now.part)
	} else {
		text = d.text.Text()
	}
	p.counter.busy = true
	p.w.work(func(context.Context) {
		c := writing.Count(text)
		p.w.do(func() {
			p.counter.busy = false
			if p.shown != now.of {
				p.count()
				return
			}
			p.counter.done = now
			p.counter.facts, p.counter.brief = countsText(c, now.part.Len() > 0)
			p.counted.Refresh()
			if d.text != nil && d.text.Revision() != now.revision {
				p.soon()
			}
		})
	})
}

// countsText says how long a text is, or a part that is selected, and the same in brief.
func countsText(c writing.Counts, part bool) (facts, brief string) {
	list := []string{
		lang.N("{{.N}} words", c.Words, map[string]any{"N": grouped(int64(c.Words))}),
		lang.N("{{.N}} characters", c.Characters, map[string]any{"N": grouped(int64(c.Characters))}),
		readingText(c.ReadingTime()),
	}
	facts, brief = strings.Join(list, " · "), strings.Join(list[:2], " · ")
	if part {
		facts, brief = lang.L("Selected: {{.Facts}}", map[string]any{"Facts": facts}), lang.L("Selected: {{.Facts}}", map[string]any{"Facts": brief})
	}
	return facts, brief
}

// readingText says how long reading takes.
func readingText(d time.Duration) string {
	minutes := int((d + time.Minute/2) / time.Minute)
	if minutes < 1 {
		return lang.L("less than a minute to read")
	}
	return lang.N("{{.N}} minutes to read", minutes, map[string]any{"N": grouped(int64(minutes))})
}

// showState says whether the document is stored.
func (p *writeView) showState() {
	d, text := p.shown, ""
	switch {
	case d.text == nil || d.blank():
	case p.w.Vault == nil:
		text = lang.L("In memory only")
	case d.failed:
		text = lang.L("Not saved")
	case d.dirty() || d.storing > 0 || p.typing:
		text = lang.L("Saving…")
	default:
		text = lang.L("Saved")
	}
	if p.state.segment.Text != text {
		p.state.set(text)
		p.counted.Refresh()
	}
}
