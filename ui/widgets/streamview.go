package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

var _ fyne.Widget = (*StreamView)(nil)

// Role says who speaks in a [Turn].
type Role uint8

const (
	User      Role = iota // shown as written, in a bubble on the right
	Assistant             // Markdown, across the reading width
)

// Turn is one message of a conversation.
type Turn struct {
	Role   Role
	Text   string // plain text of a user, Markdown of an assistant
	Footer string // small facts under the turn: "41 tok/s · 128 tokens"
	Note   Note   // a sentence about the turn: stopped, failed
	Greyed bool   // no longer in the model's view
}

// Note is a sentence under a turn, with at most one thing to do about it. The zero Note shows nothing.
type Note struct {
	Text     string
	Error    bool   // coloured as an error
	Action   string // label of the button; "" for none
	OnAction func()
}

// TurnAction is a button of the page's own under each turn of a role, beside "Copy" and "Select text".
type TurnAction struct {
	Role     Role
	Label    string
	Icon     fyne.Resource
	OnTapped func(turn int)
}

// StreamView shows a conversation that may still be growing. Turns are numbered from 0.
//
// It follows the end of the text while the user is at the end, and offers a button to get back there when not.
type StreamView struct {
	widget.BaseWidget

	// OnCopy receives text the user asked to copy: the source of a turn, a code block, the address of a link.
	// When nil, the text goes to the application's clipboard.
	OnCopy func(text string)

	turns   []Turn
	actions []TurnAction
}

// NewStreamView returns an empty conversation. The actions are shown under every turn of their role.
func NewStreamView(actions ...TurnAction) *StreamView {
	v := &StreamView{actions: actions}
	v.ExtendBaseWidget(v)
	return v
}

// SetTurns replaces the whole conversation and shows its end.
func (v *StreamView) SetTurns(turns []Turn) { v.turns = append([]Turn(nil), turns...) }

// Clear removes all turns.
func (v *StreamView) Clear() { v.SetTurns(nil) }

// AddTurn adds a turn at the end, shows it, and returns its number.
func (v *StreamView) AddTurn(t Turn) int {
	v.turns = append(v.turns, t)
	return len(v.turns) - 1
}

// Append adds text to the last turn. Pieces may be cut anywhere, but not within a UTF-8 sequence. Its cost does not depend on
// the length of the conversation.
func (v *StreamView) Append(text string) { v.turns[len(v.turns)-1].Text += text }

// SetText replaces the text of a turn.
func (v *StreamView) SetText(turn int, text string) { v.turns[turn].Text = text }

// Text returns the source of a turn, Markdown for an assistant.
func (v *StreamView) Text(turn int) string { return v.turns[turn].Text }

// SetFooter replaces the small facts under a turn.
func (v *StreamView) SetFooter(turn int, text string) { v.turns[turn].Footer = text }

// SetNote replaces the sentence under a turn.
func (v *StreamView) SetNote(turn int, n Note) { v.turns[turn].Note = n }

// SetGreyed draws a turn as no longer seen by the model, or as seen again.
func (v *StreamView) SetGreyed(turn int, greyed bool) { v.turns[turn].Greyed = greyed }

// Truncate removes the turns from number n on.
func (v *StreamView) Truncate(n int) { v.turns = v.turns[:n] }

// Len returns the number of turns.
func (v *StreamView) Len() int { return len(v.turns) }

// ScrollToEnd shows the end of the conversation and follows it from here on.
func (v *StreamView) ScrollToEnd() {}

// ScrollToTurn shows the beginning of a turn.
func (v *StreamView) ScrollToTurn(turn int) {}

// CreateRenderer implements [fyne.Widget].
func (v *StreamView) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(widget.NewLabel(""))
}
