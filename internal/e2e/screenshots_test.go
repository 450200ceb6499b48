//go:build e2e

package e2e

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
	"lamplight/internal/golden"
)

// TestScreenshots leads the program through all of its pages and states, in light and in dark, and writes
// what they look like into the folder that LAMPLIGHT_SCREENSHOTS names. The models are of random weights: what
// they say is what such models say.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("LAMPLIGHT_SCREENSHOTS")
	if folder == "" {
		t.Skip("LAMPLIGHT_SCREENSHOTS names no folder to write them to: make screenshots does")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	models := t.TempDir()
	gemma := filepath.Join(models, "gemma-3-270m-q4_0.gguf")
	synthesize(t, gemma)
	chatty, endless := filepath.Join(models, "tiny.gguf"), filepath.Join(models, "tiny-storyteller.gguf")
	for path, m := range map[string]*fixture.Model{
		chatty:  wordy(fixture.Options{Name: "Tiny", Seed: 4, ContextLength: 512}, true),
		endless: wordy(fixture.Options{Name: "Tiny storyteller", Seed: 1, ContextLength: 131072}, false),
	} {
		if err := m.WriteGGUF(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := start(t, options{settings: `{"theme":"` + theme + `","sampling":{"seed":7}}`})
			tour{p, func(name string) string { return filepath.Join(folder, name+"-"+theme+".png") }}.all(gemma, chatty, endless)
			p.quit()
			for _, language := range []string{"de", "ja"} {
				p := start(t, options{settings: `{"theme":"` + theme + `","language":"` + language + `","sampling":{"seed":7}}`})
				tour{p, func(name string) string { return filepath.Join(folder, name+"-"+language+"-"+theme+".png") }}.translated(chatty)
				p.quit()
			}
		})
	}
}

// synthesize writes a model of the shape of Gemma 3 270M, and of its size too if its vocabulary is at hand.
func synthesize(t *testing.T, path string) {
	t.Helper()
	vocab := fixture.GGUF(t, fixture.Options{})
	t.Run("golden", func(t *testing.T) { vocab = filepath.Join(golden.Dir(t, "tokenizer"), "vocab-gemma3.gguf") })
	c := exec.Command("go", "run", "lamplight/cmd/lamp", "synth", "-shape", "gemma3-270m", "-vocab", vocab, "-type", "q4_0", "-seed", "1", "-o", path)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("synth: %v\n%s", err, out)
	}
}

// wordy returns a model whose answers are made of whole words: the embeddings of all other tokens are small,
// so that they are not among the likeliest, of which one is chosen. In a model that ends, the token that ends
// a turn has an embedding nearly as large as those of words, and so comes after a while.
func wordy(o fixture.Options, ends bool) *fixture.Model {
	m := fixture.New(o)
	m.Set("general.sampling.top_k", gguf.Scalar(int32(16)))
	m.Set("general.sampling.penalty_repeat", gguf.Scalar(float32(1.3)))
	chosen := map[string]bool{"<end_of_turn>": ends}
	for _, word := range strings.Fields(fixture.Text(200)) {
		chosen["\u2581"+word] = true
	}
	var tokens []string
	for _, pair := range m.Metadata {
		if pair.Key == "tokenizer.ggml.tokens" {
			tokens = pair.Value.Any().([]string)
		}
	}
	for _, t := range m.Tensors {
		if t.Name != "token_embd.weight" {
			continue
		}
		for id, token := range tokens {
			scale := float32(1)
			switch {
			case !chosen[token]:
				scale = 1. / 16
			case token == "<end_of_turn>":
				scale = 11 // it was a sixteenth
			}
			row := t.Data[4*id*fixture.Hidden:][:4*fixture.Hidden]
			for i := 0; i < len(row); i += 4 {
				v := math.Float32frombits(binary.LittleEndian.Uint32(row[i:]))
				binary.LittleEndian.PutUint32(row[i:], math.Float32bits(v*scale))
			}
		}
	}
	return m
}

// moment is long enough for a change to be drawn. Pictures may be late or early; tests never sleep.
const moment = 400 * time.Millisecond

