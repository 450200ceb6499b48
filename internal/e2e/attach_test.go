//go:build e2e

package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// TestAttach drops text on the window, is refused because it is too much for the model, takes the way out that is offered,
// and asks about the rest. The draft outlives the program in between.
func TestAttach(t *testing.T) {
	p := start(t, options{})
	p.drop(fixture.GGUF(t, fixture.Options{Name: "Tides", ContextLength: 512}))
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))

	letter, report, essay := p.dir("letter.txt"), p.dir("report.docx"), p.dir("essay.md")
	file([]byte("Dear Ana, the tide came twice today."))(t, letter)
	file(docx(t, "The lamp was lit at six."))(t, report)
	file([]byte(strings.Repeat("The tide comes twice because the moon pulls.\n", 300)))(t, essay)
	p.click("rail-models", func() bool { return !p.look().has("prompt") })
	p.attach(2, letter, report)
	p.attach(3, essay)
	tokens := 0
	for _, name := range []string{"letter.txt", "report.docx"} {
		tokens += p.chip(name)
	}
	p.shot("attached")
	p.typeText("Shorten them")
	p.quit()

	p.launch()
	p.until("the draft", func() bool { return p.look().typed == len("Shorten them") })
	p.click("prompt", func() bool { return p.look().focus == "prompt" })
	p.key("Return")
	p.until("the ways out", func() bool { return strings.HasPrefix(p.look().focus, "Keep only the first ") })
	p.shot("too long")
	p.key("Return")
	p.until("the prompt", func() bool { return p.look().focus == "prompt" })
	p.key("Return")
	ended := p.await(`msg="answer ended" .*prompt=\d+`)
	var prompt int
	if _, err := fmt.Sscanf(ended[strings.Index(ended, "prompt="):], "prompt=%d", &prompt); err != nil || prompt <= tokens {
		t.Errorf("the prompt has %d tokens, the files without the longest have %d: %v", prompt, tokens, err)
	}
	p.until("question and answer", func() bool { return p.look().turns == 2 })
	p.tabFor("the file under the question", func(focus string) bool { return strings.HasPrefix(focus, "report.docx · ") })
	p.shot("answered")
	p.quit()

	v := p.openVault(t)
	list, err := v.Conversations(t.Context(), vault.Filter{})
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("the vault has %d conversations", len(list))
	}
	path, err := v.Path(t.Context(), list[0].ID)
	must(t, err)
	asked := string(path[0].Extra)
	for _, part := range []string{"letter.txt", "report.docx", "essay.md", "the tide came twice today.", "The lamp was lit at six.", "The rest of this file was left out."} {
		if !strings.Contains(asked, part) {
			t.Errorf("%q is not in what was asked with: %.300s", part, asked)
		}
	}
	items, err := v.Items(t.Context(), vault.Setting)
	must(t, err)
	if slices.ContainsFunc(items, func(i vault.Item) bool { return strings.Contains(string(i.Value), "the tide came") }) {
		t.Error("the files of the draft are in the vault still")
	}
	must(t, v.Close())
}

// chip goes to a file of the draft, and returns how many tokens it has. They are counted when the model is in memory.
func (p *program) chip(name string) (tokens int) {
	p.t.Helper()
	p.tabFor("the file "+name, func(focus string) bool { return strings.HasPrefix(focus, name) })
	p.until("its tokens", func() bool {
		_, count, _ := strings.Cut(p.look().focus, " · ")
		n, err := fmt.Sscanf(count, "%d tokens", &tokens)
		return n == 1 && err == nil
	})
	return tokens
}

// docx is a document of one paragraph, as word processors write them.
func docx(t *testing.T, text string) []byte {
	t.Helper()
	const schema = "http://schemas.openxmlformats.org/"
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", "<Types/>"},
		{"_rels/.rels", `<Relationships><Relationship Id="r" Type="` + schema + `officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", `<w:document xmlns:w="` + schema + `wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>` + text + `</w:t></w:r></w:p></w:body></w:document>`},
	} {
		w, err := z.Create(part[0])
		must(t, err)
		_, err = w.Write([]byte(part[1]))
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}
