package ui

import (
	"cmp"
	"slices"
	"strings"

	"fyne.io/fyne/v2/lang"

	"lamplight/assistant/writing"
)

// writingComplaints are about help with a text.
var writingComplaints = []complaint{
	{writing.ErrTooLong, "This text is too long for the model to take in one piece. Select a part of it, or allow a longer context in the settings.", openSettings},
	{writing.ErrAction, "This action cannot be used. Give it a name of at most 40 characters and say in at most 2,000 what the model is to do.", noRemedy},
}

// builtInNames are the names and hints of the actions that come with the program, as assets have them, in the window's language.
func builtInNames() map[string][2]string {
	return map[string][2]string{
		"proofread":    {lang.L("Proofread"), lang.L("Corrects spelling, grammar and punctuation, and nothing else.")},
		"rewrite":      {lang.L("Rewrite"), lang.L("Says the same more clearly.")},
		"friendly":     {lang.L("Friendly"), lang.L("Makes it warmer.")},
		"professional": {lang.L("Professional"), lang.L("Makes it fit for work.")},
		"concise":      {lang.L("Concise"), lang.L("Says it in fewer words.")},
		"expand":       {lang.L("Expand"), lang.L("Says it in more words.")},
		"simplify":     {lang.L("Simplify"), lang.L("Uses simple words and short sentences.")},
		"summarise":    {lang.L("Summarise"), lang.L("Two or three sentences about it.")},
		"keypoints":    {lang.L("Key points"), lang.L("A short list of what matters.")},
		"table":        {lang.L("Table"), lang.L("Its facts as a table.")},
		"title":        {lang.L("Title"), lang.L("A title of a few words.")},
		"translate":    {lang.L("Translate"), lang.L("Into another language.")},
		"continue":     {lang.L("Continue"), lang.L("Goes on where the text ends.")},
		"change":       {lang.L("Describe your change"), lang.L("Does what you say.")},
	}
}

// builtIn reports whether an action is one that comes with the program.
func (h *help) builtIn(a writing.Action) bool {
	return slices.ContainsFunc(h.builtin, func(b writing.Action) bool { return b.ID == a.ID && b.Name == a.Name })
}

// name is what an action is called, and what it does in a few words.
func (h *help) name(a writing.Action) (name, hint string) {
	if n, ok := builtInNames()[a.ID]; ok && h.builtIn(a) {
		return n[0], n[1]
	}
	return oneLine(a.Name, 40), oneLine(a.Hint, 200)
}

// all are the actions that can be chosen: those that come with the program, with the user's own in their places, and the
// rest of the user's.
func (h *help) all() []writing.Action {
	list := slices.Clone(h.builtin)
	for _, own := range h.own {
		if i := slices.IndexFunc(list, func(a writing.Action) bool { return a.ID == own.ID }); i >= 0 {
			list[i] = own
		} else {
			list = append(list, own)
		}
	}
	return list
}

// action returns the one with an ID.
func (h *help) action(id string) (writing.Action, bool) {
	list := h.all()
	if i := slices.IndexFunc(list, func(a writing.Action) bool { return a.ID == id }); i >= 0 {
		return list[i], true
	}
	return writing.Action{}, false
}

// touchedText says what a change touches that it should not, "" for nothing.
func touchedText(list []writing.Guarded) string {
	var what []string
	for _, g := range list {
		switch g {
		case writing.Code:
			what = append(what, lang.L("Changes code"))
		case writing.Link:
			what = append(what, lang.L("Changes a link"))
		case writing.Quote:
			what = append(what, lang.L("Changes a quotation"))
		case writing.Number:
			what = append(what, lang.L("Changes a number"))
		}
	}
	return strings.Join(what, " · ")
}

// tongueInto is a language that can be translated into.
type tongueInto struct{ id, name string } // id is how the model is told

// tonguesInto are the languages that can be translated into. A small model knows few of them well.
func tonguesInto() []tongueInto {
	var list []tongueInto
	for id, name := range map[string]string{
		"Arabic": lang.L("Arabic"), "Chinese": lang.L("Chinese"), "Czech": lang.L("Czech"), "Danish": lang.L("Danish"),
		"Dutch": lang.L("Dutch"), "English": lang.L("English"), "Finnish": lang.L("Finnish"), "French": lang.L("French"),
		"German": lang.L("German"), "Greek": lang.L("Greek"), "Hebrew": lang.L("Hebrew"), "Hindi": lang.L("Hindi"),
		"Hungarian": lang.L("Hungarian"), "Indonesian": lang.L("Indonesian"), "Italian": lang.L("Italian"), "Japanese": lang.L("Japanese"),
		"Korean": lang.L("Korean"), "Norwegian": lang.L("Norwegian"), "Polish": lang.L("Polish"), "Portuguese": lang.L("Portuguese"),
		"Romanian": lang.L("Romanian"), "Russian": lang.L("Russian"), "Spanish": lang.L("Spanish"), "Swedish": lang.L("Swedish"),
		"Thai": lang.L("Thai"), "Turkish": lang.L("Turkish"), "Ukrainian": lang.L("Ukrainian"), "Vietnamese": lang.L("Vietnamese"),
	} {
		list = append(list, tongueInto{id, name})
	}
	slices.SortFunc(list, func(a, b tongueInto) int { return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.id, b.id)) })
	return list
}
