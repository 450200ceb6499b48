package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"lamplight/assets/starter"
	"lamplight/assistant/stories"
	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/tokenizer"
)

// measured is how many of what was asked came out right.
type measured struct {
	Right int     `json:"right"`
	Of    int     `json:"of"`
	Part  float64 `json:"part"`
}

func (m *measured) count(right bool) {
	if m.Of++; right {
		m.Right++
	}
	m.Part = math.Round(1e4*float64(m.Right)/float64(m.Of)) / 1e4
}

// starterReport is what the starter was measured to do.
type starterReport struct {
	Stories struct {
		Heroes     measured `json:"heroes"`
		Place      measured `json:"place"`
		Ended      measured `json:"ended"`
		Unrepeated measured `json:"unrepeated"`
		Shared     int      `json:"shared_runs"` // runs of twelve words that two stories have in common
		Words      int      `json:"words"`       // of all stories
	} `json:"stories"`
	Corrections measured            `json:"corrections"`
	LeftAlone   measured            `json:"left_alone"`
	Styles      map[string]measured `json:"styles"`
	Questions   measured            `json:"questions"`
	Outside     measured            `json:"outside"`
	Wrong       []wrong             `json:"wrong"` // the first of each kind, to look at
}

// wrong is an answer that was not as it should be.
type wrong struct {
	Kind   string `json:"kind"`
	Ask    string `json:"ask"`
	Answer string `json:"answer"`
	Right  string `json:"right,omitempty"`
}

// starterEval asks a model.
type starterEval struct {
	path    string
	t       *translator
	m       *engine.Model
	s       *engine.Session
	room    int // tokens of a prompt and its answer
	report  starterReport
	shown   map[string]int
	stories []string
}

// evaluateStarter measures a model on what no starter was trained on. The same model and seed give the same report.
func (c *call) evaluateStarter(ctx context.Context, e *starterEval, seed uint64, part float64) error {
	n := func(all int) int { return int(math.Ceil(part * float64(all))) }
	meter := newMeter(c.err)
	for _, kind := range []struct {
		name string
		n    int
		ask  func(ctx context.Context, r *rand.Rand) error
	}{
		{"stories", n(200), e.story}, {"corrections", n(400), e.correction}, {"left alone", n(400), e.leftAlone},
		{"styles", n(300), e.style}, {"questions", n(300), e.question}, {"outside", n(200), e.outside},
	} {
		for i := range kind.n {
			if err := kind.ask(ctx, rand.New(rand.NewPCG(seed, uint64(i)))); err != nil {
				meter.clear()
				return about(e.path, err)
			}
			meter.show(int64(i+1), int64(kind.n), kind.name)
		}
	}
	meter.clear()
	e.report.Stories.Shared = len(starter.Shared(e.stories))
	return c.printJSON(e.report, "  ")
}

// askStarter loads a model for f to ask.
func askStarter(model string, f func(context.Context, *starterEval) error) error {
	ctx, stop := interruptible()
	defer stop()
	path, err := findModel(model)
	if err != nil {
		return err
	}
	t, err := newTranslator()
	if err != nil {
		return err
	}
	m, err := engine.Load(ctx, path, engine.LoadOptions{Cache: packedFolder()})
	if err != nil {
		return err
	}
	defer m.Close()
	room := min(1024, m.Info().ContextLength)
	s, err := m.NewSession(engine.SessionOptions{ContextLength: room})
	if err != nil {
		return err
	}
	defer s.Close()
	e := &starterEval{path: path, t: t, m: m, s: s, room: room, shown: map[string]int{}}
	e.report.Styles = map[string]measured{}
	return f(ctx, e)
}

// answer is the likeliest answer of the model.
func (e *starterEval) answer(ctx context.Context, row starter.Row) (string, error) {
	messages, err := e.t.messages(row)
	if err != nil {
		return "", err
	}
	segments, err := e.m.Chat().Render(messages[:len(messages)-1], true)
	if err != nil {
		return "", err
	}
	d := tokenizer.NewDecoder(e.m.Tokenizer())
	var b strings.Builder
	prompt := chat.Encode(e.m.Tokenizer(), segments)
	longest := max(1, e.room-len(prompt))
	for token, err := range e.s.Generate(ctx, prompt, engine.GenerateOptions{MaxTokens: longest}) {
		if err != nil {
			return "", err
		}
		b.WriteString(d.Push(token.ID))
	}
	b.WriteString(d.Flush())
	return strings.TrimSpace(b.String()), nil
}

