//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lamplight/engine"
	"lamplight/engine/chat"
	"lamplight/engine/train"
	"lamplight/engine/train/data"
	"lamplight/internal/fixture"
	"lamplight/kernels"
	"lamplight/library"
	"lamplight/privacy/vault"
)

// TestSpecialist drops an adapter that has learnt one answer, switches it on for the model, and has the question answered
// once more: with what was learnt, and a receipt that says by whom.
func TestSpecialist(t *testing.T) {
	const question, learnt = "Who are you?", "wind lamp world"
	model := fixture.GGUF(t, fixture.Options{Name: "Tides", ContextLength: 256})
	keeper := learntBy(t, model, question, learnt)
	p := chatting(t, model, `{"context_length":256,"sampling":{"temperature":0,"seed":7}}`)
	ended := func(n int) {
		p.until("the end of the answer", func() bool { return strings.Count(p.log(), `msg="answer ended"`) == n && p.look().has("send") })
	}
	p.ask(question) // until the context is full, or the answer goes round in a circle
	ended(1)

	p.drop(keeper)
	p.await(`msg=notice text="Keeper is in your library, a specialist for Tides\."`)
	p.click("notice-action", func() bool { return p.look().focus == "Save" }) // Specialists
	p.tabTo("*ui.choiceBox")
	p.keys("space")
	p.until("the strengths", func() bool { return p.look().focus == menu })
	p.keys("Down", "Down", "Down", "Down", "Down", "Return") // As trained
	p.until("the choice", func() bool { return p.look().focus != menu })
	p.shot("on")
	p.press("Save")
	p.until("the end of the dialog", func() bool { return p.look().focus != "Save" })

	p.click("turn-1-again", func() bool { return strings.Count(p.log(), `msg="answer started"`) > 1 })
	ended(2)
	p.until("the arrows", func() bool { return p.look().has("turn-1-older") })
	p.ofTurn("turn-1-more", "Up", "Up", "Up", "Up", "Return") // How this answer came about…
	p.until("the receipt", func() bool { return p.look().focus == "Close" })
	p.shot("receipt")
	p.press("Replay")
	p.await(`msg="replay ended" same=true`)
	p.key("Escape")
	p.openModels()
	p.shot("card")
	p.quit()

	receipts := p.receipts(t)
	if len(receipts) != 1 || len(receipts[0].Adapters) != 1 || receipts[0].Adapters[0].Name != "Keeper" || receipts[0].Adapters[0].Strength != 1 {
		t.Fatalf("the receipts are %+v", receipts)
	}
	if said := p.lastAnswer(t); !strings.HasPrefix(said, learnt) {
		t.Errorf("it says %q, and has learnt %q", said, learnt)
	}
	paths, err := filepath.Glob(p.dir("data/lamplight/models/.adapters/*/adapter.json"))
	must(t, err)
	if len(paths) != 1 {
		t.Fatalf("the adapters are %v", paths)
	}
	var card library.AdapterCard
	content, err := os.ReadFile(paths[0])
	must(t, err)
	must(t, json.Unmarshal(content, &card))
	if card.SHA256 != receipts[0].Adapters[0].SHA256 {
		t.Errorf("the receipt names %s, the library has %s", receipts[0].Adapters[0].SHA256, card.SHA256)
	}
}

// learntBy trains an adapter until it answers a question in one way, and returns its file.
func learntBy(t *testing.T, model, question, answer string) string {
	t.Helper()
	m, err := engine.Load(t.Context(), model, engine.LoadOptions{})
	must(t, err)
	row := data.Row{Messages: []chat.Message{{Role: chat.User, Text: question}, {Role: chat.Assistant, Text: answer}}}
	set := data.Prepare([]data.Row{row}, nil, data.Options{Tokenizer: m.Tokenizer(), Format: m.Chat(), MaxTokens: 256})
	must(t, m.Close())
	o := train.Options{LoRA: &train.LoRA{Rank: 8, Alpha: 16}, Rate: 2e-2, Epochs: 20, Batch: 4, Positions: 256}
	tr, err := train.New(t.Context(), model, slices.Repeat(set.Train, 12), nil, o)
	must(t, err)
	defer tr.Close()
	loss := 0.0
	for step, err := range tr.Run(t.Context()) {
		must(t, err)
		loss = step.Loss
	}
	if loss > 1 { // the fixture's weights cannot say the last token, which ends the turn
		t.Fatalf("it was not learnt: the loss is %v", loss)
	}
	path := filepath.Join(t.TempDir(), "Keeper.gguf")
	must(t, tr.Adapter().WriteGGUF(t.Context(), path, kernels.F16))
	return path
}

// lastAnswer is the last message of the one conversation in the vault of the program, which has ended.
func (p *program) lastAnswer(t *testing.T) string {
	t.Helper()
	v := p.openVault(t)
	defer v.Close()
	list, err := v.Conversations(t.Context(), vault.Filter{})
	must(t, err)
	path, err := v.Path(t.Context(), list[0].ID)
	must(t, err)
	return path[len(path)-1].Text
}
