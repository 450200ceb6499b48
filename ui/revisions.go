package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/privacy/vault"
	"lamplight/ui/buffer"
	"lamplight/ui/widgets"
)

// revisionsView stands in the place of a document while one looks at what it was before: the revisions that were kept,
// the text of one of them, and the way back to it.
type revisionsView struct {
	p     *writeView
	of    *document
	all   []vault.Revision // the last first, without their texts
	at    int              // the one that is shown
	text  *vault.Revision  // the same with its text, once it is read
	looks int              // how often something was read: only the last is shown

	list    *keyList
	about   *words
	preview *widgets.Editor
	restore *widgets.ChipButton
	page    fyne.CanvasObject // in whose place it stands
	root    *fyne.Container
}

func newRevisionsView(p *writeView, page fyne.CanvasObject) *revisionsView {
	v := &revisionsView{p: p, about: muted(" "), page: page}
	v.list = newKeyList(p.w.escape, func() int { return len(v.all) }, func() fyne.CanvasObject {
		title := widget.NewLabel("")
		title.Truncation = fyne.TextTruncateEllipsis
		return lines(title, oneLined(muted("")))
	}, v.fillRow)
	v.list.OnSelected = v.choose
	v.list.remove = func(widget.ListItemID) {}
	highlighted := v.list.OnHighlighted
	v.list.OnHighlighted = func(i widget.ListItemID) { // the arrows show what they come to
		highlighted(i)
		v.list.Select(i)
	}
	v.preview = widgets.NewEditor()
	v.preview.ReadOnly = true
	v.preview.OnSelected = p.w.touched
	v.preview.OnKey = func(e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyEscape {
			p.w.escape()
		}
		return e.Name == fyne.KeyEscape
	}
	back := widgets.NewIconButton(icon("back"), lang.L("Back to the document"), p.closeHistory)
	v.restore = widgets.NewChipButton(icon("restore"), lang.L("Restore this version"), v.bringBack)
	head := bordered(nil, nil, container.NewCenter(back), container.NewCenter(v.restore), oneLined(subheading(lang.L("Earlier versions"))))
	pad := func(top, bottom float32, o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layout.NewCustomPaddedLayout(top, bottom, 16, 16), o)
	}
	both := container.New(besideOrAbove{}, container.New(layout.NewCustomPaddedLayout(0, 4, 8, 8), v.list), widget.NewSeparator(), v.preview)
	v.root = bordered(container.NewVBox(pad(8, 8, head), widget.NewSeparator(), container.New(layout.NewCustomPaddedLayout(0, 0, 16-textInset, 16), v.about)), nil, nil, nil, both)
	v.root.Hide()
	return v
}

// besideOrAbove lays a list beside a text, or above it where there is little room.
type besideOrAbove struct{}

// Measures of the list of revisions.
const (
	revisionsWidth  = 248
	revisionsHeight = 140
	minPreview      = 360 // width of the text beside the list
)

// MinSize implements fyne.Layout.
func (besideOrAbove) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 240) }

// Layout implements fyne.Layout.
func (besideOrAbove) Layout(o []fyne.CanvasObject, size fyne.Size) {
	list, line, text := o[0], o[1], o[2]
	if size.Width >= revisionsWidth+minPreview {
		list.Resize(fyne.NewSize(revisionsWidth, size.Height))
		line.Move(fyne.NewPos(revisionsWidth, 0))
		line.Resize(fyne.NewSize(1, size.Height))
		text.Move(fyne.NewPos(revisionsWidth+1, 0))
		text.Resize(fyne.NewSize(size.Width-revisionsWidth-1, size.Height))
		return
	}
	list.Resize(fyne.NewSize(size.Width, revisionsHeight))
	line.Move(fyne.NewPos(0, revisionsHeight))
	line.Resize(fyne.NewSize(size.Width, 1))
	text.Move(fyne.NewPos(0, revisionsHeight+1))
	text.Resize(fyne.NewSize(size.Width, size.Height-revisionsHeight-1))
}

