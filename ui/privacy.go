package ui

import (
	"context"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"lamplight/privacy"
	"lamplight/ui/widgets"
)

// privacyView is the page Privacy: what is enforced, what is open, what lies on the disk, and what it takes to
// read it. Everything it says was looked up: the kernel was asked, the files were read. Its controls stay when
// what they stand among changes, so that the keyboard does.
type privacyView struct {
	w      *Window
	scroll scroller
	body   *fyne.Container
	root   fyne.CanvasObject

	title, text, asked *words
	again              *widgets.ChipButton
	layers             *fyne.Container
	tried              *fyne.Container
	sockets            *fyne.Container

	found   findings // on the disk, when it was looked at last
	looking int      // how many looks have begun: only the last one's findings are shown
	stored  *fyne.Container
	empty   *widgets.ChipButton
	kept    *keptView // nil where nothing is kept
	keptBox *fyne.Container
	keep    *keepView

	backup   *backupView
	exchange *exchangeView
}

func newPrivacyView(w *Window) *privacyView {
	p := &privacyView{w: w, title: subheading(""), text: paragraph(""), asked: muted(""), body: container.NewVBox()}
	p.layers, p.tried, p.sockets, p.stored = rows(), rows(), rows(), rows()
	p.keptBox = container.NewVBox()
	p.scroll = newScroller(container.New(layout.NewCustomPaddedLayout(4, 16, 16, 16), container.New(&leftColumn{}, p.body)))
	p.again = p.scroll.chip(nil, lang.L("Test again"), p.test)
	report := p.scroll.chip(icon("copy"), lang.L("Copy report"), p.copyReport)
	p.empty = p.scroll.chip(icon("trash"), lang.L("Empty the cache"), p.emptyCache)
	p.empty.Disable()
	p.backup, p.exchange = newBackupView(p), newExchangeView(p)
	p.keep = newKeepView(p)
	erase := p.scroll.chip(icon("trash"), lang.L("Erase everything…"), w.askErase)

	p.body.Objects = []fyne.CanvasObject{
		widgets.NewCard(container.NewVBox(lines(p.title, p.text, p.asked), chips(p.again, report))),
		p.keptBox,
		section(lang.L("What lies on this computer"), p.stored, chips(p.empty)),
		section(lang.L("What is enforced, and by whom"), p.layers),
		section(lang.L("What was tried"), p.tried),
		section(lang.L("Open sockets"), p.sockets),
		section(lang.L("Erase everything"), paragraph(lang.L("Removes what you wrote, your settings, the cache and the log. Your models stay.")), chips(erase)),
	}
	head := container.New(layout.NewCustomPaddedLayout(8, 0, 16, 16), heading(lang.L("Privacy")))
	p.root = bordered(head, nil, nil, nil, p.scroll.Scroll)
	return p
}

func (p *privacyView) content() fyne.CanvasObject { return p.root }

// enter looks at the disk again. The vault may have been opened since.
func (p *privacyView) enter() {
	if p.kept == nil && p.w.vaultDir() != "" {
		p.kept = newKeptView(p)
		p.keptBox.Objects = []fyne.CanvasObject{p.kept.card, p.keep.card, p.backup.card, p.exchange.card}
	}
	p.backup.job.setButtons()
	p.exchange.job.setButtons()
	p.storedChanged()
	p.lookAtDisk()
	p.keep.look()
}

// sealChanged shows what the kernel answered.
func (p *privacyView) sealChanged(r privacy.Report) {
	p.title.set(sealTitle(r))
	p.text.set(sealText(r))
	refused, tried := 0, 0
	for _, c := range r.Checks {
		if c.Want == "refused" {
			tried++
			if c.OK {
				refused++
			}
		}
	}
	p.asked.set(lang.L("Attempts that were refused: {{.Refused}} of {{.Tried}}, at {{.Time}}.",
		map[string]any{"Refused": refused, "Tried": tried, "Time": time.Now().Format("15:04:05")}))
	p.layers.Objects, p.tried.Objects, p.sockets.Objects = layerRows(r), checkRows(r), socketRows(r)
	p.settle()
}

// forget ends what is being done with the vault, and drops what was said about that.
func (p *privacyView) forget() {
	if p.kept != nil {
		p.kept.forget()
	}
	for _, j := range []*job{p.backup.job, p.exchange.job} {
		if j.stop != nil {
			j.stop()
		} else {
			j.show("", widgets.ColorNameMuted)
		}
	}
}

// settle lays the page out anew, in two rounds: texts wrap to their width, then know their height.
func (p *privacyView) settle() {
	for range 2 {
		p.body.Refresh()
	}
}

// test asks the kernel once more.
func (p *privacyView) test() {
	p.again.Disable()
	p.w.work(func(context.Context) {
		r := privacy.Probe()
		p.w.do(func() {
			p.again.Enable()
			p.w.sealChanged(r)
		})
	})
}

// copyReport puts what the page says into the clipboard. It has nothing of the user's: no name, no folder.
func (p *privacyView) copyReport() {
	var b strings.Builder
	b.WriteString(p.w.Seal.Text())
	if len(p.found.sizes) > 0 {
		b.WriteString("\n" + lang.L("On the disk") + "\n")
		for i, s := range p.w.stores() {
			b.WriteString("- " + s.name + ": " + p.found.size(i) + "\n")
		}
	}
	if p.found.protection != "" {
		b.WriteString("\n" + lang.L("The key of your conversations") + ": " + string(p.found.protection) + "\n")
	}
	fyne.CurrentApp().Clipboard().SetContent(b.String())
	p.w.mention(lang.L("The report is in the clipboard. It names no folder and has none of your words."), "", nil)
}

// chips is a row of buttons that begins where texts do.
func chips(buttons ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), container.NewHBox(buttons...))
}
