//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"lamplight/assistant/review"
	"lamplight/assistant/writing"
	"lamplight/engine"
	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// tides is a text of several paragraphs.
var tides = []string{
	"The lamp was lit at six.", "The tide comes twice, because the moon pulls at the sea.", "Ana wrote a letter about it.", "Nobody has seen the keeper since then.",
	"The boats lie on the sand, and the lamp is dark.", "It will rain tomorrow.", "She came back with the second tide.", "We sat in the kitchen until the lamp went out.",
}

// TestWrite opens a document of a word processor, writes in it, finds and replaces, saves it as files, and goes back to what it was.
func TestWrite(t *testing.T) {
	p := start(t, options{})
	p.openPage("write")
	letter := p.dir("letter.docx")
	file(docx(t, strings.Join(tides, `</w:t></w:r></w:p><w:p><w:r><w:t>`)))(t, letter)
	n := p.opens(letter)
	p.shot("opened")

	p.key("ctrl+End")
	p.until("the cursor at the end", func() bool { return p.look().cursor == n })
	const more = " And so it was."
	p.xdotool("type", "--delay", "15", more)
	p.length(n + len(more))
	p.key("shift+Home")
	p.until("what is selected", func() bool { l := p.look(); return l.selected > 0 && l.document == n+len(more) })
	p.key("Right")
	p.undoTo(n)
	p.key("ctrl+a")
	p.until("all to be selected", func() bool { return p.look().selected == n })
	p.key("ctrl+Home")
	p.until("the cursor at the beginning", func() bool { l := p.look(); return l.cursor == 0 && l.selected == 0 })

	p.key("ctrl+h")
	p.until("the bar", func() bool { l := p.look(); return l.has("replacement") && l.focus == "entry" })
	p.xdotool("type", "--delay", "15", "lamp")
	p.until("the first place to be selected", func() bool { return p.look().selected == len("lamp") })
	p.tabTo("Close")
	p.tab()
	p.until("the other field", func() bool { return p.look().focus == "entry" })
	p.xdotool("type", "--delay", "15", "candle")
	p.shot("found")
	p.press("Replace all")
	p.await(`msg="words replaced" number=3`)
	replaced := n + 3*len("candle") - 3*len("lamp")
	p.length(replaced)
	p.key("Escape")
	p.until("the text to have the keyboard", func() bool { return p.look().focus == editor })

	for _, name := range []string{"out.md", "out.txt"} {
		p.key("ctrl+s")
		p.until("where to save", func() bool { return p.look().focus == "entry" })
		p.key("ctrl+a")
		p.xdotool("type", "--delay", "15", p.dir(name))
		p.key("Return")
		p.await(`msg="a document was saved as a file"`)
		p.until("the text to have the keyboard", func() bool { return p.look().focus == editor })
		if data, err := os.ReadFile(p.dir(name)); err != nil || len(data) != replaced || strings.Count(string(data), "candle") != 3 {
			t.Errorf("%s has %q: %v", name, data, err)
		}
	}

	p.press("Earlier versions")
	p.until("the list of versions", func() bool { return p.look().focus == talks })
	p.key("End") // the first one
	p.shot("versions")
	p.press("Restore this version")
	p.length(n)
	p.undoTo(replaced)
	p.key("ctrl+y")
	p.length(n)
	p.quit()

	d, revisions := p.documents(t)
	if len(d) != 1 || d[0].Title != "letter" || len(d[0].Text) != n || !strings.Contains(d[0].Text, tides[7]) || strings.Contains(d[0].Text, "candle") {
		t.Errorf("the vault has %+v", d)
	}
	for _, want := range []string{"As it was opened", "When you looked at earlier versions"} {
		if !slices.Contains(revisions, want) {
			t.Errorf("the revisions are %q", revisions)
		}
	}
}