func (v *revisionsView) fillRow(i widget.ListItemID, o fyne.CanvasObject) {
	r, texts := v.all[i], o.(*fyne.Container).Objects
	texts[0].(*widget.Label).SetText(lang.L("{{.Date}}, {{.Time}}", map[string]any{"Date": date(r.Created, v.p.w.now()), "Time": r.Created.Local().Format("15:04")}))
	texts[1].(*words).set(oneLine(r.Note, maxTitle))
}

func (v *revisionsView) shown() bool { return v != nil && v.root.Visible() }

func (v *revisionsView) hide() {
	if v.shown() {
		v.forget()
		v.root.Hide()
		v.page.Show()
	}
}

// forget drops what was read.
func (v *revisionsView) forget() {
	v.looks++
	v.of, v.all, v.text = nil, nil, nil
	v.preview.SetBuffer(buffer.New(""))
	v.list.UnselectAll()
	v.list.Refresh()
}

// openHistory shows what the document was before in its place. What it is now is stored first.
func (p *writeView) openHistory() {
	if p.w.Vault == nil || p.shown.text == nil {
		return
	}
	v := p.history
	if !p.shown.since.IsZero() {
		p.keepRevision(p.shown, lang.L("When you looked at earlier versions"))
	}
	p.folding.fold()
	p.trash.hide()
	v.page.Hide()
	v.root.Show()
	v.read(p.shown)
	p.w.focus(v.list)
}

// closeHistory shows the document again.
func (p *writeView) closeHistory() {
	p.history.hide()
	p.w.focus(p.editor)
}

// read lists the revisions of a document, after it was stored.
func (v *revisionsView) read(d *document) {
	w, kept := v.p.w, v.p.w.Vault
	v.looks++
	v.of = d
	looks := v.looks
	v.about.set(" ")
	v.restore.Disable()
	w.inOrder(func() {
		var list []vault.Revision
		var err error
		if d.row != 0 {
			list, err = kept.Revisions(w.ctx, d.row)
		}
		w.do(func() {
			switch {
			case looks != v.looks:
			case err != nil:
				w.Log.Error("the revisions cannot be listed", "error", err)
				w.complain(explainVault(err), err)
			default:
				v.listed(list)
			}
		})
	})
}

func (v *revisionsView) listed(list []vault.Revision) {
	v.all, v.at = list, 0
	v.list.UnselectAll()
	v.list.Refresh()
	if len(list) == 0 {
		v.about.set(lang.L("There is none yet. One is kept when you leave a document that you have changed, and every ten minutes while you write."))
	} else {
		v.about.set(lang.L("What is there now is kept too when you restore a version."))
		v.list.Select(0)
	}
	for range 2 { // texts wrap to their width, then know their height
		v.root.Refresh()
	}
}

// choose shows the text of a revision.
func (v *revisionsView) choose(i widget.ListItemID) {
	w, kept := v.p.w, v.p.w.Vault
	if i >= len(v.all) || kept == nil {
		return
	}
	v.looks++
	v.at, v.text = i, nil
	v.restore.Disable()
	looks, id := v.looks, v.all[i].ID
	w.inOrder(func() {
		r, err := kept.Revision(w.ctx, id)
		w.do(func() {
			switch {
			case looks != v.looks:
			case err != nil:
				w.Log.Error("a revision cannot be read", "error", err)
				w.complain(explainVault(err), err)
			default:
				v.text = &r
				v.preview.SetBuffer(buffer.New(r.Text))
				v.restore.Enable()
			}
		})
	})
}

// bringBack gives the document the text of the revision that is shown. What it was is kept, and undo takes it back.
func (v *revisionsView) bringBack() {
	p, r := v.p, v.text
	if r == nil || v.of != p.shown || p.shown.text == nil {
		return
	}
	p.keepRevision(p.shown, lang.L("Before an earlier version was restored"))
	p.closeHistory()
	b := p.shown.text
	p.editor.Edit(func(*buffer.Buffer) {
		b.Apply(buffer.Edit{Range: buffer.Range{End: b.Len()}, Text: r.Text})
		b.Select(0, 0)
	})
	p.editor.ScrollTo(0)
	if r.Title != p.shown.name() {
		p.rename(p.shown, r.Title)
	}
	p.store(p.shown)
	p.tick()
	p.w.mention(lang.L("The version of {{.Date}} was restored. Undo takes that back.", map[string]any{"Date": date(r.Created, time.Now())}), "", nil)
}
