package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

const (
	maxHits     = 50                     // that are shown
	searchPause = 120 * time.Millisecond // after the last key, before the vault is asked
)

// searchView lies over the window: an entry, and what was found in the vault below it. The keyboard stays in
// the entry.
type searchView struct {
	w *Window

	hits  []vault.Hit // of the last search that has ended
	at    int         // the one that Enter opens
	asked int         // how many searches have begun: only the last one's hits are shown
	stop  context.CancelFunc

	entry  *field
	status *words
	list   *widget.List
	pop    *widget.PopUp
}

// openSearch lays the search over the window.
func (w *Window) openSearch() {
	if w.dialog != nil || w.lock != nil {
		return
	}
	s := &searchView{w: w, entry: w.newField(), status: muted(""), stop: func() {}}
	s.entry.PlaceHolder = lang.L("Search your conversations and documents")
	s.entry.OnChanged = func(string) { s.search() }
	s.entry.OnSubmitted = func(string) { s.choose(s.at) }
	s.entry.onKey = s.typedKey
	s.list = widget.NewList(func() int { return len(s.hits) }, newHitRow, func(i widget.ListItemID, o fyne.CanvasObject) {
		o.(*hitRow).show(s.hits[i], time.Now(), i == s.at)
	})
	s.list.OnSelected = s.choose // by a click: the keyboard is in the entry
	s.list.HideSeparators = true
	glass := widget.NewIcon(widgets.Tint(icon("search"), widgets.ColorNameMuted))
	top := container.NewBorder(nil, nil, glass, widgets.NewIconButton(icon("close"), lang.L("Close"), w.closeDialog), s.entry)
	s.pop = widget.NewModalPopUp(container.New(layout.NewCustomPaddedLayout(12, 12, 12, 12),
		bordered(container.NewVBox(top, s.status), nil, nil, nil, s.list)), w.win.Canvas())
	space := w.win.Canvas().Size().SubtractWidthHeight(64, 64)
	s.pop.Resize(fyne.NewSize(min(680, space.Width), min(520, space.Height)))
	w.dialog = &openDialog{hide: func() {
		s.asked++ // what is found from here on is not shown
		s.stop()
		s.pop.Hide()
	}}
	s.pop.Show()
	s.say(s.hint())
	w.win.Canvas().Focus(s.entry)
}

// hint says what is searched.
func (s *searchView) hint() string {
	if s.w.Vault == nil {
		return lang.L("There is nothing to search: your conversations and documents are not kept.")
	}
	return lang.L("Looks for words, beginnings of words and “exact phrases” in what you and the models have said, in your documents, and in titles. Not in the trash, and not in private chats.")
}

// say shows a sentence above the list, which has its own height.
func (s *searchView) say(text string) {
	s.status.set(text)
	for range 2 { // texts wrap to their width, then know their height
		s.pop.Content.Refresh()
	}
}

// search looks for what is in the entry, once no more is typed for a moment. An older search ends.
func (s *searchView) search() {
	s.stop()
	s.stop = func() {}
	s.asked++
	asked, v, query := s.asked, s.w.Vault, strings.TrimSpace(s.entry.Text)
	if query == "" || v == nil {
		s.show(nil)
		s.say(s.hint())
		return
	}
	ctx, cancel := context.WithCancel(s.w.ctx)
	s.stop = cancel
	s.w.work(func(context.Context) {
		defer cancel()
		select {
		case <-ctx.Done():
			return
		case <-time.After(searchPause):
		}
		hits, err := v.Search(ctx, query, maxHits)
		s.w.do(func() {
			if asked == s.asked { // else another one has begun, or the search was closed
				s.found(hits, err)
			}
		})
	})
}

// found shows what the last search has found.
func (s *searchView) found(hits []vault.Hit, err error) {
	if err != nil {
		s.w.Log.Error("nothing could be searched", "error", err)
		s.show(nil)
		s.say(explainVault(err).text)
		return
	}
	s.show(hits)
	switch n := len(hits); {
	case n == 0:
		s.say(lang.L("Nothing was found. Fewer or shorter words find more."))
	case n == maxHits:
		s.say(lang.L("The newest {{.N}}. More words find less.", map[string]any{"N": n}))
	default:
		s.say(lang.N("{{.N}} found. Enter opens the marked one.", n, map[string]any{"N": n}))
	}
}

func (s *searchView) show(hits []vault.Hit) {
	s.hits, s.at = hits, 0
	s.list.UnselectAll()
	s.list.ScrollToTop()
	s.list.Refresh()
}

