package tuning

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lamplight/assistant/writing"
	"lamplight/engine/train/data"
	"lamplight/internal/fixture"
	"lamplight/library"
	"lamplight/privacy/vault"
)

// newLibrary is a library with one model.
func newLibrary(t *testing.T) (*library.Library, library.Model) {
	t.Helper()
	lib, err := library.Open(filepath.Join(t.TempDir(), "models"))
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range lib.Import(t.Context(), fixture.GGUF(t, fixture.Options{}), library.ImportOptions{Name: "Tiny"}) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Stage == library.Done {
			return lib, *p.Model
		}
	}
	t.Fatal("no end")
	return nil, library.Model{}
}

func openBase(t *testing.T, m library.Model) *Base {
	t.Helper()
	b, err := OpenBase(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func openVault(t *testing.T) *vault.Vault {
	t.Helper()
	v, err := vault.Create(t.TempDir(), vault.Options{Protection: vault.File})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// write makes a file of n questions with their answers, and of more lines.
func write(t *testing.T, name string, n int, more ...string) string {
	t.Helper()
	var b strings.Builder
	all := strings.Fields(fixture.Text(n + 1))
	for i := range n {
		fmt.Fprintf(&b, "{\"prompt\": \"the lamp %d\", \"completion\": \"a little %s\"}\n", i, all[i])
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(b.String()+strings.Join(more, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) Source {
	t.Helper()
	s, err := ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPrepare(t *testing.T) {
	_, m := newLibrary(t)
	b := openBase(t, m)
	a := read(t, write(t, "a.jsonl", 12, "nothing", `{"prompt": "the lamp 1", "completion": "a little lamp"}`, `{"prompt": "x", "completion": " "}`))
	c := read(t, write(t, "c.jsonl", 0, `{"text": "once upon a time"}`, `{"prompt": "the lamp 5", "completion": "a little light"}`))
	var l Lesson
	for _, s := range []Source{a, c} {
		var err error
		if l, err = l.With(s); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Prepare(b, l, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range p.Problems {
		got = append(got, fmt.Sprintf("%s %d %s", l.Sources[w.Source].Name, w.Line, w.Kind))
	}
	want := []string{"a.jsonl 13 unreadable", "a.jsonl 14 duplicate", "a.jsonl 15 empty", "c.jsonl 2 duplicate"}
	if p.Report.Train+p.Report.Held != 13 {
		t.Errorf("%+v, %v", p.Report, got)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p.Report.Train != 12 || p.Report.Held != 1 || p.Examples() != 13 || p.Need < 1<<20 || p.Settings.Epochs != 12 || p.Settings.Batch != 4 {
		t.Errorf("%+v", p)
	}
	text, held := map[string]int{}, 0
	for i := range p.Examples() {
		pieces, tokens, back := p.Example(i)
		var s strings.Builder
		for _, piece := range pieces {
			if piece.Learnt {
				fmt.Fprintf(&s, "[%s]", piece.Text)
			} else {
				s.WriteString(piece.Text)
			}
		}
		text[s.String()]++
		if back {
			held++
		}
		if tokens == 0 {
			t.Error("no tokens")
		}
	}
	for _, want := range []string{
		"<bos><start_of_turn>user\nthe lamp 0<end_of_turn>\n<start_of_turn>model\n[a little the<end_of_turn>]",
		"<bos>[once upon a time<eos>]",
	} {
		if text[want] != 1 {
			t.Errorf("%q is not among %v", want, text)
		}
	}
	if held != 1 {
		t.Errorf("%d are held back", held)
	}
	if p, err := Prepare(b, Lesson{Sources: []Source{{Name: "x", Rows: []data.Row{{Line: 1}}}}}, Settings{}); !errors.Is(err, ErrNoExamples) || len(p.Problems) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := l.With(Source{Rows: []data.Row{{Text: strings.Repeat("a", MaxText)}}}); !errors.Is(err, ErrMany) {
		t.Error(err)
	}
}

func TestAccepted(t *testing.T) {
	v := openVault(t)
	d := writing.Decision{Action: "proofread", Task: "Correct it.", Passage: "teh lamp", Edits: []writing.Edit{{Start: 0, End: 3, New: "the"}}}
	if _, err := writing.Keep(t.Context(), v, true, []writing.Decision{d}); err != nil {
		t.Fatal(err)
	}
	s, err := Accepted(t.Context(), v)
	if err != nil || s.Name != "" || len(s.Rows) != 1 || s.Rows[0].Messages[0].Text != "Correct it.\n\nText:\nteh lamp" || s.Rows[0].Messages[1].Text != "the lamp" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestUsualSettings(t *testing.T) {
	b := &Base{Context: 256, hidden: 640}
	for _, c := range []struct{ examples, epochs, batch int }{{1, 12, 4}, {99, 12, 4}, {200, 8, 4}, {450, 4, 4}, {1000, 4, 8}, {5000, 2, 8}} {
		got := Settings{}.filled(c.examples, b)
		want := Settings{Rank: 8, Epochs: c.epochs, Batch: c.batch, Rate: 9e-4, MaxTokens: 256, HoldBack: 0.1, Patience: 2}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d examples: %s", c.examples, diff)
		}
	}
	own := Settings{Rank: 3, Epochs: 1, Batch: 2, Rate: 0.5, MaxTokens: 10, HoldBack: -1, Patience: -1, Seed: 4}
	if got := own.filled(100, b); got != own {
		t.Errorf("%+v", got)
	}
	for hidden, want := range map[int]float32{64: 3e-3, 1152: 7e-4, 2560: 4e-4} {
		if got := usualRate(hidden); got != want {
			t.Errorf("%d: %g, want %g", hidden, got, want)
		}
	}
}

func TestOnBattery(t *testing.T) {
	type files map[string]string
	for name, c := range map[string]struct {
		files     files
		on, known bool
	}{
		"nothing":               {},
		"mains":                 {files{"AC/type": "Mains\n", "AC/online": "1\n"}, false, true},
		"plugged in":            {files{"AC/type": "Mains", "AC/online": "1", "BAT0/type": "Battery", "BAT0/status": "Charging"}, false, true},
		"on battery":            {files{"AC/type": "Mains", "AC/online": "0", "BAT0/type": "Battery", "BAT0/status": "Discharging"}, true, true},
		"unplugged, not sure":   {files{"AC/type": "Mains", "AC/online": "0", "BAT0/type": "Battery", "BAT0/status": "Unknown"}, true, true},
		"battery alone":         {files{"BAT0/type": "Battery", "BAT0/status": "Discharging"}, true, true},
		"battery alone, full":   {files{"BAT0/type": "Battery", "BAT0/status": "Full"}, false, true},
		"a mouse":               {files{"hid/type": "Battery", "hid/scope": "Device", "hid/status": "Discharging"}, false, false},
		"USB feeds it":          {files{"U/type": "USB", "U/online": "1", "BAT0/type": "Battery", "BAT0/status": "Discharging"}, false, true},
		"one of two discharges": {files{"BAT0/type": "Battery", "BAT0/status": "Full", "BAT1/type": "Battery", "BAT1/status": "Discharging"}, true, true},
	} {
		dir := t.TempDir()
		for path, text := range c.files {
			path = filepath.Join(dir, path)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if on, known := onBattery(dir); on != c.on || known != c.known {
			t.Errorf("%s: %t, %t", name, on, known)
		}
	}
	if _, known := onBattery(filepath.Join(t.TempDir(), "none")); known {
		t.Error("it is known where nobody tells")
	}
}

func TestQuestion(t *testing.T) {
	_, m := newLibrary(t)
	b := openBase(t, m)
	l := Lesson{Sources: []Source{read(t, write(t, "a", 0,
		`{"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}, {"role": "user", "content": "the\nlamp"}, {"role": "assistant", "content": "a light"}]}`,
		`{"text": "once upon a time"}`))}}
	p, err := Prepare(b, l, Settings{HoldBack: -1})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range p.quiz().samples(b) {
		got = append(got, s.Asked+" → "+s.Expected)
	}
	if want := []string{"the\nlamp → a light", "once →  upon a time"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
