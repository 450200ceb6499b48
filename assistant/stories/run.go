package stories

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"lamplight/assets/starter"
	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/engine/sample"
	"lamplight/tokenizer"
)

// Deed is what is to be done.
type Deed uint8

// The deeds.
const (
	NewStory        Deed = iota
	NextChapter          // of Story
	ChangeParagraph      // At of Story
)

// Job is a story, or a part of one, that is to be told.
type Job struct {
	Does   Deed
	Choice Choice // of a new story
	Tongue string // of a new story, see [Story]
	Seed   uint64
	Params func(*engine.Model) sample.Params // how a model chooses its words; the seed is that of the job

	Story   *Story // that goes on or is changed; it stays as it is
	At      int    // the paragraph
	Wish    string // how it is to be, in the user's words; "": another way
	Heading string // of a chapter to which the model gives none
}

// Lend hands out the model for as long as f works with it, as the assistant's Runner.Borrow does.
type Lend func(ctx context.Context, f func(m *engine.Model, wanted func() bool) error) error

// Ending is how a story came to its end.
type Ending uint8

// The endings.
const (
	Whole  Ending = iota // the model has ended it
	Cut                  // there was no room for more: it ends with its last whole sentence
	Circle               // it began to say the same again and again, which was taken away
)

// Step is what has come.
type Step struct {
	Story  *Story // as it is now, not shared with anybody
	Done   bool   // it is complete
	Ending Ending // when it is done
	Tokens int    // that were written
}

// ErrTooLong is returned for a story that does not fit into the model's context.
var ErrTooLong = errors.New("the story is too long for the model's context")

// ErrNothing is returned when a model has said nothing that could be a story.
var ErrNothing = errors.New("the model told nothing")

// errLeft ends the work for a consumer that has broken off. It never leaves the package.
var errLeft = errors.New("the consumer has broken off")

// Tell does a job. After a cancellation the sequence ends with ctx.Err(); the story of the last step is what there is. It must
// be ranged over once.
func Tell(ctx context.Context, lend Lend, j Job) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		err := lend(ctx, func(m *engine.Model, _ func() bool) error {
			t := &teller{job: j, m: m, forStarter: IsStarter(m.Info()), yield: yield}
			if t.forStarter {
				t.job.Tongue = English
			}
			return t.tell(ctx)
		})
		if err != nil && !errors.Is(err, errLeft) {
			yield(Step{}, err)
		}
	}
}

// teller is a job that is being done.
type teller struct {
	job        Job
	m          *engine.Model
	forStarter bool
	yield      func(Step, error) bool

	choice Choice         // what the starter was asked for
	ids    []tokenizer.ID // of the story as it is now
	text   string         // the same
	tokens int            // that were written, those that were taken back as well
	mends  mends
}

// Room for an answer, in tokens: some languages need more of them for a word than English does.
const (
	tokensPerWord = 4
	usualWords    = 200
	paragraphRoom = 400
	maxContext    = 8192
)

// longest is how long the answer may be, in tokens.
func (t *teller) longest() int {
	if t.job.Does == ChangeParagraph {
		return paragraphRoom
	}
	c := t.job.Choice
	if t.job.Does == NextChapter {
		c = t.job.Story.Choice
	}
	words := usualWords
	if list := c[starter.Length]; len(list) > 0 {
		_, after, _ := strings.Cut(list[0], "about ")
		if _, err := fmt.Sscanf(after, "%d words", &words); err != nil || words <= 0 {
			words = usualWords
		}
	}
	return tokensPerWord*words + 100
}

func (t *teller) tell(ctx context.Context) error {
	prompt, err := t.prompt()
	if err != nil {
		return err
	}
	limit, longest := min(t.m.Info().ContextLength, maxContext), t.longest()
	longest = min(longest, limit-len(prompt))
	if longest < min(limit/8, 64) {
		return ErrTooLong
	}
	s, err := t.m.NewSession(engine.SessionOptions{ContextLength: min(limit, (len(prompt)+longest+255)/256*256)})
	if err != nil {
		return err
	}
	defer s.Close()
	ending, err := t.generate(ctx, s, prompt, engine.GenerateOptions{MaxTokens: longest, Sampling: t.sampling()})
	if err != nil {
		return err
	}
	story, err := t.story(true)
	if err != nil {
		return err
	}
	if !t.yield(Step{Story: story, Done: true, Ending: ending, Tokens: t.tokens}, nil) {
		return errLeft
	}
	return nil
}

