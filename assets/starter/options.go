package starter

import (
	"embed"
	"encoding/json"
	"strings"
)

//go:embed data
var files embed.FS

// file returns a table of the package. It panics for one that does not exist.
func file(name string) string {
	text, err := files.ReadFile("data/" + name)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// Group is a question of the page Story, with the options to tick.
type Group struct {
	ID      string   `json:"id"`    // "heroes", the same one in every language
	Label   string   `json:"label"` // in English; the page translates it
	Many    bool     `json:"many"`  // several may be ticked
	Own     bool     `json:"own"`   // the user may add options
	Hint    string   `json:"hint"`  // for the field of one's own
	Options []Option `json:"options"`
}

// Option is something that a story may have.
type Option struct {
	ID     string `json:"id"`     // unique in its group
	Label  string `json:"label"`  // in English; the page translates it
	Phrase string `json:"phrase"` // as the prompt says it, in English
	Symbol string `json:"symbol"` // the name of its drawing
}

// The groups.
const (
	Heroes     = "heroes"
	Companions = "companions"
	Place      = "place"
	Theme      = "theme"
	Mood       = "mood"
	Twist      = "twist"
	Listener   = "listener"
	Length     = "length"
)

// Groups returns the options of the page Story, in the order of the page.
func Groups() []Group {
	var groups []Group
	if err := json.Unmarshal([]byte(file("options.json")), &groups); err != nil {
		panic(err) // a test reads it
	}
	return groups
}

// Choice is what a story is to be told about: for each group the phrases of options, or the user's own words, in their order.
// Groups may be missing; a story needs nothing but a hero.
type Choice map[string][]string

// Bounds of the user's own words, so that the prompt stays short.
const (
	MaxOwn  = 40 // characters of one
	MaxMany = 3  // options of one group
)

// own returns what a prompt has of the user's words: one line, without what separates options, and not too long.
func own(text string) string {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, ";", " ")), " ")
	if r := []rune(text); len(r) > MaxOwn {
		text = strings.TrimSpace(string(r[:MaxOwn]))
	}
	return text
}

// promptLines are the lines of the prompt: which group it is, and what stands before its options.
var promptLines = []struct{ group, one, many string }{
	{Heroes, "Hero: ", "Heroes: "},
	{Companions, "Companion: ", "Companions: "},
	{Place, "Place: ", "Place: "},
	{Theme, "About: ", "About: "},
	{Mood, "Mood: ", "Mood: "},
	{Twist, "Twist: ", "Twist: "},
	{Listener, "For: ", "For: "},
	{Length, "Length: ", "Length: "},
}

// The fixed parts of a story's prompt.
const (
	StoryBegin = "Tell a bedtime story."
	StoryEnd   = "Begin with a title. Use short, simple sentences and concrete images. Give the story a wish, a trouble, " +
		"help, and a quiet end in which everybody falls asleep. Finish with good night."
)

// StoryPrompt is what a model is asked for a story, the same for the starter and for every other model.
func StoryPrompt(c Choice) string {
	var b strings.Builder
	b.WriteString(StoryBegin + "\n")
	for _, l := range promptLines {
		var texts []string
		for _, text := range c[l.group] {
			if text = own(text); text != "" && len(texts) < MaxMany {
				texts = append(texts, text)
			}
		}
		switch len(texts) {
		case 0:
			continue
		case 1:
			b.WriteString("\n" + l.one)
		default:
			b.WriteString("\n" + l.many)
		}
		b.WriteString(strings.Join(texts, "; "))
	}
	return b.String() + "\n\n" + StoryEnd
}