// TestProofread has a model propose changes of a document of a word processor, decides about them by keys, takes that back, and
// decides anew. Then the clipboard goes through the model.
func TestProofread(t *testing.T) {
	text := strings.Join(tides, "\n") + "\n"
	model, changes := proofreader(t, "proofread", text)
	// lengthOf is how long the text is when these proposals were accepted.
	lengthOf := func(taken ...int) int {
		return len(review.Apply(text, changes, func(i int) bool { return slices.Contains(taken, i) }))
	}
	var all []int
	for i := range changes {
		all = append(all, i)
	}
	p := chatting(t, model, `{}`)
	p.openPage("write")
	notes := p.dir("notes.docx")
	file(docx(t, strings.Join(tides, `</w:t></w:r></w:p><w:p><w:r><w:t>`)))(t, notes)
	if n := p.opens(notes); n != len(text) {
		t.Fatalf("the document has %d bytes, want %d", n, len(text))
	}
	p.key("ctrl+a")
	p.until("all to be selected", func() bool { return p.look().selected == len(text) })
	cursor := p.look().cursor
	p.press("Proofread")
	p.await(fmt.Sprintf(`msg="writing action ended" action=proofread passages=%d proposals=%d complete=true`, len(tides), len(changes)))
	p.until("the proposals", func() bool { return p.look().focus == talks })
	if l := p.look(); l.document != len(text) || l.selected != len(text) || l.cursor != cursor {
		t.Errorf("the proposals have changed the text, or what is selected: %+v", l)
	}
	p.shot("proposals")

	decide := func() {
		p.keys("End", "Home", "n", "p", "a")
		p.length(lengthOf(0))
		p.key("a")
		p.length(lengthOf(0, 1))
		p.key("r")
	}
	decide()
	p.shot("decided")
	p.key("Escape")
	p.until("the text to have the keyboard", func() bool { return p.look().focus == editor })
	p.keys("ctrl+z", "ctrl+z", "ctrl+z")
	p.length(len(text))
	p.shot("undone")
	p.key("Escape")
	p.until("the proposals to have the keyboard", func() bool { return p.look().focus == talks })
	decide()
	p.key("A")
	want := review.Apply(text, changes, func(i int) bool { return i != 2 })
	p.length(len(want))
	p.press("Done")
	p.until("the text to have the keyboard", func() bool { return p.look().focus == editor })

	again := p.dir("again.txt")
	file([]byte(text))(t, again)
	p.opens(again)
	p.keys("ctrl+a", "ctrl+c", "ctrl+shift+v")
	p.until("what to do with the clipboard", func() bool { return p.look().focus == "Do it" })
	p.key("Return")
	p.until("the result", func() bool { return p.look().focus == "Copy result" })
	p.shot("clipboard")
	p.key("Return")
	p.until("the text to have the keyboard", func() bool { return p.look().focus == editor })
	p.keys("ctrl+a", "ctrl+v")
	p.length(lengthOf(all...))
	p.quit()

	d, _ := p.documents(t)
	got := map[string]string{}
	for _, x := range d {
		got[x.Title] = x.Text
	}
	if got["notes"] != want {
		t.Errorf("the text is %q, want %q", got["notes"], want)
	}
	if whole := review.Apply(text, changes, func(int) bool { return true }); got["again"] != whole {
		t.Errorf("the text from the clipboard is %q, want %q", got["again"], whole)
	}
	v := p.openVault(t)
	for kind, n := range map[vault.ItemKind]int{vault.Accepted: 3, vault.Rejected: 1} { // "a" twice, "A" once
		items, err := v.Items(t.Context(), kind)
		must(t, err)
		if len(items) != n {
			t.Errorf("the vault has %d items of the kind %v, want %d", len(items), kind, n)
		}
	}
	p.wantNothingPending(t, v)
	must(t, v.Close())
}

// TestRewriteKilled ends the program from one moment to the next in the middle of a long rewrite, which then goes on.
func TestRewriteKilled(t *testing.T) {
	const times = 30
	text := strings.TrimSpace(strings.Repeat(strings.Join(tides, "\n\n")+"\n\n", times))
	model, _ := proofreader(t, "rewrite", strings.Join(tides, "\n\n"))
	p := chatting(t, model, `{}`)
	p.openPage("write")
	long := p.dir("long.txt")
	file([]byte(text))(t, long)
	p.opens(long)
	p.key("ctrl+a")
	p.until("all to be selected", func() bool { return p.look().selected == len(text) })
	p.press("Rewrite")
	p.await(`msg="writing action started" action=rewrite`)
	seen := map[string]bool{}
	p.until("proposals to be stored", func() bool { seen[p.stored(t)] = true; return len(seen) > 9 })
	p.kill()
	if p.came(`msg="writing action ended"`) {
		t.Fatal("the rewrite was over too soon")
	}

	p.launch()
	shown := p.await(`msg="pending proposals shown" proposals=[1-9]\d* complete=false`)
	var before int
	if _, err := fmt.Sscanf(shown[strings.Index(shown, "proposals="):], "proposals=%d", &before); err != nil {
		t.Fatal(err)
	}
	p.length(len(text))
	p.shot("interrupted")
	p.press("Go on with the rest")
	ended := p.await(fmt.Sprintf(`msg="writing action ended" action=rewrite passages=%d proposals=\d+ complete=true`, times*len(tides)))
	var after int
	if _, err := fmt.Sscanf(ended[strings.Index(ended, "proposals="):], "proposals=%d", &after); err != nil || after <= before {
		t.Errorf("there were %d proposals, and in the end %d: %v", before, after, err)
	}
	p.until("the proposals to have the keyboard", func() bool { return p.look().focus == talks })
	p.shot("ended")
	p.key("A")
	p.press("Done")
	p.until("the text to have the keyboard", func() bool { return p.look().focus == editor })
	p.quit()

	if d, _ := p.documents(t); len(d) != 1 || d[0].Text == text || strings.Contains(d[0].Text, "\n\n\n\n\n") {
		t.Errorf("the vault has %.300v", d)
	}
	v := p.openVault(t)
	p.wantNothingPending(t, v)
	must(t, v.Close())
}