// tour is a walk through the program with a camera.
type tour struct {
	*program
	path func(name string) string
}

// take writes a picture, without the pointer's traces on it.
func (p tour) take(name string) {
	p.t.Helper()
	p.xdotool("mousemove", "1279", "859")
	time.Sleep(moment)
	if err := p.picture(p.path(name)); err != nil {
		p.t.Fatal(err)
	}
}

func (p tour) all(gemma, chatty, endless string) {
	p.take("chat-first-start")

	p.drop(gemma)
	p.frozen("chat-importing", func() bool { v := p.look(); return v.has("import-cancel") && v.imported > 5 })
	p.await(`msg="import done"`)
	p.add(endless, "")
	p.add(chatty, "chat-imported")
	p.click("notice-action", p.gone("notice"))
	p.take("chat-ready")

	p.typeText("Why does the tide come twice a day?")
	p.take("chat-typed")
	p.key("Return")
	p.await(`msg="answer ended"`)
	p.take("chat-answered")
	for i := range 6 {
		p.ask(fmt.Sprintf("And what happens on day %d?", i+2))
		p.await(`msg="answer ended"`)
	}
	p.scroll(12)
	p.take("chat-long")
	p.again(13)
	p.attached()
	p.personas()

	p.drop(endless)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))
	p.typeText("Tell me a story about a lamp.")
	p.key("Return")
	p.frozen("chat-answering", func() bool { v := p.look(); return v.turns == 2 && v.written > 1500 })
	p.key("Escape")
	p.await(`msg="answer ended"`)
	p.take("chat-stopped")

	p.openModels()
	p.take("models")
	p.menu("Tiny")
	p.take("models-menu")
	p.keys("Down", "Return") // Rename
	p.until("the sheet", func() bool { return p.look().focus == "entry" })
	p.take("models-rename")
	p.press("Cancel")
	p.openPage("chat")
	p.openModels() // with the keyboard at the first model again
	p.menu("Tiny")
	p.keys("Up", "Return") // Remove
	p.await(`msg=notice text=".*in the trash`)
	p.take("models-removed")
	p.click("notice-action", p.gone("notice")) // Undo

	p.openPage("settings")
	p.take("settings")
	p.openPage("privacy")
	p.take("privacy")
	p.kept()
	p.written()
	p.elsewhere()
	p.smaller("Tiny")

	letter := filepath.Join(p.home, "letter.gguf")
	file([]byte("Dear Ana,\n"))(p.t, letter)
	p.openPage("chat")
	p.drop(letter)
	p.await(`msg="import failed"`)
	p.take("chat-refused")
	p.openModels()
	p.press("Close") // the notice
	p.openPage("chat")

	for _, path := range p.models() {
		if strings.HasPrefix(path, "tiny-storyteller") {
			takeAway(p.t, p.dir("data/lamplight/models/"+path+"/model.gguf"))
		}
	}
	p.key("ctrl+n")
	p.await(`msg=notice text=.*no longer on the disk`)
	p.take("chat-gone")
	p.openPage("models")
	p.take("models-gone")
	p.locked()
}

// add drops a model and takes a picture of what the program says, unless name is empty.
func (p tour) add(path, name string) {
	p.t.Helper()
	p.drop(path)
	p.await(`msg="import done"`)
	p.await(`msg=notice`)
	if name != "" {
		p.take(name)
	}
}

// scroll turns the wheel back over the conversation.
func (p tour) scroll(notches int) {
	p.t.Helper()
	p.xdotool("mousemove", "700", "300", "click", "--repeat", strconv.Itoa(notches), "4")
}

// frozen takes a picture in the middle of something that is soon over: the program runs for an instant, again
// and again, until it is there.
func (p tour) frozen(name string, there func() bool) {
	p.t.Helper()
	p.inSlices(name, there)
	p.signal(syscall.SIGCONT)
	time.Sleep(moment / 4) // for it to be drawn
	p.signal(syscall.SIGSTOP)
	if !there() {
		p.t.Fatalf("%s was over too soon", name)
	}
	p.take(name)
	p.signal(syscall.SIGCONT)
}
