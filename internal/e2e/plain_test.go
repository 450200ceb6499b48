//go:build e2e

package e2e

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"lamplight/engine/chat"
	"lamplight/privacy/vault"
)

// TestNoPlainText types words that stand nowhere else, lets a model answer, searches, kills the program, starts and
// closes it: the words and the answers are in no file, neither then nor before nor after. They are in the vault,
// except those of a private conversation.
func TestNoPlainText(t *testing.T) {
	const marker, private = "Xylographengeheimnis4711", "Zwiebelfischkuchen0815"
	model, settings := endless(t)
	p := start(t, options{settings: settings})
	p.drop(model)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))
	p.ask("Tell me about the " + marker + ".")
	p.until("some words", func() bool { return p.look().written > 500 })
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	p.key("ctrl+n")
	p.until("a new conversation", func() bool { return p.look().turns == 0 })
	p.find(marker, func() bool { return p.look().turns == 2 })
	p.key("ctrl+shift+n")
	p.until("a private conversation", func() bool { return p.look().turns == 0 })
	p.ask("Nobody hears of the " + private + ".")
	p.until("some words", func() bool { return p.look().written > 500 })
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	p.key("ctrl+n")
	p.until("a new conversation", func() bool { return p.look().turns == 0 })
	p.ask(marker + " is what I think of.")
	p.until("some words", func() bool { return p.look().written > 500 })
	p.until("words to be stored", func() bool { return p.answersStored(t, 2) == 2 })
	p.wantHidden("while it runs", marker, private)
	p.kill()
	p.wantHidden("after a kill", marker, private)

	p.launch()
	p.await(`msg="history read" conversations=2`)
	p.quit()
	p.wantHidden("when it is closed", marker, private)

	secrets := append(p.fillVault(t, marker, private), marker, private)
	p.wantHidden("when everything is in the vault", secrets...)

	// The search does find what is there.
	beside := p.dir("tmp/beside.txt")
	for _, secret := range secrets {
		for _, form := range []string{secret, string(lower([]byte(secret))), wide(secret)} {
			file([]byte("…\x00"+form+"\x01"))(t, beside)
			if found := p.search(secret); len(found) != 1 || found[0] != beside {
				t.Errorf("%q, written as %q, is found in %q", secret, form, found)
			}
		}
	}
}

// find searches the conversations until what is found is shown.
func (p *program) find(words string, shown func() bool) {
	p.t.Helper()
	p.key("ctrl+k")
	p.until("the search", func() bool { return p.look().focus == "entry" })
	p.xdotool("type", "--delay", "15", words)
	pressed := time.Now()
	p.until("what was found", func() bool {
		if time.Since(pressed) > again/10 {
			p.key("Return")
			pressed = time.Now()
		}
		return shown()
	})
}

// fillVault opens the vault of the program that has ended, puts the marker into everything that can have words, looks
// whether it is found and the private word is not, and returns parts of the answers.
func (p *program) fillVault(t *testing.T, marker, private string) (said []string) {
	t.Helper()
	t.Setenv("TMPDIR", p.dir("tmp"))
	t.Setenv("SQLITE_TMPDIR", p.dir("tmp"))
	v := p.openVault(t)
	ctx := t.Context()
	talks, err := v.Conversations(ctx, vault.Filter{})
	must(t, err)
	if len(talks) != 2 {
		t.Fatalf("the vault has %d conversations", len(talks))
	}
	for _, talk := range talks {
		if !strings.Contains(talk.Title, marker) {
			t.Errorf("a title is %q", talk.Title)
		}
		path, err := v.Path(ctx, talk.ID)
		must(t, err)
		if len(path) != 2 || !strings.Contains(path[0].Text, marker) {
			t.Fatalf("a conversation has %d turns", len(path))
		}
		const part = 24 // characters: more than a word of the model's
		answer := path[1].Text
		if len(answer) < 4*part { // the one that was cut off is stored every second
			continue
		}
		said = append(said, answer[:part], answer[len(answer)/2:][:part], answer[len(answer)-part:])
	}
	if len(said) == 0 {
		t.Fatal("no answer was stored")
	}
	text := strings.Repeat(marker+" ", 2000)
	d, err := v.NewDocument(ctx, vault.Document{Title: marker, Text: text})
	must(t, err)
	_, err = v.KeepRevision(ctx, d.ID, marker)
	must(t, err)
	for _, kind := range []vault.ItemKind{vault.Persona, vault.Action, vault.Setting, vault.Accepted, vault.Rejected} {
		_, err := v.SetItem(ctx, kind, marker, marker)
		must(t, err)
	}
	hits, err := v.Search(ctx, strings.ToLower(marker), 100)
	must(t, err)
	kinds := map[vault.Kind]int{}
	for _, h := range hits {
		kinds[h.Kind]++
	}
	if kinds[vault.KindConversation] != 2 || kinds[vault.KindMessage] != 2 || kinds[vault.KindDocument] != 1 {
		t.Errorf("found were %v", kinds)
	}
	if hits, err := v.Search(ctx, private, 100); err != nil || len(hits) > 0 {
		t.Errorf("of a private conversation there is %v %v", hits, err)
	}
	must(t, v.Check(ctx))
	p.wantHidden("while the vault is open", append(said, marker)...)
	must(t, v.Close())
	return said
}

