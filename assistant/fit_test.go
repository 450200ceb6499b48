package assistant

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lamplight/assistant/attach"
	"lamplight/engine/chat"
	"lamplight/internal/fixture"
	"lamplight/tokenizer"
)

// What Measure says before a question is what Ask does with it: which turns leave, whether it is refused, and to the
// token how much is sent. Conversations are random, with pins, files, system prompts and questions without an answer.
func TestMeasureIsWhatAskDoes(t *testing.T) {
	r, _ := newRunner(t, short(192))
	if _, err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	dropped, refused := 0, 0
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 1))
		c := NewConversation(r, nil)
		if seed%3 > 0 {
			system := strings.Repeat("Answer in verse. ", int(seed))
			if err := c.SetOptions(t.Context(), Options{System: &system}); err != nil {
				t.Fatal(err)
			}
		}
		for range 14 {
			text := strings.TrimSpace(fixture.Text(random.IntN(25) + 1))
			if random.IntN(9) == 0 {
				text = strings.Repeat(text+" and more ", 30)
			}
			var files []attach.File
			if random.IntN(5) == 0 {
				files = append(files, attach.File{Name: "a.txt", Text: fixture.Text(random.IntN(10)) + "\n```\n"})
			}
			before := len(c.Turns())
			said, ok := c.Measure(text, files...)
			if !ok {
				t.Fatal("nothing can be counted")
			}
			ctx, cancel := context.WithCancel(t.Context())
			silent, pieces := random.IntN(6) == 0, 0
			var stats Stats
			var last error
			for p, err := range c.Ask(ctx, text, files...) {
				if last = err; err != nil {
					continue
				}
				stats = p.Stats
				if pieces++; pieces > 25 || silent && p.Stage == Reading {
					cancel()
				}
			}
			cancel()
			if errors.Is(last, ErrTooLong) != said.TooLong || said.TooLong != (said.Over > 0) {
				t.Fatalf("seed %d: the error is %v, the usage was %+v", seed, last, said)
			}
			if said.TooLong {
				refused++
			} else if stats.Prompt != said.Tokens || said.Left != said.Context-said.Tokens {
				t.Errorf("seed %d: %d tokens were sent, the usage was %+v", seed, stats.Prompt, said)
			}
			turns := c.Turns()
			var left []int
			for i, turn := range turns[:before] {
				if turn.Dropped {
					left = append(left, i)
					if turn.Pinned {
						t.Errorf("seed %d: a pinned turn has left", seed)
					}
				}
			}
			if !slices.Equal(left, said.Dropping) {
				t.Fatalf("seed %d: %v have left, the usage was %+v", seed, left, said)
			}
			dropped += len(left)
			if random.IntN(3) == 0 {
				pin(c, 2*random.IntN(len(turns)/2))
			}
		}
		// One that is read again counts the same.
		again := NewConversation(r, nil)
		again.row, again.turns = c.row, slices.Clone(c.turns)
		for i := range again.turns {
			again.turns[i].Dropped = false
		}
		want, _ := c.Measure("and now")
		if got, _ := again.Measure("and now"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("seed %d: %+v, read again %+v", seed, want, got)
		}
	}
	if dropped == 0 || refused == 0 {
		t.Errorf("%d have left, %d were refused", dropped, refused)
	}
}

// pin pins or unpins a question and its answer.
func pin(c *Conversation, turn int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	pinned := !c.turns[turn].Pinned
	c.turns[turn].Pinned, c.turns[turn+1].Pinned = pinned, pinned
}