// typedKey moves the mark through the list.
func (s *searchView) typedKey(e *fyne.KeyEvent) bool {
	const page = 5
	step := map[fyne.KeyName]int{fyne.KeyUp: -1, fyne.KeyDown: 1, fyne.KeyPageUp: -page, fyne.KeyPageDown: page}[e.Name]
	if step == 0 {
		return false
	}
	s.at = max(0, min(s.at+step, len(s.hits)-1))
	s.list.ScrollTo(s.at)
	s.list.Refresh()
	return true
}

// choose opens a hit.
func (s *searchView) choose(i widget.ListItemID) {
	if i >= len(s.hits) {
		return
	}
	h, query := s.hits[i], strings.TrimSpace(s.entry.Text)
	s.w.closeDialog()
	if h.Kind == vault.KindDocument && s.w.story.opens(h.ID) {
		return
	}
	if h.Kind == vault.KindDocument {
		s.w.show(writePage)
		s.w.write.jump(h, query)
		return
	}
	s.w.show(chatPage)
	s.w.chat.jump(h, query)
}

// jump shows a conversation of the vault at what a query has found in it.
func (c *chatView) jump(h vault.Hit, query string) {
	t := c.stored(h.ID)
	switch {
	case t != nil:
		c.sought = query
		c.openAt(t, h.Message)
	case c.reading:
		c.complain(assistant.ErrUnread)
	default: // it has gone since it was found
		c.complain(vault.ErrNotFound)
	}
}

// hitRow is one hit: its title and date, and the text around it with the matches marked.
type hitRow struct {
	widget.BaseWidget
	kind    *widget.Icon
	title   *widget.Label
	date    *words
	snippet *snippet
	ground  *widgets.Ground
	root    fyne.CanvasObject
}

func newHitRow() fyne.CanvasObject {
	r := &hitRow{kind: widget.NewIcon(nil), title: widget.NewLabel(""), date: muted(""), snippet: newSnippet(), ground: widgets.NewGround(widgets.ColorNameBubble)}
	r.title.Truncation = fyne.TextTruncateEllipsis
	r.title.TextStyle.Bold = true
	r.date.Wrapping = fyne.TextWrapOff
	top := container.NewBorder(nil, nil, nil, r.date, r.title)
	left := container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), r.kind)
	r.root = container.NewStack(r.ground, container.NewBorder(nil, nil, left, nil, lines(top, r.snippet)))
	r.ExtendBaseWidget(r)
	return r
}

// CreateRenderer implements [fyne.Widget].
func (r *hitRow) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(r.root) }

func (r *hitRow) show(h vault.Hit, now time.Time, marked bool) {
	name := "chat"
	switch h.Kind {
	case vault.KindConversation:
		name = "list"
	case vault.KindDocument:
		name = "write"
	}
	r.kind.SetResource(widgets.Tint(icon(name), widgets.ColorNameMuted))
	title := oneLine(h.Title, maxTitle)
	if title == "" {
		title = lang.L("Without a title")
	}
	r.title.SetText(title)
	what := kindName(h.Kind)
	if h.Kind == vault.KindConversation {
		what = lang.L("Title")
	}
	r.date.set(lang.L("{{.Kind}} · {{.Date}}", map[string]any{"Kind": what, "Date": date(h.Time, now)}))
	r.snippet.show(h.Snippet, h.Marks)
	show(r.ground, marked)
}

// snippet is one line of text in which matches are marked.
type snippet struct{ widget.RichText }

func newSnippet() *snippet {
	s := &snippet{}
	s.Truncation = fyne.TextTruncateClip
	s.Scroll = fyne.ScrollNone // the zero value scrolls
	s.ExtendBaseWidget(s)
	return s
}

// show replaces the text, which may be a stranger's. The marks are in order and apart from each other.
func (s *snippet) show(text string, marks []vault.Range) {
	s.Segments = nil
	add := func(text string, marked bool) {
		if text = oneLine(text, len(text)); text == "" {
			return
		}
		style := widget.RichTextStyle{Inline: true, SizeName: theme.SizeNameCaptionText, ColorName: widgets.ColorNameMuted}
		if marked {
			style.ColorName, style.TextStyle.Bold = theme.ColorNamePrimary, true
		}
		s.Segments = append(s.Segments, &widget.TextSegment{Text: text, Style: style})
	}
	at := 0
	for _, m := range marks {
		add(text[at:m.Start], false)
		add(text[m.Start:m.End], true)
		at = m.End
	}
	add(text[at:], false)
	s.Refresh()
}

// Label is the text that is shown.
func (s *snippet) Label() string { return s.String() }
