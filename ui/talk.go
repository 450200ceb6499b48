package ui

import (
	"strings"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/engine/chat"
	"lamplight/ui/widgets"
)

// talk is a conversation as the window keeps it: with its draft, and with what is said under its answers.
type talk struct {
	*assistant.Conversation
	draft   string
	endings map[int]ending // by the number of the turn
}

// ending is what stands under an answer.
type ending struct {
	footer string
	note   widgets.Note
}

func newTalk(r *assistant.Runner) *talk {
	return &talk{Conversation: assistant.NewConversation(r), endings: map[int]ending{}}
}

// maxTitle is the length of a title, in characters.
const maxTitle = 48

// title is the beginning of the first thing said.
func (t *talk) title() string {
	turns := t.Turns()
	if len(turns) == 0 {
		return lang.L("New chat")
	}
	line, _, _ := strings.Cut(strings.TrimSpace(turns[0].Text), "\n")
	if r := []rune(line); len(r) > maxTitle {
		line = strings.TrimSpace(string(r[:maxTitle])) + "…"
	}
	return line
}

// shownTurns are the turns as the stream shows them.
func (t *talk) shownTurns() []widgets.Turn {
	var turns []widgets.Turn
	for i, said := range t.Turns() {
		turn := widgets.Turn{Role: widgets.User, Text: said.Text, Greyed: said.Dropped}
		if said.Role == chat.Assistant {
			turn.Role = widgets.Assistant
			turn.Footer, turn.Note = t.endings[i].footer, t.endings[i].note
		}
		turns = append(turns, turn)
	}
	return turns
}

// keepDraft puts words that were not answered before what has been written since.
func (t *talk) keepDraft(text string) {
	if strings.TrimSpace(t.draft) != "" {
		text += "\n\n" + t.draft
	}
	t.draft = text
}
