package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*Notice)(nil)

// Notice is a bar with a sentence and at most one thing to do about it: "Moved to the trash. Undo". It is hidden until Show
// and goes away when its action is taken or it is closed.
type Notice struct {
	widget.BaseWidget

	OnClosed func() // it was closed, or its action taken

	text   *widget.Label
	action *ChipButton
	close  *IconButton
}

// NewNotice returns a hidden bar.
func NewNotice() *Notice {
	n := &Notice{text: widget.NewLabel(""), action: NewChipButton(nil, "", nil)}
	n.text.Wrapping = fyne.TextWrapWord
	n.close = NewIconButton(iconClose, lang.L("Close"), n.dismiss)
	n.ExtendBaseWidget(n)
	n.Hide()
	return n
}

// Say shows a sentence. With an empty action the bar has only its closing button.
func (n *Notice) Say(text, action string, onAction func()) {
	n.text.SetText(text)
	n.action.SetFace(nil, action)
	n.action.Hidden = action == ""
	n.action.OnTapped = func() {
		n.dismiss()
		if onAction != nil {
			onAction()
		}
	}
	n.Show()
	n.Refresh()
}

func (n *Notice) dismiss() {
	n.Hide()
	if n.OnClosed != nil {
		n.OnClosed()
	}
}

// Text returns the sentence shown last.
func (n *Notice) Text() string { return n.text.Text }

// ActionButton returns the button of the action; it is hidden while there is none.
func (n *Notice) ActionButton() *ChipButton { return n.action }

// CreateRenderer implements [fyne.Widget].
func (n *Notice) CreateRenderer() fyne.WidgetRenderer {
	buttons := container.NewHBox(n.action, n.close)
	row := container.NewBorder(nil, nil, nil, container.New(layout.NewCenterLayout(), buttons), n.text)
	return widget.NewSimpleRenderer(NewCard(row))
}