func TestFit(t *testing.T) {
	pairs := func(n int) (turns []Turn, costs []int) {
		for i := range 2*n + 1 {
			turns, costs = append(turns, Turn{Text: "x", Role: []chat.Role{chat.User, chat.Assistant}[i%2]}), append(costs, 10)
		}
		return turns, costs
	}
	gone := func(v view) (list []int) {
		for i, d := range v.dropped {
			if d {
				list = append(list, i)
			}
		}
		return list
	}
	for name, tt := range map[string]struct {
		pairs   int
		change  func(turns []Turn, costs []int)
		base    int
		context int // of which a quarter is kept
		gone    []int
		tokens  int
		over    int
	}{
		"all fits":       {3, nil, 0, 120, nil, 70, 0},
		"just fits":      {4, nil, 0, 120, nil, 90, 0},
		"half goes":      {5, nil, 0, 120, []int{0, 1, 2, 3, 4, 5}, 50, 0},
		"a long base":    {5, nil, 40, 160, []int{0, 1, 2, 3, 4, 5}, 90, 0},
		"pinned":         {5, func(x []Turn, _ []int) { x[0].Pinned = true }, 0, 120, []int{2, 3, 4, 5, 6, 7}, 50, 0},
		"all pinned":     {5, func(x []Turn, _ []int) { pinAll(x) }, 0, 120, nil, 110, 20},
		"no answer":      {5, func(x []Turn, _ []int) { x[3].Text = "" }, 0, 120, nil, 90, 0},
		"too long":       {2, func(_ []Turn, c []int) { c[4] = 100 }, 0, 120, []int{0, 1, 2, 3}, 100, 10},
		"no answer amid": {6, func(x []Turn, _ []int) { x[3].Text = "" }, 0, 120, []int{0, 1, 2, 3, 4, 5, 6, 7}, 50, 0},
	} {
		turns, costs := pairs(tt.pairs)
		if tt.change != nil {
			tt.change(turns, costs)
		}
		v := fit(turns, costs, tt.base, tt.context)
		if !slices.Equal(gone(v), tt.gone) || v.tokens != tt.tokens || v.over != tt.over {
			t.Errorf("%s: %v, %d tokens, %d over, want %v, %d, %d", name, gone(v), v.tokens, v.over, tt.gone, tt.tokens, tt.over)
		}
	}
}

func pinAll(turns []Turn) {
	for i := range turns {
		turns[i].Pinned = true
	}
}

// A keystroke encodes the draft and nothing else.
func TestCountingRemembers(t *testing.T) {
	r, _ := newRunner(t, short(0))
	if _, err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	v := *r.tok.Load()
	encoder := &watchedTokenizer{Tokenizer: v.tok}
	v.reader = newReader(encoder, v.format, v.model)
	r.tok.Store(&v)
	c := NewConversation(r, nil)
	for range 10 {
		c.turns = append(c.turns, Turn{Role: chat.User, Text: "a long question", Files: []attach.File{{Name: "a", Text: "old file"}}}, Turn{Role: chat.Assistant, Text: "a long answer"})
	}
	file := attach.File{Name: "b", Text: "the new file"}
	first, _ := c.Measure("why", file)
	encoder.seen = nil
	second, _ := c.Measure("why?", file)
	if len(encoder.seen) != 1 || encoder.seen[0] != "why?" || second.Tokens < first.Tokens {
		t.Errorf("a keystroke encoded %q", encoder.seen)
	}
	if len(second.Files) != 1 || second.Files[0] != len(v.tok.Encode(quote(file))) {
		t.Errorf("the file has %v tokens", second.Files)
	}
	c.turns[3].Text += " that goes on"
	encoder.seen = nil
	c.Measure("why?", file)
	if len(encoder.seen) != 2 {
		t.Errorf("an answer that has grown made %q", encoder.seen)
	}
	if c.Measure("why?"); len(c.counter.files) != 0 {
		t.Errorf("files that are no longer there are remembered: %v", c.counter.files)
	}
}

type watchedTokenizer struct {
	tokenizer.Tokenizer
	seen []string
}

func (w *watchedTokenizer) Encode(text string) []tokenizer.ID {
	w.seen = append(w.seen, text)
	return w.Tokenizer.Encode(text)
}

