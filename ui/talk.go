package ui

import (
	"time"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// talk is a conversation as the window keeps it: with its draft, and with what is said under its answers.
type talk struct {
	*assistant.Conversation
	private bool // it is never stored
	draft   draft
	place   *widgets.Place // where it is scrolled to, nil: the end
	failed  error          // why the last answer did not end by itself, as long as it is the last one
	edit    *editing       // the question that was being edited when another conversation was opened
}

func newTalk(c *assistant.Conversation) *talk { return &talk{Conversation: c} }

// title is what the conversation is called.
func (t *talk) title() string {
	if title := oneLine(t.Title(), maxTitle); title != "" { // one that was imported may be anything
		return title
	}
	if t.private {
		return lang.L("Private chat")
	}
	return lang.L("New chat")
}

// maxTitle is how many characters of a title are shown.
const maxTitle = 120

// over reports whether the conversation is to be deleted by now.
func (t *talk) over() bool {
	end := t.Ends()
	return !end.IsZero() && !time.Now().Before(end)
}

// empty reports whether nothing was said.
func (t *talk) empty() bool { return t.Read() && len(t.Turns()) == 0 }

// lastText is the text of the last turn.
func (t *talk) lastText() string {
	turns := t.Turns()
	return turns[len(turns)-1].Text
}
