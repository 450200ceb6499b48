package ui

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/assistant/attach"
	"lamplight/ui/widgets"
)

// This file refuses a message that is longer than the model can read at once, and offers what makes it short enough.

// way is one thing that can be done about it.
type way struct {
	label string
	do    func()
}

// askShorten says by how much the message is too long, and what can be done. It counts first.
func (c *chatView) askShorten() {
	t, draft := c.shown, c.shown.draft
	c.w.work(func(ctx context.Context) {
		u, ok := t.Measure(draft.Text, draft.Files...)
		if !ok || !u.TooLong {
			return // the model has gone, or another one reads more
		}
		cuts := cutsOf(ctx, t, draft, u)
		c.w.do(func() {
			if c.shown == t && c.w.dialog == nil {
				c.w.showTooLong(u, c.ways(t, draft, u, cuts))
			}
		})
	})
}

// ways lists what makes the message of a conversation short enough, and then what makes it shorter at least.
func (c *chatView) ways(t *talk, draft draft, u assistant.Usage, cuts []cut) []way {
	var list, more []way
	put := func(files []attach.File) func() {
		return func() {
			if slices.Equal(t.draft.Files, draft.Files) {
				c.setFiles(t, files)
			}
		}
	}
	for _, x := range cuts {
		label := lang.L("Keep only the first {{.Size}} of every file", map[string]any{"Size": byteSize(int64(x.limit))})
		if x.file >= 0 {
			f := draft.Files[x.file]
			label = lang.L("Keep only the first {{.N}} % of {{.Name}}", map[string]any{"N": max(1, 100*x.limit/len(f.Text)), "Name": oneLine(f.Name, 40)})
		}
		list = append(list, way{label, put(x.files)})
	}
	for i, f := range draft.Files {
		tokens := tokensOf(u, i)
		w := way{lang.L("Remove {{.Name}}", map[string]any{"Name": fileLabel(oneLine(f.Name, 40), tokens)}), put(slices.Delete(slices.Clone(draft.Files), i, i+1))}
		if tokens >= u.Over {
			list = append(list, w)
		} else {
			more = append(more, w)
		}
	}
	var pinned []int
	for i, turn := range t.Turns() {
		if turn.Pinned && i%2 == 0 {
			pinned = append(pinned, i)
		}
	}
	if n := len(pinned); n > 0 {
		list = append(list, way{lang.N("Unpin {{.N}} messages", n, map[string]any{"N": n}), func() { c.unpin(t, pinned) }})
	}
	if longer := c.longerContext(u); longer > 0 {
		list = append(list, way{lang.L("Let the model read {{.N}} tokens at once, which takes more memory", map[string]any{"N": grouped(int64(longer))}), func() {
			s := c.w.Settings
			s.ContextLength = longer
			c.w.changeSettings(s)
			c.w.settings.build()
		}})
	}
	return append(list, more...)
}

// tokensOf is how long a file is.
func tokensOf(u assistant.Usage, file int) int {
	if file < len(u.Files) {
		return u.Files[file]
	}
	return 0
}

// longerContext is the next length of the context that the message fits into with room for an answer, as far as the model
// has that; 0: there is none.
func (c *chatView) longerContext(u assistant.Usage) int {
	m, _ := c.model()
	for n := 1024; n <= m.Card.ContextLength; n *= 2 {
		if n > u.Context && n-min(n/4, 512) >= u.Tokens {
			return n
		}
	}
	return 0
}

// unpin lets turns leave the model's view when there is no room for them.
func (c *chatView) unpin(t *talk, turns []int) {
	c.w.inOrder(func() {
		var failed error
		for _, i := range turns {
			if err := t.Pin(context.Background(), i, false); err != nil {
				failed = err
			}
		}
		c.w.do(func() {
			if failed != nil {
				c.w.Log.Error("turns stay pinned", "error", failed)
				c.complain(failed)
			}
			if c.shown == t {
				c.showTurns()
				c.measure()
			}
		})
	})
}