func TestQuote(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"hello", "File: a.txt\n```\nhello\n```\n\n"},
		{"hello\n", "File: a.txt\n```\nhello\n```\n\n"},
		{"", "File: a.txt\n```\n\n```\n\n"},
		{"x ```` y ``` z", "File: a.txt\n`````\nx ```` y ``` z\n`````\n\n"},
	} {
		if got := quote(attach.File{Name: "a.txt", Text: tt.text}); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// Whatever is in a file, it ends where its fence does.
func FuzzQuote(f *testing.F) {
	f.Add("a.txt", "text\n```\nmore", "question")
	f.Fuzz(func(t *testing.T, name, text, question string) {
		file := attach.File{Name: strings.Map(func(r rune) rune {
			if r == '\n' {
				return -1
			}
			return r
		}, name), Text: text}
		q := quote(file)
		_, rest, _ := strings.Cut(q, "\n")
		fence, rest, _ := strings.Cut(rest, "\n")
		if body, end, ok := strings.Cut(rest, fence); !ok || end != "\n\n" || strings.TrimSuffix(body, "\n") != strings.TrimSuffix(text, "\n") {
			t.Errorf("%q is quoted as %q", text, q)
		}
		turn := Turn{Role: chat.User, Text: question, Files: []attach.File{file, file}}
		if got := strings.Join(parts(turn.said(), "", turn), ""); got != turn.said() {
			t.Errorf("the parts of %q are %q", turn.said(), got)
		}
	})
}

// The system prompt is where the layout has it, and what was attached before the question.
func TestPromptOfFilesAndSystem(t *testing.T) {
	r, _ := newRunner(t, short(0))
	if _, err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := NewConversation(r, nil)
	system := "Be brief."
	if err := c.SetOptions(t.Context(), Options{System: &system}); err != nil {
		t.Fatal(err)
	}
	c.turns = []Turn{{Role: chat.User, Text: "What?", Files: []attach.File{{Name: "a.md", Text: "word\n"}}}, {Role: chat.Assistant}}
	ids, err := c.prompt(r.loaded)
	if err != nil {
		t.Fatal(err)
	}
	want := "user\nBe brief.\n\nFile: a.md\n```\nword\n```\n\nWhat?\nmodel\n"
	if got := r.loaded.reader.tok.Decode(ids); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	plain := *r.loaded.reader
	plain.format = chat.Plain
	ids, err = plain.render(system, c.turns[:1])
	if got := plain.tok.Decode(ids); err != nil || got != strings.TrimPrefix(strings.TrimSuffix(want, "\nmodel\n"), "user\n") {
		t.Errorf("plain: %q, %v", got, err)
	}
}

// What has left the view is marked when a conversation is read again, and comes back when it is pinned.
func TestMarksFollow(t *testing.T) {
	r, _ := newRunner(t, short(192))
	v := newVault(t)
	c := NewConversation(r, v)
	for i := range 12 {
		if _, _, err := ask(t, c, fixture.Text(i+5), 6); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	marks := func(c *Conversation) (list []bool) {
		for _, turn := range c.Turns() {
			list = append(list, turn.Dropped)
		}
		return list
	}
	want := marks(c)
	if !want[0] || want[len(want)-1] {
		t.Fatalf("marks %v", want)
	}
	list, err := Conversations(t.Context(), r, v)
	if err == nil {
		err = list[0].Load(t.Context())
	}
	if got := marks(list[0]); err != nil || !slices.Equal(got, want) {
		t.Errorf("read again: %v, %v, want %v", got, err, want)
	}
	if err := c.Pin(t.Context(), 1, true); err != nil || c.Turns()[0].Dropped || c.Turns()[1].Dropped {
		t.Errorf("pinned, and %v: %v", marks(c), err)
	}
	if u, _ := c.Measure(""); slices.Contains(u.Dropping, 0) || slices.Contains(u.Dropping, 1) {
		t.Errorf("pinned, and %+v", u)
	}
}

// A keystroke in a long conversation with a large file.
func BenchmarkMeasure(b *testing.B) {
	r, _ := newRunner(b, short(0))
	if _, err := r.Load(b.Context()); err != nil {
		b.Fatal(err)
	}
	c := NewConversation(r, nil)
	for i := range 200 {
		c.turns = append(c.turns, Turn{Role: chat.User, Text: fixture.Text(i)}, Turn{Role: chat.Assistant, Text: fixture.Text(2 * i)})
	}
	file := attach.File{Name: "a.txt", Text: strings.Repeat(fixture.Text(100)+"\n", 2000)}
	c.Measure("", file)
	for b.Loop() {
		c.Measure("why does the tide come", file)
	}
}

// A conversation that was read again has the same prompt, byte by byte.
func TestSamePromptAfterRestart(t *testing.T) {
	r, _ := newRunner(t, short(256))
	v := newVault(t)
	c := NewConversation(r, v)
	system := "Be brief."
	if err := c.SetOptions(t.Context(), Options{System: &system}); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		ctx, cancel := context.WithCancel(t.Context())
		for p := range c.Ask(ctx, fixture.Text(i+3), attach.File{Name: "a.txt", Text: fixture.Text(i) + "\n"}) {
			if p.Stage == Answering {
				cancel()
			}
		}
		cancel()
	}
	list, err := Conversations(t.Context(), r, again(t, v))
	if err == nil {
		err = list[0].Load(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	next := func(c *Conversation) []tokenizer.ID {
		c.turns = append(c.turns, Turn{Role: chat.User, Text: "And now?"}, Turn{Role: chat.Assistant, State: Writing})
		ids, err := c.prompt(r.loaded)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	want := next(c)
	if got := next(list[0]); !slices.Equal(got, want) || !c.Turns()[0].Dropped {
		t.Errorf("%q\nwas\n%q", r.loaded.reader.tok.Decode(got), r.loaded.reader.tok.Decode(want))
	}
}