// stored tells one state of the vault's log from another.
func (p *program) stored(t *testing.T) string {
	t.Helper()
	info, err := os.Stat(p.dir("data/lamplight/vault.db-wal"))
	must(t, err)
	return fmt.Sprint(info.Size(), info.ModTime())
}

// answersStored is how many conversations of this length end with an answer of which some words are in the vault of the
// program, which goes on: a copy is looked at.
func (p *program) answersStored(t *testing.T, turns int) (n int) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"vault.key", "vault.db-wal", "vault.db"} {
		data, err := os.ReadFile(p.dir("data/lamplight/" + name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
	}
	v, err := vault.Open(dir, nil)
	if errors.Is(err, vault.ErrDamaged) { // copied while it was written
		return 0
	}
	must(t, err)
	defer v.Close()
	list, err := v.Conversations(t.Context(), vault.Filter{})
	must(t, err)
	for _, c := range list {
		path, err := v.Path(t.Context(), c.ID)
		must(t, err)
		if last := path[len(path)-1]; len(path) == turns && last.Role == string(chat.Assistant) && last.Text != "" {
			n++
		}
	}
	return n
}

// openVault opens the vault of the program, which has ended.
func (p *program) openVault(t *testing.T) *vault.Vault {
	t.Helper()
	v, err := vault.Open(p.dir("data/lamplight"), nil)
	must(t, err)
	t.Cleanup(func() { v.Close() })
	return v
}

// wantHidden fails if a file has one of the secrets in it.
func (p *program) wantHidden(when string, secrets ...string) {
	p.t.Helper()
	if found := p.search(secrets...); len(found) > 0 {
		p.t.Errorf("%s: plain text is in %q", when, found)
	}
}

// search returns the files of the home, which is where the program has everything, that have one of the texts in
// them: in any case, as UTF-8 or UTF-16.
func (p *program) search(texts ...string) (found []string) {
	p.t.Helper()
	var forms [][]byte
	for _, text := range texts {
		forms = append(forms, lower([]byte(text)), lower([]byte(wide(text))))
	}
	files := 0
	err := filepath.WalkDir(p.home, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the program has removed it
		}
		files++
		content = lower(content)
		for _, form := range forms {
			if bytes.Contains(content, form) {
				found = append(found, path)
				break
			}
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		p.t.Fatal(err)
	}
	for _, name := range []string{"data/lamplight/vault.db", "state/lamplight/lamplight.log", "output.txt"} {
		if _, err := os.Stat(p.dir(name)); err != nil {
			p.t.Fatal(err)
		}
	}
	if files < 8 {
		p.t.Fatalf("there are only %d files", files)
	}
	return found
}

// wide is a text as UTF-16, little endian.
func wide(text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

// lower makes small letters of the large ones of ASCII, whatever is around them.
func lower(b []byte) []byte {
	b = bytes.Clone(b)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}