// cutMark stands where a file was cut, so that neither its user nor the model takes what is there for all of it.
func cutMark() string { return "\n\n[" + lang.L("The rest of this file was left out.") + "]\n" }

// fewest is how many bytes of a file are worth keeping.
const fewest = 200

// cut is a draft's files of which one, or every one for file -1, has no more than a beginning.
type cut struct {
	file  int
	limit int // bytes; what is shorter stays as it is
	files []attach.File
}

// cutsOf returns the cuts that make the message short enough: those of one file, or of all when that is not enough.
func cutsOf(ctx context.Context, t *talk, d draft, u assistant.Usage) []cut {
	var cuts []cut
	for i := range d.Files {
		if x, ok := firstPart(ctx, t, d, u, i); ok {
			cuts = append(cuts, x)
		}
	}
	if len(cuts) == 0 && len(d.Files) > 1 {
		if x, ok := firstPart(ctx, t, d, u, -1); ok {
			cuts = append(cuts, x)
		}
	}
	return cuts
}

// firstPart keeps as much of the beginning of a file, or of every one for -1, as the message has room for.
func firstPart(ctx context.Context, t *talk, d draft, u assistant.Usage, file int) (cut, bool) {
	x := cut{file: file, files: slices.Clone(d.Files)}
	tokens, bytes, longest := 0, 0, 0
	for i, f := range d.Files {
		if file < 0 || i == file {
			tokens, bytes, longest = tokens+tokensOf(u, i), bytes+len(f.Text), max(longest, len(f.Text))
		}
	}
	room := tokens - u.Over
	if room <= 0 {
		return x, false // it is too long without them
	}
	fits := func(limit int) bool {
		for i, f := range d.Files {
			if text := strings.TrimSuffix(f.Text, cutMark()); (file < 0 || i == file) && len(text) > limit {
				x.files[i].Text = headOf(text, limit) + cutMark()
			} else {
				x.files[i] = f
			}
		}
		u, ok := t.Measure(d.Text, x.files...)
		return ok && !u.TooLong
	}
	// The tokens of a text are spread evenly enough that twice their share is more than there is room for.
	most := min(longest, int(2*float64(room)/float64(tokens)*float64(bytes)))
	for range 7 {
		if middle := (x.limit + most) / 2; ctx.Err() == nil && fits(middle) {
			x.limit = middle
		} else {
			most = middle
		}
	}
	return x, x.limit >= fewest && fits(x.limit)
}

// headOf returns the beginning of a text, at most so many bytes. It ends with a line or a word if one ends near there.
func headOf(text string, bytes int) string {
	if bytes >= len(text) {
		return text
	}
	for !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	head := text[:bytes]
	for _, sep := range []string{"\n", " "} {
		if at := strings.LastIndex(head, sep); at >= bytes-bytes/8 {
			return head[:at]
		}
	}
	return head
}

// showTooLong is the dialog that refuses a message.
func (w *Window) showTooLong(u assistant.Usage, offers []way) {
	back := widgets.NewChipButton(nil, lang.L("Back to the message"), func() {
		w.closeDialog()
		w.focus(w.chat.prompt)
	})
	body := container.NewVBox(
		paragraph(lang.N("It is {{.N}} tokens longer than the model can read at once with room for an answer, so it was not sent.", u.Over, map[string]any{"N": grouped(int64(u.Over))})))
	if len(offers) > 0 {
		body.Add(muted(lang.L("You can shorten it yourself, or do one of these and send it again:")))
	} else {
		body.Add(muted(lang.L("Shorten it, or send it in parts.")))
	}
	var first fyne.Focusable = back
	for i, o := range offers {
		b := widgets.NewChipButton(nil, o.label, func() {
			w.closeDialog()
			o.do()
			w.focus(w.chat.prompt)
		})
		if i == 0 {
			first = b
		}
		body.Add(container.NewHBox(b))
	}
	w.showDialog(subheading(lang.L("This message is too long")), body, first, back)
}
