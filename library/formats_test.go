package library

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"lamplight/engine/adapter"
)

var update = flag.Bool("update", false, "write the example in docs/FORMATS.md anew")

// formats is the page that explains what is on the disk.
var formats = filepath.Join("..", "docs", "FORMATS.md")

const (
	exampleBegins = "<!-- This example is written by go test ./library -run TestFormats -update -->\n```json\n"
	exampleEnds   = "```\n"
)

// The example in docs/FORMATS.md is what the library writes, and the page names every field.
func TestFormats(t *testing.T) {
	page := string(read(t, formats))
	before, rest, ok := strings.Cut(page, exampleBegins)
	example, after, ok2 := strings.Cut(rest, exampleEnds)
	if !ok || !ok2 {
		t.Fatal("there is no example")
	}
	written := exampleCard(t)
	if *update {
		page = before + exampleBegins + written + exampleEnds + after
		if err := os.WriteFile(formats, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if example != written {
		t.Errorf("the example is not what the library writes, which is\n%s", written)
	}
	for _, name := range fieldsOf(reflect.TypeFor[Card](), "") {
		explained := strings.Replace(name, "receipt.base.", "receipt.model.", 1) // which has the same fields
		if !strings.Contains(page, "| `"+explained+"` |") {
			t.Errorf("the page does not explain %s", name)
		}
		if !strings.Contains(written, fmt.Sprintf("%q: ", name[strings.LastIndexByte(name, '.')+1:])) && name != "damage" {
			t.Errorf("the example has no %s", name)
		}
	}
}

// fieldsOf lists the names in JSON of a structure's fields and of theirs.
func fieldsOf(t reflect.Type, prefix string) (names []string) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		names = append(names, prefix+name)
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]() {
			names = append(names, fieldsOf(inner, prefix+name+".")...)
		}
	}
	return names
}

// exampleCard is the card of a model that was referred to, with all that a card can have, and with the times and the
// paths of one computer.
func exampleCard(t *testing.T) string {
	t.Helper()
	l, sources := openTemp(t)
	path := write(t, filepath.Join(sources, "tiny-it.gguf"), tinyGGUF(t, 1))
	m := mustRefer(t, l, path, ReferOptions{Name: "Tiny", App: "lmstudio", Extras: &Extras{
		Template: "{{ .Prompt }}", System: "You are kind.", Parameters: json.RawMessage(`{"temperature":1}`),
		Adapters: []string{filepath.Join(sources, "poems.gguf")},
	}})
	when := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	receipt := Receipt{
		Source: "Tiny", SourceSHA256: m.Card.SHA256, Text: "en.txt", TextSHA256: m.Card.SHA256, Tokens: 4096, Time: when,
		Kernels: "avx512", Threads: 2, MeanKL: 0.021, TailKL: 0.38, SameTop: 0.94,
		Model: Measured{143_000_000, 4.52, 24.1, 0.6, 1210, 88}, Base: Measured{536_000_000, 16, 23.5, 0.6, 940, 31},
	}
	for _, err := range []error{
		l.SetNotes(m.ID, "Good at short answers.\nForgets names."), l.SetTags(m.ID, []string{"story", "fast"}), l.Used(m.ID),
		l.SetSpeed(m.ID, Speed{Decode: 88, Prefill: 1210, Kernels: "avx512", Threads: 2, Measured: when}), l.SetReceipt(m.ID, &receipt),
		l.SetAdapters(m.ID, []adapter.Use{{SHA256: m.Card.SHA256, Name: "Poems", Strength: 0.5}}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := verify(t, l, m.ID); err != nil {
		t.Fatal(err)
	}
	c, err := readCard(filepath.Join(l.dir, m.ID))
	if err != nil {
		t.Fatal(err)
	}
	c.Imported, c.Verified, c.LastUsed, c.Files[0].Modified = when, when, when, when
	c.License, c.Origin = "mit", "https://example.org/tiny"
	text := string(encoded(t, c))
	from, err := json.Marshal(sources)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(text, strings.Trim(string(from), `"`), "/home/ana/models")
}
