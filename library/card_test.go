package library

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func goodCard() Card {
	sum := strings.Repeat("0a", 32)
	return Card{
		Name: "Tiny", Architecture: "gemma3", Parameters: 12, Quantization: "F16", Bytes: 30, ContextLength: 64,
		Vocabulary: 300, License: "gemma", Origin: "example", SHA256: sum, Linked: true, Source: "/models/tiny.gguf",
		Imported: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Files:    []File{{Name: "a.gguf", Bytes: 10, SHA256: sum}, {Name: "b.gguf", Bytes: 20, SHA256: sum}},
	}
}

func TestCardRoundTrip(t *testing.T) {
	want := goodCard()
	data, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseCard(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Card{})); diff != "" {
		t.Error(diff)
	}
}

func TestCardCleansTexts(t *testing.T) {
	c := goodCard()
	c.Name = "  a\nb\u202e\t c "
	c.License = strings.Repeat("x", 1000)
	data, err := c.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseCard(data)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "a b c" {
		t.Errorf("name %q", got.Name)
	}
	if want := strings.Repeat("x", maxText-1) + "…"; got.License != want {
		t.Errorf("license %q", got.License)
	}
}

func TestCardRefuses(t *testing.T) {
	for name, change := range map[string]func(*Card){
		"no name":          func(c *Card) { c.Name = " \t" },
		"negative count":   func(c *Card) { c.Parameters = -1 },
		"short digest":     func(c *Card) { c.SHA256 = "abc" },
		"not hexadecimal":  func(c *Card) { c.SHA256 = strings.Repeat("zz", 32) },
		"upper case":       func(c *Card) { c.SHA256 = strings.ToUpper(c.SHA256) },
		"file digest":      func(c *Card) { c.Files[1].SHA256 = "x" },
		"no files":         func(c *Card) { c.Files = nil },
		"file above":       func(c *Card) { c.Files[0].Name = "../a.gguf" },
		"absolute file":    func(c *Card) { c.Files[0].Name = "/etc/passwd" },
		"hidden file":      func(c *Card) { c.Files[0].Name = ".a" },
		"the card itself":  func(c *Card) { c.Files[0].Name = "Model.json" },
		"file twice":       func(c *Card) { c.Files[1].Name = "a.gguf" },
		"negative size":    func(c *Card) { c.Files[0].Bytes = -10; c.Bytes = 10 },
		"sum":              func(c *Card) { c.Bytes++ },
		"sum that wraps":   func(c *Card) { c.Files[0].Bytes, c.Files[1].Bytes, c.Bytes = 1<<62, 3<<61, -(3 << 61) },
		"sum that is huge": func(c *Card) { c.Files[0].Bytes, c.Files[1].Bytes = 1<<62, 1<<62 },
	} {
		c := goodCard()
		change(&c)
		data, err := json.Marshal(&c)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseCard(data); err == nil {
			t.Errorf("%s: accepted as %+v", name, got)
		} else if !strings.Contains(err.Error(), cardName) {
			t.Errorf("%s: %q does not name the file", name, err)
		}
	}
}

// FuzzCard: whatever model.json says, the card that comes out of it is one that the library can write and
// read back, and its path stays in the folder.
func FuzzCard(f *testing.F) {
	c := goodCard()
	good, err := c.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	c.Reference, c.Extras, c.Speed = true, &Extras{System: "a", Parameters: json.RawMessage(`{"a":"<"}`), Adapters: []string{"/a"}}, &Speed{Decode: 1}
	c.Files[0].Name, c.Files[1].Name = "/m/a.gguf", "/m/b.gguf"
	c.unknown = map[string]json.RawMessage{"later": json.RawMessage(`{"a": [1e400, "\ud800"]}`)}
	if good, err = c.encode(); err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, s := range []string{
		`{"name":"a","NAME":"b","Notes":"x\r\ny","tags":["","a","A"],"bytes":1,"files":[{"name":"x","bytes":1}],"x":{}}`,
		"", "null", "[]", "{}", "{", `{"files":null}`, strings.Repeat("[", 100_000),
		`{"name":"a","bytes":1,"files":[{"name":"../x","bytes":1}]}`,
		`{"name":"a","bytes":1,"files":[{"name":"x","bytes":1}],"imported":"0001-01-01T00:00:00Z"}`,
		`{"name":"a","bytes":9223372036854775807,"files":[{"name":"x","bytes":9223372036854775807},{"name":"y","bytes":1}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseCard(data)
		if err != nil {
			return
		}
		folder := t.TempDir()
		if p := c.path(folder); !c.Reference && p != folder && filepath.Dir(p) != folder {
			t.Fatalf("path %q is outside of %q", p, folder)
		} else if !filepath.IsAbs(p) {
			t.Fatalf("path %q is not absolute", p)
		}
		if _, err := c.look(folder); err == nil && !c.Reference {
			t.Fatal("an empty folder has all files")
		}
		out, err := c.encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, cardName), out, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := readCard(folder)
		if err != nil {
			t.Fatalf("written card cannot be read: %v", err)
		}
		if diff := cmp.Diff(c, again, cmp.AllowUnexported(Card{})); diff != "" {
			t.Error(diff)
		}
	})
}
