package ui

import (
	"strings"
	"testing"

	"lamplight/assistant"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// said returns what is on the sheet where two models are compared: the answers and what is said below them.
func (c *comparing) said() (texts, statuses [2]string) {
	for i, s := range c.sides {
		if s.stream.Len() > 0 {
			texts[i] = s.stream.Text(0)
		}
		statuses[i] = s.status.segment.Text
	}
	return texts, statuses
}

func (c *comparing) running() bool { return c.trial != nil && c.trial.cancel != nil }

// Two models answer the same, one after the other, and nothing of it is kept.
func TestCompare(t *testing.T) {
	const asked = "heliotrope"
	data := t.TempDir()
	v, err := vault.Create(data, vault.Options{Protection: vault.File})
	if err != nil {
		t.Fatal(err)
	}
	u := begin(t, setup{
		models:   []fixture.Options{{}, {Seed: 5, Name: "Other"}},
		settings: assistant.Settings{ContextLength: 64}, debug: true, // the log would have it
		options: func(o *Options) { o.Vault = v },
	})
	u.until("a ready model", func() bool { return u.sees("Tiny is ready.") })
	c := u.compare("Other")
	u.mustSee("Two models, one question", "One model is in memory at a time", "Ask both")
	if c.sides[0].choice.Selected != "Other" || c.sides[1].choice.Selected != "Tiny" {
		t.Errorf("compared are %s and %s", c.sides[0].choice.Selected, c.sides[1].choice.Selected)
	}
	c.ask()
	if c.running() {
		t.Error("nothing is asked, and answered")
	}
	answers := func() [2]string {
		c.prompt.SetText(asked)
		u.tap("Ask both")
		u.mustSee("Stop")
		if !c.sides[0].choice.Disabled() {
			t.Error("the model can be changed while it answers")
		}
		u.until("both answers", func() bool { return !c.running() })
		texts, statuses := c.said()
		for i := range texts {
			if texts[i] == "" || !strings.Contains(statuses[i], "tokens/s") {
				t.Errorf("answer %d is %q, %q", i, texts[i], statuses[i])
			}
		}
		return texts
	}
	if got := answers(); got[0] == got[1] {
		t.Errorf("both say %q", got[0])
	}
	c.sides[1].choice.SetSelected("Other")
	if got := answers(); got[0] != got[1] {
		t.Errorf("with the same seed a model says %q and %q", got[0], got[1])
	}
	u.tap("Close")
	if u.dialog != nil {
		t.Error("the sheet is still there")
	}
	u.until("the chat's model", func() bool { return u.chat.loading.stop == nil && u.chat.loading.what.id == u.shelf.active })
	if speed := u.speedOn("Other"); !speed {
		t.Error("how fast the other one is here is not on its card")
	}
	u.close()
	if strings.Contains(u.log.String(), asked) {
		t.Error("the log has the question")
	}
	if found := has(t, asked, data, u.dir); len(found) > 0 {
		t.Errorf("the question is in %v", found)
	}
}

// compare opens the sheet for a model.
func (u *session) compare(name string) *comparing {
	u.t.Helper()
	c := u.newComparing(u.theModel(name))
	if c == nil {
		u.t.Fatal("there is no sheet")
	}
	c.open()
	return c
}

func (u *session) speedOn(name string) bool {
	u.until("its speed", func() bool { return u.theModel(name).Card.Speed != nil })
	return u.theModel(name).Card.Speed.Decode > 0
}

func TestCompareStops(t *testing.T) {
	s := endless
	s.models = append(s.models, fixture.Options{Seed: 5, Name: "Other", ContextLength: 65536})
	u := begin(t, s)
	c := u.compare("Tiny")
	c.most = 0 // as long as nobody stops it
	c.prompt.SetText("go on")
	c.prompt.OnSend("")
	u.until("some words", func() bool { texts, _ := c.said(); return texts[0] != "" })
	u.tap("Stop")
	u.until("the end", func() bool { return !c.running() })
	texts, statuses := c.said()
	if texts[1] != "" || statuses[1] != "Was not asked." {
		t.Errorf("the other one says %q, %q", texts[1], statuses[1])
	}
	if !strings.Contains(statuses[0], "Stopped.") || !strings.Contains(statuses[0], "tokens/s") {
		t.Errorf("of the first one it says %q", statuses[0])
	}
	c.prompt.OnSend("")
	u.until("some words", func() bool { return c.sides[0].shown > 0 })
	u.escape()
	u.until("the end", func() bool { return !c.running() && !u.runner.Busy() && u.chat.loading.stop == nil })
	if u.dialog != nil {
		t.Error("the sheet is still there")
	}
}

func TestCompareNeedsTwo(t *testing.T) {
	u := begin(t, setup{models: []fixture.Options{{}}})
	u.askCompare(u.theModel("Tiny"))
	u.mustSee("Comparing takes two models.")
	if u.dialog != nil {
		t.Error("there is a sheet")
	}
}

// What does not fit into memory is said where it was asked.
func TestCompareDoesNotFit(t *testing.T) {
	u := begin(t, setup{
		models:  []fixture.Options{{}, {Seed: 5, Name: "Other"}},
		options: func(o *Options) { o.free = func() (int64, bool) { return 1000, true } },
	})
	c := u.compare("Other")
	c.prompt.SetText("go on")
	c.prompt.OnSend("")
	u.until("the end", func() bool { return !c.running() })
	if _, got := c.said(); !strings.Contains(got[0], "needs more memory than is free") || got[1] != "Was not asked." {
		t.Errorf("below the answers it says %q", got)
	}
}
