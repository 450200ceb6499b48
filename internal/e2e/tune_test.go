//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"lamplight/engine"
	"lamplight/engine/adapter"
	"lamplight/engine/chat"
	modelfile "lamplight/engine/source"
	"lamplight/engine/train"
	"lamplight/internal/fixture"
	"lamplight/tokenizer"
)

// TestTune has a model that knows nothing but a made-up language learn a task from 200 examples on the page Tune: which of four
// kinds the last word of a sentence is of. Of questions that it has not seen, it answers a quarter by chance.
func TestTune(t *testing.T) {
	language := fixture.NewLanguage(7)
	model := speaker(t, language)
	p := start(t, options{})
	p.drop(model)
	p.await(`msg="import done"`)
	p.openPage("tune")
	p.shot("empty")
	lesson := p.dir("lesson.jsonl")
	file(exercises(language, 222, 1))(t, lesson)
	p.drop(lesson)
	p.await(`msg="examples prepared" learnt=200 held=22 problems=0`)
	p.shot("examples")
	began := time.Now()
	p.press("Start learning")
	p.await(`msg="training began"`)
	p.until("some steps", func() bool { return p.came(`msg="training step" step=1\d\d `) })
	p.shot("learning")

	p.kill() // it goes on where it was
	p.launch()
	p.shot("interrupted")
	p.press("Go on")
	before, after, of := p.scores(`msg="training done" .*`)
	t.Logf("learnt in %v, a kill among them: of %d questions it answered %d before and %d after", time.Since(began).Round(time.Second), of, before, after)
	if of != 22 || before > of/2 || after*10 < of*9 {
		t.Errorf("of %d questions it answered %d before and %d after", of, before, after)
	}
	p.shot("learnt")
	p.press("Keep it…")
	p.until("the name", func() bool { return p.look().focus == "entry" })
	p.key("Return")
	p.await(`msg="training decided" what=keep`)
	p.shot("kept")
	p.quit()

	if left, err := filepath.Glob(p.dir("data/lamplight/tuning")); err != nil || len(left) > 0 {
		t.Errorf("it has left %v: %v", left, err)
	}
	adapters, err := filepath.Glob(p.dir("data/lamplight/models/.adapters/*/adapter.gguf"))
	if err != nil || len(adapters) != 1 {
		t.Fatalf("the adapters are %v: %v", adapters, err)
	}
	if right := examine(t, language, model, adapters[0], 100); right < 90 {
		t.Errorf("of 100 other questions it answers %d", right)
	}
}

// scores reads how many questions were answered before and after, of how many.
func (p *program) scores(event string) (before, after, of int) {
	p.t.Helper()
	line := p.await(event)
	number := func(name string) int {
		m := regexp.MustCompile(name + `=(\d+)`).FindStringSubmatch(line)
		if m == nil {
			p.t.Fatalf("there is no %s in %s", name, line)
		}
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return number("before"), number("after"), number("of")
}

// vocabularyOf reads the vocabulary of a model.
func vocabularyOf(t *testing.T, path string) *tokenizer.SPM {
	t.Helper()
	src, err := modelfile.Open(path)
	must(t, err)
	defer src.Close()
	v, err := src.Vocab()
	must(t, err)
	tok, err := tokenizer.NewSPM(v)
	must(t, err)
	return tok
}

// speaker trains a model from nothing on a few thousand sentences of a language, until nobody could guess the next word better
// by more than 5 %.
func speaker(t *testing.T, language *fixture.Language) (path string) {
	t.Helper()
	shape := fixture.GGUF(t, fixture.Options{Name: "Speaker"})
	tok := vocabularyOf(t, shape)
	r := rand.New(rand.NewPCG(7, 7))
	sentences := func(n int) (list []train.Example) {
		for range n {
			e := train.Example{Tokens: tok.Encode(language.Text(language.Sentence(r, 40)))}
			for i := range e.Tokens {
				e.Target = append(e.Target, i > 0)
			}
			list = append(list, e)
		}
		return list
	}
	tr, err := train.New(t.Context(), shape, sentences(400), sentences(60), train.Options{Scratch: true, Epochs: 4, Batch: 10, Positions: 400, Rate: 4e-3, Seed: 2})
	must(t, err)
	defer tr.Close()
	loss := 0.0
	for p, err := range tr.Run(t.Context()) {
		must(t, err)
		loss = p.EvalLoss
	}
	t.Logf("the loss is %.4f, the entropy %.4f", loss, fixture.LanguageEntropy)
	if loss > 1.05*fixture.LanguageEntropy || loss < 0.95*fixture.LanguageEntropy {
		t.Errorf("the loss is %v, the entropy %v", loss, fixture.LanguageEntropy)
	}
	path = filepath.Join(t.TempDir(), "speaker.gguf")
	must(t, tr.WriteModel(t.Context(), shape, path))
	return path
}

// exercise is a sentence whose last word is any, and of which of four kinds that is.
func exercise(language *fixture.Language, r *rand.Rand) (question, answer string) {
	last := r.IntN(len(language.Words))
	s := language.Sentence(r, 6)
	for s[len(s)-1] != last {
		s = language.Sentence(r, 6)
	}
	return strings.TrimSpace(language.Text(s)), string("abcd"[last%4])
}

// exercises are n of them, none twice, as a file has them.
func exercises(language *fixture.Language, n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	for seen := map[string]bool{}; len(seen) < n; {
		question, answer := exercise(language, r)
		if !seen[question] {
			seen[question] = true
			line, _ := json.Marshal(map[string]string{"prompt": question, "completion": answer}) // texts, so it does not fail
			fmt.Fprintf(&b, "%s\n", line)
		}
	}
	return []byte(b.String())
}

// examine asks a model with an adapter other questions, and counts the right answers.
func examine(t *testing.T, language *fixture.Language, base, path string, questions int) (right int) {
	t.Helper()
	a, err := adapter.Open(path)
	must(t, err)
	m, err := engine.Load(t.Context(), base, engine.LoadOptions{})
	must(t, err)
	defer m.Close()
	applied, err := m.Adapt(a)
	must(t, err)
	s, err := m.NewSession(engine.SessionOptions{Adapters: []engine.Applied{{Adapter: applied, Strength: 1}}})
	must(t, err)
	defer s.Close()
	r := rand.New(rand.NewPCG(1000, 0))
	for range questions {
		question, want := exercise(language, r)
		segments, err := m.Chat().Render([]chat.Message{{Role: chat.User, Text: question}}, true)
		must(t, err)
		var got []tokenizer.ID
		for token, err := range s.Generate(t.Context(), chat.Encode(m.Tokenizer(), segments), engine.GenerateOptions{MaxTokens: 8}) {
			must(t, err)
			got = append(got, token.ID)
		}
		if m.Tokenizer().Decode(got) == want {
			right++
		}
	}
	return right
}
