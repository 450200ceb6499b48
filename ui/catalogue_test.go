package ui

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fill is for whoever translates: go test ./ui -run TestCatalogues -fill
var fill = flag.Bool("fill", false, "write into each catalogue what it lacks, with empty texts, and take out what nobody says any more")

// forms are the plural forms of a language. French and Spanish have a third, for whole millions, which speak makes of
// the last.
var forms = map[string][]string{
	"en": {"one", "other"}, "de": {"one", "other"}, "es": {"one", "other"}, "fr": {"one", "other"}, "ja": {"other"}, "zh-Hans": {"other"},
}

// entry is a translation: one text, or one for each plural form.
type entry struct {
	text    string
	plurals map[string]string
}

func (e *entry) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, &e.text)
	}
	return json.Unmarshal(data, &e.plurals)
}

func readCatalogue(t *testing.T, tag string) map[string]entry {
	t.Helper()
	data, err := os.ReadFile("translations/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]entry
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	return c
}

// needed are the keys that a catalogue must have: English needs those only that are counted or are no text.
func needed(all map[string]key, tag string) []string {
	var list []string
	for text, k := range all {
		if tag != "en" || k.counted {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return list
}

// TestCatalogues holds every catalogue against what the window says.
func TestCatalogues(t *testing.T) {
	all := keys(t)
	if len(all) < 500 {
		t.Fatalf("only %d texts were found", len(all))
	}
	for _, tongue := range tongues {
		tag := tongue.tag
		t.Run(tag, func(t *testing.T) {
			c, want := readCatalogue(t, tag), needed(all, tag)
			if *fill {
				fillCatalogue(t, tag, c, want, all)
				c = readCatalogue(t, tag)
			}
			missing := 0
			for _, text := range want {
				e, ok := c[text]
				if !ok || e.text == "" && e.plurals["other"] == "" {
					t.Logf("%q is missing, see %s", text, all[text].at)
					missing++
					continue
				}
				if all[text].counted {
					checkPlurals(t, tag, text, e.plurals)
				} else {
					checkText(t, text, e.text)
				}
			}
			for text := range c {
				if _, used := slices.BinarySearch(want, text); !used {
					t.Errorf("%q is said nowhere", text)
				}
			}
			if missing > 0 {
				t.Errorf("%d of %d texts are not translated yet", missing, len(want))
			}
		})
	}
}

func checkPlurals(t *testing.T, tag, text string, plurals map[string]string) {
	t.Helper()
	if got := slices.Sorted(maps.Keys(plurals)); !slices.Equal(got, forms[tag]) {
		t.Errorf("%q has the forms %v, want %v", text, got, forms[tag])
	}
	if tag == "en" && plurals["other"] != text {
		t.Errorf("%q has the plural %q", text, plurals["other"])
	}
	for form, said := range plurals {
		want := placeholders(text)
		if form == "one" && !strings.Contains(said, "{{.N}}") { // a word may stand for it
			want = slices.DeleteFunc(want, func(p string) bool { return p == "{{.N}}" })
		}
		sameKind(t, text, said, want)
	}
}

func checkText(t *testing.T, text, said string) {
	t.Helper()
	sameKind(t, text, said, placeholders(text))
}

// sameKind compares a translation with its English text.
func sameKind(t *testing.T, text, said string, want []string) {
	t.Helper()
	switch got := placeholders(said); {
	case strings.TrimSpace(said) == "":
		t.Errorf("%q is not translated", text)
	case !slices.Equal(got, want):
		t.Errorf("%q has the placeholders %v, its translation %q has %v", text, want, said, got)
	case strings.TrimSpace(said) != said && strings.TrimSpace(text) == text:
		t.Errorf("%q begins or ends with a space", said)
	case end(text) != end(said) && wordy(text):
		t.Errorf("%q ends in another way than %q", said, text)
	case strings.ContainsAny(said, "!¡！"):
		t.Errorf("%q cries out", said)
	}
}

var placeholder = regexp.MustCompile(`{{[^}]*}}`)

func placeholders(text string) []string {
	list := placeholder.FindAllString(text, -1)
	slices.Sort(list)
	return list
}

// end is how a sentence ends, the same for all scripts.
func end(text string) string {
	for mark, ends := range map[string][]string{".": {".", "。"}, "…": {"…"}, "?": {"?", "？"}, ":": {":", "："}} {
		if slices.ContainsFunc(ends, func(s string) bool { return strings.HasSuffix(text, s) }) {
			return mark
		}
	}
	return ""
}

// fillCatalogue writes a catalogue anew, in the order of its keys.
func fillCatalogue(t *testing.T, tag string, c map[string]entry, want []string, all map[string]key) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("{")
	for i, text := range want {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n  " + quoted(text) + ": ")
		if !all[text].counted {
			b.WriteString(quoted(c[text].text))
			continue
		}
		b.WriteString("{")
		for j, form := range forms[tag] {
			if j > 0 {
				b.WriteString(", ")
			}
			said := c[text].plurals[form]
			if tag == "en" && form == "other" {
				said = text
			}
			b.WriteString(quoted(form) + ": " + quoted(said))
		}
		b.WriteString("}")
	}
	b.WriteString("\n}\n")
	if err := os.WriteFile("translations/"+tag+".json", b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// quoted is a text as JSON has it, with < and & as they are.
func quoted(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // every string can be written
	return strings.TrimSuffix(b.String(), "\n")
}

func TestEnd(t *testing.T) {
	for text, want := range map[string]string{"": "", "So.": ".", "そうです。": ".", "Wait…": "…", "Why?": "?", "为什么？": "?", "Send": ""} {
		if got := end(text); got != want {
			t.Errorf("%q ends with %q, want %q", text, got, want)
		}
	}
}
