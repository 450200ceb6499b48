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
		cuts := map[int]attach.File{}
		for i := range draft.Files {
			if f, ok := firstPart(ctx, t, draft, i, u); ok {
				cuts[i] = f
			}
		}
		c.w.do(func() {
			if c.shown == t && c.w.dialog == nil {
				c.w.showTooLong(u, c.offers(t, draft, u, cuts))
			}
		})
	})
}

// offers lists what makes the message of a conversation short enough, or at least shorter.
func (c *chatView) offers(t *talk, draft draft, u assistant.Usage, cuts map[int]attach.File) []way {
	var list []way
	put := func(i int, files ...attach.File) func() {
		return func() {
			if at := slices.Index(t.draft.Files, draft.Files[i]); at >= 0 {
				c.setFiles(t, slices.Replace(slices.Clone(t.draft.Files), at, at+1, files...))
			}
		}
	}
	for i, f := range draft.Files {
		name := oneLine(f.Name, 40)
		if cut, ok := cuts[i]; ok {
			share := max(1, 100*len(cut.Text)/len(f.Text))
			list = append(list, way{lang.L("Keep only the first {{.N}} % of {{.Name}}", map[string]any{"N": share, "Name": name}), put(i, cut)})
		}
		list = append(list, way{lang.L("Remove {{.Name}}", map[string]any{"Name": fileLabel(name, tokensOf(u, i))}), put(i)})
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
	return list
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

// fewest is how many characters of a file are worth keeping.
const fewest = 200

// firstPart returns as much of a file from its beginning as the message has room for.
func firstPart(ctx context.Context, t *talk, d draft, i int, u assistant.Usage) (attach.File, bool) {
	whole, files := d.Files[i], slices.Clone(d.Files)
	tokens := tokensOf(u, i)
	if room := tokens - u.Over; room <= 0 || tokens == 0 {
		return attach.File{}, false // it is too long without the file
	}
	text := strings.TrimSuffix(whole.Text, cutMark())
	fits := func(bytes int) bool {
		files[i] = attach.File{Name: whole.Name, Text: headOf(text, bytes) + cutMark()}
		u, ok := t.Measure(d.Text, files...)
		return ok && !u.TooLong
	}
	// The tokens of a text are spread evenly enough that twice its share of them is more than enough.
	least, most := 0, min(len(text), 2*(len(text)/tokens+1)*(tokens-u.Over))
	for most-least > max(fewest/4, most/100) && ctx.Err() == nil {
		if middle := (least + most) / 2; fits(middle) {
			least = middle
		} else {
			most = middle
		}
	}
	if least < fewest || !fits(least) {
		return attach.File{}, false
	}
	return files[i], true
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
