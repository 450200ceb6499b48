package ui

import (
	"time"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine/chat"
	"lamplight/ui/widgets"
)

// talk is a conversation as the window keeps it: with its draft, and with what is said under its answers.
type talk struct {
	*assistant.Conversation
	private bool // it is never stored
	draft   draft
	place   *widgets.Place // where it is scrolled to, nil: the end
	endings map[int]ending // by the number of the turn
}

// ending is what stands under an answer.
type ending struct {
	footer string
	note   widgets.Note
}

func newTalk(c *assistant.Conversation) *talk {
	return &talk{Conversation: c, endings: map[int]ending{}}
}

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

// shownTurns are the turns as the stream shows them.
func (t *talk) shownTurns() []widgets.Turn {
	var turns []widgets.Turn
	for i, said := range t.Turns() {
		turn := widgets.Turn{Role: widgets.User, Text: said.Text, Files: sentFiles(said.Files), Greyed: said.Dropped}
		if said.Role == chat.Assistant {
			turn.Role = widgets.Assistant
			turn.Footer, turn.Note = t.endings[i].footer, t.endings[i].note
		}
		turns = append(turns, turn)
	}
	return turns
}