// prompt lays out what the model is asked.
func (t *teller) prompt() ([]tokenizer.ID, error) {
	j := &t.job
	switch {
	case j.Does == NextChapter && t.forStarter:
		t.choice = another(j.Story.Choice, j.Seed)
		return tokens(t.m, t.ask(t.choice, ""))
	case j.Does == NextChapter:
		return tokens(t.m, chapterPrompt(j.Story))
	case j.Does == ChangeParagraph && !t.anew():
		return tokens(t.m, changePrompt(j.Story, j.At, j.Wish))
	case j.Does == ChangeParagraph:
		ids, err := tokens(t.m, t.ask(j.Story.Choice, j.Story.Tongue))
		if before := j.Story.before(j.At); err == nil && before != "" {
			ids = append(ids, t.m.Tokenizer().Encode(before+"\n\n")...)
		}
		return ids, err
	}
	t.choice = fitting(j.Choice, func(c Choice) int {
		ids, err := tokens(t.m, t.ask(c, j.Tongue))
		if err != nil {
			return 0 // said below
		}
		return len(ids)
	})
	return tokens(t.m, t.ask(t.choice, j.Tongue))
}

func (t *teller) ask(c Choice, tongue string) []chat.Message {
	return []chat.Message{{Role: chat.User, Text: Prompt(c, tongue, t.forStarter)}}
}

// anew reports whether a paragraph is told once more as the story went on there: nothing was wished, or the model is the
// starter, which understands no wishes.
func (t *teller) anew() bool { return t.forStarter || strings.TrimSpace(t.job.Wish) == "" }

// sampling is how the words are chosen. Other models than the starter are kept from telling the same again in the same words.
func (t *teller) sampling() sample.Params {
	var p sample.Params
	if t.job.Params != nil {
		p = t.job.Params(t.m)
	} else {
		p = t.m.Sampling()
	}
	if !t.forStarter && p.DRY.Multiplier == 0 && p.Temperature > 0 {
		p.DRY = sample.DRY{Multiplier: 0.8, Base: 1.75, AllowedLength: 5}
	}
	p.Seed = t.job.Seed
	return p
}

// lookAgain is how often a text is looked at for a circle, in tokens.
const lookAgain = 16

// generate writes the answer to a prompt. What the starter says amiss it says in another way.
func (t *teller) generate(ctx context.Context, s *engine.Session, prompt []tokenizer.ID, o engine.GenerateOptions) (Ending, error) {
	for {
		rest := o
		rest.MaxTokens -= len(t.ids)
		rest.Sampling.Seed = t.mends.seed(o.Sampling.Seed)
		ending, err := t.write(ctx, s, slices.Concat(prompt, t.ids), rest)
		if !errors.Is(err, errAmiss) {
			return ending, err
		}
	}
}

// write goes on with the answer as far as it has come. It ends with errAmiss when a part of that was taken back.
func (t *teller) write(ctx context.Context, s *engine.Session, prompt []tokenizer.ID, o engine.GenerateOptions) (Ending, error) {
	d := tokenizer.NewDecoder(t.m.Tokenizer())
	for _, id := range t.ids {
		d.Push(id)
	}
	n := 0
	for token, err := range s.Generate(ctx, prompt, o) {
		if err != nil {
			return 0, err
		}
		n++
		t.tokens++
		t.add(token.ID, d.Push(token.ID))
		if t.job.Does == ChangeParagraph && strings.Contains(strings.TrimSpace(t.text), "\n\n") {
			return Whole, nil
		}
		if t.forStarter && t.takeBack() {
			return 0, errAmiss
		}
		if t.tokens%lookAgain == 0 {
			if once, ok := circle(t.text); ok {
				t.text = once
				return Circle, nil
			}
		}
		story, err := t.story(false)
		if err != nil || t.forStarter && !t.mends.opened {
			continue // nothing can be seen yet
		}
		if !t.yield(Step{Story: story, Tokens: t.tokens}, nil) {
			return 0, errLeft
		}
	}
	t.text += d.Flush()
	if n >= o.MaxTokens {
		t.text = wholeSentences(t.text)
		return Cut, nil
	}
	return Whole, nil
}

// story is what there is by now.
func (t *teller) story(complete bool) (*Story, error) {
	j := &t.job
	title, paragraphs := Parse(t.text, complete)
	if title == "" && len(paragraphs) == 0 {
		return nil, ErrNothing
	}
	if j.Does == NewStory {
		s := &Story{Choice: cloned(j.Choice), Seed: j.Seed, Tongue: j.Tongue, Model: t.m.Info().Name, Title: title}
		for _, p := range paragraphs {
			s.Paragraphs = append(s.Paragraphs, Paragraph{Text: p})
		}
		return s, nil
	}
	s := j.Story.Clone()
	if j.Does == NextChapter {
		if title == "" {
			title = j.Heading
		}
		s.Paragraphs = append(s.Paragraphs, Paragraph{Text: title, Heading: true})
		for _, p := range paragraphs {
			s.Paragraphs = append(s.Paragraphs, Paragraph{Text: p})
		}
		return s, nil
	}
	said := strings.Join(append([]string{title}, paragraphs...), " ")
	s.Paragraphs[j.At].Text = strings.TrimSpace(said)
	return s, nil
}
