package vault

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestSearch(t *testing.T) {
	c := newClock()
	v := contents(t, t.TempDir(), c.now)
	ctx := t.Context()
	talk := must(v.NewConversation(ctx, Conversation{Title: "Ébb and flow"}))(t)
	gone := must(v.NewConversation(ctx, Conversation{Title: "Moon in the trash"}))(t)
	say := func(conversation int64, text string) Message {
		t.Helper()
		c.pass(time.Minute)
		return must(v.AddMessage(ctx, conversation, Message{Role: "user", Text: text}))(t)
	}
	say(talk.ID, "Why does the tide come twice a day?")
	moon := say(talk.ID, "Because of the moon.\n\nThe moon pulls.")
	say(talk.ID, "東京は日本の首都です")
	naive := say(talk.ID, "A naïve question about Straße 3.")
	say(gone.ID, "The moon is in the trash too.")
	ok(t, v.Trash(ctx, Ref{KindConversation, gone.ID}))
	c.pass(time.Minute)
	poem := must(v.NewDocument(ctx, Document{Title: "Poem to the moon", Text: "Silver, the tide"}))(t)

	for _, q := range []struct {
		query string
		want  []string // titles with the snippets, matches in [brackets]
	}{
		{"moon", []string{"Poem to the moon: Silver, the tide", "Ébb and flow: Because of the [moon]. The [moon] pulls."}},
		{"tide", []string{"Poem to the moon: Silver, the [tide]", "Ébb and flow: Why does the [tide] come twice a day?"}},
		{"twi", []string{"Ébb and flow: Why does the tide come [twi]ce a day?"}},
		{"twi ", nil},
		{"tide moon", []string{"Poem to the moon: Silver, the [tide]"}},
		{`"the moon" pulls`, []string{"Ébb and flow: Because of [the moon]. [The moon] [pulls]."}},
		{`"moon the"`, []string{"Ébb and flow: Because of the [moon. The] moon pulls."}},
		{"ebb", []string{"Ébb and flow: [Ébb] and flow"}},
		{"NAIVE strasse", []string{"Ébb and flow: A [naïve] question about [Straße] 3."}},
		{"日本", []string{"Ébb and flow: 東京は[日本]の首都です"}},
		{"本日", nil},
		{"京は日", []string{"Ébb and flow: 東[京は日]本の首都です"}},
		{"trash", nil},
		{"", nil},
	} {
		var got []string
		for _, h := range must(v.Search(ctx, q.query, 10))(t) {
			s := h.Snippet
			for i := len(h.Marks) - 1; i >= 0; i-- {
				m := h.Marks[i]
				text := s[m.Start:m.End]
				if q.query == "twi" { // a whole word is marked, of which this is the beginning
					text = text[:3] + "]" + text[3:]
					s = s[:m.Start] + "[" + text + s[m.End:]
					continue
				}
				s = s[:m.Start] + "[" + text + "]" + s[m.End:]
			}
			got = append(got, h.Title+": "+s)
		}
		t.Log(q.query)
		same(t, got, q.want)
	}

	hits := must(v.Search(ctx, "moon", 10))(t)
	same(t, []Hit{{Kind: hits[0].Kind, ID: hits[0].ID, Time: hits[0].Time},
		{Kind: hits[1].Kind, ID: hits[1].ID, Message: hits[1].Message, Time: hits[1].Time}},
		[]Hit{{Kind: KindDocument, ID: poem.ID, Time: poem.Changed}, {Kind: KindMessage, ID: talk.ID, Message: moon.ID, Time: moon.Created}})
	if hits := must(v.Search(ctx, "the", 2))(t); len(hits) != 2 || hits[0].Kind != KindDocument {
		t.Errorf("the two newest: %+v", hits)
	}

	// Whatever is pasted is looked for.
	for _, query := range []string{strings.Repeat("moon ", 10_000), `"` + strings.Repeat("moon ", 10_000), strings.Repeat("月", 10_000),
		strings.Repeat(`"a b" `, 10_000), strings.Repeat("x", 1<<20)} {
		must(v.Search(ctx, query, 10))(t)
	}

	// The index follows what is written, brought back and deleted.
	ok(t, v.SetMessage(ctx, Message{ID: naive.ID, Text: "An answered question."}))
	ok(t, v.SetDocument(ctx, poem.ID, "Ode", "Gold"))
	talk.Title = "Water"
	ok(t, v.UpdateConversation(ctx, talk))
	ok(t, v.Restore(ctx, Ref{KindConversation, gone.ID}))
	for query, want := range map[string]int{"naive": 0, "answered": 1, "silver": 0, "gold": 1, "ode": 1, "ebb": 0, "water": 1, "trash": 2} {
		if got := len(must(v.Search(ctx, query, 10))(t)); got != want {
			t.Errorf("%s: %d hits, want %d", query, got, want)
		}
	}
	ok(t, v.Purge(ctx, Ref{KindConversation, gone.ID}))
	if hits := must(v.Search(ctx, "trash", 10))(t); len(hits) != 0 {
		t.Errorf("what was deleted is found: %+v", hits)
	}
	sound(t, v)
}

func TestSnippet(t *testing.T) {
	long := strings.Repeat("word ", 100)
	for _, c := range []struct{ name, text, query, want string }{
		{"no match", "Some text", "none", "Some text"},
		{"no text", "", "none", ""},
		{"white space", "\n\n a \t b\r\n c ", "b ", " a [b] c "},
		{"adjacent", "one two one", "one two ", "[one] [two] [one]"},
		{"overlapping phrases", "a b c d", `"a b" "b c"`, "[a b c] d"},
		{"far behind", long + "needle " + long, "needle", "… " + strings.Repeat("word ", 11) + "[needle] " + strings.Repeat("word ", 26) + "word …"},
		{"a match longer than a snippet", strings.Repeat("x", 500), "x", "[" + strings.Repeat("x", 500) + "]"},
	} {
		s, marks := snippet(c.text, parseQuery(c.query))
		for i := len(marks) - 1; i >= 0; i-- {
			s = s[:marks[i].Start] + "[" + s[marks[i].Start:marks[i].End] + "]" + s[marks[i].End:]
		}
		if s != c.want {
			t.Errorf("%s: got\n%q, want\n%q", c.name, s, c.want)
		}
	}
}

func FuzzSnippet(f *testing.F) {
	f.Add("The tide comes twice", "tide tw")
	f.Add(strings.Repeat("日本", 200)+"語", "語")
	f.Add("a\xffb\n\x00 c", `"b c"`)
	f.Fuzz(func(t *testing.T, text, query string) {
		s, marks := snippet(text, parseQuery(query))
		end := 0
		for _, m := range marks {
			if m.Start < end || m.End <= m.Start || m.End > len(s) {
				t.Fatalf("%q in %q: the marks are %v", query, s, marks)
			}
			end = m.End
		}
		if !utf8.ValidString(s) {
			t.Fatalf("%q", s)
		}
	})
}
