package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"lamplight/ui/widgets"
)

// maxNotices is how many sentences wait to be read.
const maxNotices = 20

// notices are the sentences at the top of the window, the newest first. What went wrong, or can be undone,
// stays until it is closed; what only reports goes away by itself.
type notices struct {
	box     *fyne.Container
	root    *fyne.Container
	passing *widgets.Notice // the report that the next notice or page takes away
}

func newNotices() *notices {
	n := &notices{box: container.NewVBox()}
	n.root = container.New(&shallow{height: 176}, container.NewVScroll(container.New(layout.NewCustomPaddedLayout(8, 0, 16, 16), n.box)))
	n.root.Hide()
	return n
}

// add puts a notice on top. An older one that says the same goes.
func (n *notices) add(notice *widgets.Notice) {
	n.box.Objects = slices.DeleteFunc(n.box.Objects, func(o fyne.CanvasObject) bool { return o.(*widgets.Notice).Text() == notice.Text() })
	n.box.Objects = append([]fyne.CanvasObject{notice}, n.box.Objects...)
	if len(n.box.Objects) > maxNotices {
		n.box.Objects = n.box.Objects[:maxNotices]
	}
	n.arrange()
}

// clear takes all of them away.
func (n *notices) clear() {
	n.box.Objects, n.passing = nil, nil
	n.arrange()
}

func (n *notices) remove(notice *widgets.Notice) {
	n.box.Remove(notice)
	n.arrange()
}

// pass takes the report away.
func (n *notices) pass() {
	if n.passing != nil {
		n.remove(n.passing)
		n.passing = nil
	}
}

func (n *notices) arrange() {
	n.root.Hidden = len(n.box.Objects) == 0
	n.root.Refresh()
}

// say shows a sentence that stays, with at most one thing to do.
func (w *Window) say(text, action string, f func()) {
	w.notify(text, action, f)
	w.Log.Debug("notice", "text", text)
}

// sayInPrivate is say for a sentence with words of the user's, which the log never gets, nor a locked window.
func (w *Window) sayInPrivate(text, action string, f func()) {
	if w.lock == nil {
		w.notify(text, action, f)
	}
}

func (w *Window) notify(text, action string, f func()) {
	n := widgets.NewNotice()
	n.OnClosed = func() {
		w.notices.remove(n)
		w.arrange()
	}
	n.Say(text, action, f)
	w.notice = n
	w.notices.pass()
	w.notices.add(n)
	w.arrange()
}

// mention shows a sentence that goes away with the next page or sentence.
func (w *Window) mention(text, action string, f func()) {
	w.say(text, action, f)
	w.notices.passing = w.notice
}

// mentionInPrivate is mention for a sentence with words of the user's.
func (w *Window) mentionInPrivate(text, action string, f func()) {
	w.sayInPrivate(text, action, f)
	w.notices.passing = w.notice
}

// complain shows the message of an error.
func (w *Window) complain(m message, err error) {
	action, f := w.remedy(m.remedy, err)
	w.say(m.text, action, f)
}

// remedy returns the button for what a message offers.
func (w *Window) remedy(r remedy, err error) (label string, f func()) {
	switch r {
	case openModels:
		return lang.L("Models"), func() { w.show(modelsPage) }
	case openSettings:
		return lang.L("Settings"), func() { w.show(settingsPage) }
	case startChat:
		return lang.L("New chat"), func() { w.show(chatPage); w.chat.startNew() }
	case copyDetails:
		return lang.L("Copy the details"), func() { fyne.CurrentApp().Clipboard().SetContent(err.Error()) }
	}
	return "", nil
}

// shallow gives its one object, a scroller, the height of what it scrolls, up to a limit.
type shallow struct{ height float32 }

// MinSize implements fyne.Layout.
func (s *shallow) MinSize(o []fyne.CanvasObject) fyne.Size {
	content := o[0].(*container.Scroll).Content.MinSize()
	return fyne.NewSize(0, min(content.Height, s.height))
}

// Layout implements fyne.Layout.
func (s *shallow) Layout(o []fyne.CanvasObject, size fyne.Size) { o[0].Resize(size) }
