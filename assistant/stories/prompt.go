package stories

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"

	"lamplight/assets/starter"
	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/tokenizer"
)

// StarterName is what the file of the starter model says that it is called.
const StarterName = "Lamplight starter"

// IsStarter reports whether a model is the starter, which knows one form of prompt, and English.
func IsStarter(i engine.Info) bool { return i.Name == StarterName }

// Instructions for other models than the starter.
const (
	onlyStory   = "Write only the story, without notes. Give everybody a name and call them by it. Do not repeat sentences."
	nextChapter = "Now tell the next chapter, about the same heroes. Something new happens, and it ends quietly as well. " +
		"Begin with a title for the chapter. Write only the chapter."
	changeBegin = "This is a paragraph of a bedtime story:"
	changeAfter = "What stands before it, only to understand it:"
	changeEnd   = "Write this paragraph anew. Answer with the new paragraph and nothing else."
)

// Prompt is what a model is asked for a story.
func Prompt(c Choice, tongue string, forStarter bool) string {
	if forStarter {
		return starter.StoryPrompt(c)
	}
	return starter.StoryPrompt(c) + " " + onlyStory + into(tongue)
}

func into(tongue string) string {
	if tongue == "" || tongue == English {
		return ""
	}
	return " Write in " + tongue + "."
}

// chapterPrompt is what another model than the starter is asked for another chapter.
func chapterPrompt(s *Story) []chat.Message {
	text := s.Words()
	if n := utf8.RuneCountInString(text); n > maxRead {
		text = "…" + string([]rune(text)[n-maxRead:])
	}
	return []chat.Message{
		{Role: chat.User, Text: Prompt(s.Choice, s.Tongue, false)},
		{Role: chat.Assistant, Text: text},
		{Role: chat.User, Text: nextChapter + into(s.Tongue)},
	}
}

// Lengths of what a model reads of a story again, in characters.
const (
	maxRead   = 4000
	maxBefore = 400
	maxWish   = 400
)

// another is a choice with the same heroes and other things, for another chapter of the starter, which was trained on stories
// of one: it tells a new adventure, somewhere else.
func another(c Choice, seed uint64) Choice {
	c = cloned(c)
	r := rand.New(rand.NewPCG(seed, 2))
	for _, g := range Groups() {
		if g.ID != starter.Place && g.ID != starter.Theme && g.ID != starter.Twist {
			continue
		}
		at := r.IntN(len(g.Options))
		if old := c[g.ID]; len(old) > 0 && old[0] == g.Options[at].Phrase {
			at = (at + 1) % len(g.Options)
		}
		c[g.ID] = []string{g.Options[at].Phrase}
	}
	return c
}

// changePrompt is what a model is asked for a paragraph as somebody wishes it.
func changePrompt(s *Story, at int, wish string) []chat.Message {
	var b strings.Builder
	b.WriteString(changeBegin + "\n" + s.Paragraphs[at].Text)
	if before := s.before(at); before != "" {
		if n := utf8.RuneCountInString(before); n > maxBefore {
			before = "…" + string([]rune(before)[n-maxBefore:])
		}
		b.WriteString("\n\n" + changeAfter + "\n" + before)
	}
	if r := []rune(strings.Join(strings.Fields(wish), " ")); len(r) > maxWish {
		wish = string(r[:maxWish])
	}
	b.WriteString("\n\n" + changeEnd + " " + strings.TrimSpace(wish) + into(s.Tongue))
	return []chat.Message{{Role: chat.User, Text: b.String()}}
}

// before is what a chapter says before a paragraph, its title first.
func (s *Story) before(at int) string {
	lines := []string{s.Title}
	for _, p := range s.Paragraphs[:at] {
		if p.Heading {
			lines = lines[:0]
		}
		lines = append(lines, p.Text)
	}
	return strings.TrimSpace(strings.Join(lines, "\n\n"))
}

// MaxPrompt is how long a prompt may be, in tokens, as far as it depends on the user's own words.
const MaxPrompt = 400

// fitting makes a prompt for a story of at most MaxPrompt tokens: the user's own words are cut until it is. What is left is
// the program's own.
func fitting(c Choice, count func(Choice) int) Choice {
	for most := starter.MaxOwn; most >= 4 && count(c) > MaxPrompt; most -= 4 {
		c = shortened(c, most)
	}
	return c
}

// shortened cuts the user's own words to so many characters.
func shortened(c Choice, most int) Choice {
	c = cloned(c)
	for _, g := range Groups() {
		for i, phrase := range c[g.ID] {
			if _, ok := Option(g, phrase); !ok {
				r := []rune(Own(phrase))
				c[g.ID][i] = strings.TrimSpace(string(r[:min(len(r), most)]))
			}
		}
	}
	return c
}

// tokens lays messages out for a model.
func tokens(m *engine.Model, messages []chat.Message) ([]tokenizer.ID, error) {
	segments, err := m.Chat().Render(messages, true)
	if err != nil {
		return nil, err
	}
	return chat.Encode(m.Tokenizer(), segments), nil
}