// note keeps the first wrong answers of a kind.
func (e *starterEval) note(kind, ask, answer, right string) {
	const most = 25
	if e.shown[kind]++; e.shown[kind] <= most {
		e.report.Wrong = append(e.report.Wrong, wrong{kind, ask, answer, right})
	}
}

// tell has a story told as the page Story tells it, about a choice that was held back. Choice and seed follow from r.
func (e *starterEval) tell(ctx context.Context, r *rand.Rand) (c starter.Choice, text string, ended bool, err error) {
	c = starter.RandomChoice(r, starter.Held)
	lend := func(_ context.Context, f func(*engine.Model, func() bool) error) error {
		return f(e.m, func() bool { return false })
	}
	for step, err := range stories.Tell(ctx, lend, stories.Job{Choice: c, Seed: r.Uint64()}) {
		if errors.Is(err, stories.ErrNothing) {
			break
		}
		if err != nil {
			return c, "", false, err
		}
		text, ended = step.Story.Words(), step.Done && step.Ending == stories.Whole
	}
	return c, text, ended, nil
}

func (e *starterEval) story(ctx context.Context, r *rand.Rand) error {
	c, text, ended, err := e.tell(ctx, r)
	if err != nil {
		return err
	}
	v, all := starter.Judge(c, text), &e.report.Stories
	all.Heroes.count(v.Heroes)
	all.Place.count(v.Place)
	all.Ended.count(v.Ended && ended)
	all.Unrepeated.count(!v.Repeated)
	all.Words += len(strings.Fields(text))
	e.stories = append(e.stories, text)
	if !v.Heroes || !v.Place || !v.Ended || !ended || v.Repeated {
		e.note(fmt.Sprintf("story %+v", v), starter.StoryPrompt(c), text, "")
	}
	return nil
}

// exact asks for something that has one answer.
func (e *starterEval) exact(ctx context.Context, m *measured, kind, action, ask, right string) error {
	text, err := e.answer(ctx, starter.Row{Action: action, Turns: []starter.Turn{{Ask: ask}}})
	if err != nil {
		return err
	}
	m.count(text == right)
	if text != right {
		e.note(kind, ask, text, right)
	}
	return nil
}

func (e *starterEval) correction(ctx context.Context, r *rand.Rand) error {
	c := starter.Spoil(starter.Sentence(r, starter.Held), 1+r.IntN(3), r)
	for c.Wrong == c.Right {
		c = starter.Spoil(starter.Sentence(r, starter.Held), 1+r.IntN(3), r)
	}
	return e.exact(ctx, &e.report.Corrections, "correction", starter.Proofread, c.Wrong, c.Right)
}

func (e *starterEval) leftAlone(ctx context.Context, r *rand.Rand) error {
	r.Uint64() // other sentences than those with mistakes
	c := starter.Spoil(starter.Sentence(r, starter.Held), 0, r)
	return e.exact(ctx, &e.report.LeftAlone, "left alone", starter.Proofread, c.Right, c.Right)
}

func (e *starterEval) style(ctx context.Context, r *rand.Rand) error {
	action := []string{starter.Friendly, starter.Professional, starter.Concise}[r.IntN(3)]
	text, right := starter.Restyle(action, r, starter.Held)
	m := e.report.Styles[action]
	err := e.exact(ctx, &m, action, action, text, right)
	e.report.Styles[action] = m
	return err
}

func (e *starterEval) question(ctx context.Context, r *rand.Rand) error {
	text, right := starter.Question(r, starter.Held)
	return e.exact(ctx, &e.report.Questions, "question", "", text, right)
}

// outside is right when the answer says that it is none, whatever it says then.
func (e *starterEval) outside(ctx context.Context, r *rand.Rand) error {
	ask, right := starter.Outside(r, starter.Held)
	text, err := e.answer(ctx, starter.Row{Turns: []starter.Turn{{Ask: ask}}})
	if err != nil {
		return err
	}
	plain := strings.HasPrefix(text, "I don't know that.")
	if e.report.Outside.count(plain); !plain {
		e.note("outside", ask, text, right)
	}
	return nil
}