// editor is what has the keyboard when one writes a document.
const editor = "editor"

// opens drops a file on the page Write, and returns how long the document is, in bytes.
func (p *program) opens(path string) (length int) {
	p.t.Helper()
	p.drop(path)
	p.await(`msg="file opened as a document"`)
	p.until("the document", func() bool {
		l := p.look()
		length = l.document
		return length > 0 && l.cursor == 0 && l.selected == 0 && l.focus == editor
	})
	return length
}

// length waits for the document to have so many bytes.
func (p *program) length(bytes int) {
	p.t.Helper()
	p.until(fmt.Sprintf("the document to have %d bytes", bytes), func() bool { return p.look().document == bytes })
}

// undoTo takes steps back until the document has so many bytes.
func (p *program) undoTo(bytes int) {
	p.t.Helper()
	for range 20 {
		before := p.look().document
		if before == bytes {
			return
		}
		p.key("ctrl+z")
		p.until("something to be undone", func() bool { return p.look().document != before })
	}
	p.t.Fatalf("undo does not lead to %d bytes", bytes)
}

// documents are those in the vault of the program, which has ended, and why revisions of them were kept.
func (p *program) documents(t *testing.T) (all []vault.Document, revisions []string) {
	t.Helper()
	v := p.openVault(t)
	list, err := v.Documents(t.Context())
	must(t, err)
	for _, x := range list {
		d, err := v.Document(t.Context(), x.ID)
		must(t, err)
		all = append(all, d)
		kept, err := v.Revisions(t.Context(), x.ID)
		must(t, err)
		for _, r := range kept {
			revisions = append(revisions, r.Note)
		}
	}
	must(t, v.Close())
	return all, revisions
}

func (p *program) wantNothingPending(t *testing.T, v *vault.Vault) {
	t.Helper()
	items, err := v.Items(t.Context(), vault.Setting)
	must(t, err)
	for _, i := range items {
		if strings.HasPrefix(i.Name, "pending ") {
			t.Errorf("the vault has %s still: %.200s", i.Name, i.Value)
		}
	}
}

// proofreader writes a model that proposes changes of most paragraphs of a text, and returns them. Such models, whose weights are
// random, repeat a word; in this one some words lead to the end of a turn. Which ones do what is wanted is tried out.
func proofreader(t *testing.T, action, text string) (path string, changes []review.Change) {
	t.Helper()
	actions, err := writing.BuiltIn()
	must(t, err)
	a := actions[slices.IndexFunc(actions, func(a writing.Action) bool { return a.ID == action })]
	path = t.TempDir() + "/proofreader.gguf"
	for seed := uint64(1); seed < 40; seed++ {
		for _, words := range []int{8, 16, 24} {
			model := wordy(fixture.Options{Name: "Proofreader", Seed: seed}, false)
			endsAfter(model, strings.Fields(fixture.Text(words)))
			must(t, model.WriteGGUF(path))
			changes = changes[:0]
			for _, r := range work(t, path, writing.Job{Action: a, Text: text, Part: writing.Part{End: len(text)}}) {
				changes = append(changes, r.Changes...)
			}
			if len(changes) >= len(tides)/2+1 {
				slices.SortFunc(changes, func(a, b review.Change) int { return cmp.Compare(a.Start, b.Start) })
				t.Logf("seed %d, %d words: %d changes", seed, words, len(changes))
				return path, changes
			}
		}
	}
	t.Fatal("no model proposes anything")
	return "", nil
}

// work does a job with a model.
func work(t *testing.T, path string, j writing.Job) (results []writing.Result) {
	t.Helper()
	m, err := engine.Load(t.Context(), path, engine.LoadOptions{Threads: 1})
	must(t, err)
	defer m.Close()
	lend := func(_ context.Context, f func(*engine.Model, func() bool) error) error {
		return f(m, func() bool { return false })
	}
	for step, err := range writing.Run(t.Context(), lend, j) {
		must(t, err)
		if step.Result != nil {
			results = append(results, *step.Result)
		}
	}
	return results
}

// endsAfter makes a model end its turn where it would repeat one of some words.
func endsAfter(m *fixture.Model, words []string) {
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
		row := func(token string) []byte {
			if i := slices.Index(tokens, token); i >= 0 {
				return t.Data[4*i*fixture.Hidden:][:4*fixture.Hidden]
			}
			return nil
		}
		end, sum := row("<end_of_turn>"), make([]float32, fixture.Hidden)
		slices.Sort(words)
		for _, word := range slices.Compact(words) {
			for i, of := 0, row("\u2581"+word); i < len(of); i += 4 {
				sum[i/4] += 1.2 * math.Float32frombits(binary.LittleEndian.Uint32(of[i:]))
			}
		}
		for i, v := range sum {
			binary.LittleEndian.PutUint32(end[4*i:], math.Float32bits(v))
		}
	}
}
