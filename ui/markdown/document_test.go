package markdown

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// markup are fragments with everything that the tests against goldmark leave out.
var markup = append([]string{
	"\t", "\r\n", "**", "*", "_", "`", "``", "~~", "[link](http://a.b/c?d=e \"title\")", "![alt](x.png)", "[", "](", ")", "<https://x.y>", "<think>",
	"vector<int>", "std::map<std::string, int>", "www.example.org", "\\", "é", "日本語のテキスト", "🙂", "- ", "-- | --\n", strings.Repeat("long ", 500),
	strings.Repeat("unbroken", 400), strings.Repeat(">", 40), strings.Repeat("- ", 40), strings.Repeat("| cell ", 10) + "|\n",
}, fragments...)

func randomMarkup(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(40) {
		b.WriteString(markup[r.IntN(len(markup))])
	}
	return b.String()
}

// inPieces appends text in the pieces that next says the lengths of, and checks on the way that closed blocks stay as they are.
func inPieces(t *testing.T, text string, next func() int) *Document {
	t.Helper()
	var d Document
	var closed []Block
	for rest := text; rest != ""; {
		n := min(len(rest), max(1, next()))
		first := d.Append(rest[:n])
		rest = rest[n:]
		if first != len(closed) {
			t.Fatalf("%q: block %d may have changed, but %d are closed", text, first, len(closed))
		}
		closed = append(closed, d.Blocks()[len(closed):d.Closed()]...)
	}
	if diff := cmp.Diff(closed, d.Blocks()[:d.Closed()], cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%q: closed blocks have changed (-then +now):\n%s", text, diff)
	}
	return &d
}

func checkText(t *testing.T, text string, next func() int) {
	t.Helper()
	var once Document
	once.Append(text)
	pieces := inPieces(t, text, next)
	if diff := cmp.Diff(once.Blocks(), pieces.Blocks(), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%q: differs when appended in pieces (-at once +in pieces):\n%s", text, diff)
	}
	if pieces.Source() != text {
		t.Fatalf("%q: source is %q", text, pieces.Source())
	}
	if missing := lost(text, everything(once.Blocks())); missing != "" {
		t.Fatalf("lost %q of %q", missing, text)
	}
	for _, b := range once.Blocks() {
		if len(b.In) > maxDepth || len(b.Rows) > maxRows || len(plain(b.Spans)) > 2*maxText {
			t.Fatalf("%q: block beyond the limits: %+v", text, b)
		}
	}
}

// everything returns all text of blocks, with what they carry as data, in the order of the source.
func everything(blocks []Block) string {
	var b strings.Builder
	spans := func(spans []Span) {
		for _, s := range spans {
			b.WriteString(s.Text + " " + s.Link + " " + s.Title + " ")
		}
	}
	for _, block := range blocks {
		for _, c := range block.In {
			if c.Task == Done {
				b.WriteString("x X ")
			}
		}
		spans(block.Spans)
		b.WriteString(block.Language + "\n" + strings.Join(block.Lines, "") + "\n")
		for _, row := range append([][][]Span{block.Header}, block.Rows...) {
			for _, cell := range row {
				spans(cell)
			}
		}
	}
	return b.String()
}

// lost returns the first word, and what follows it, of which the letters do not appear in shown in their order. References of
// HTML are made of letters that are markup; texts with them are not checked.
func lost(text, shown string) string {
	if strings.Contains(text, "&") {
		return ""
	}
	rest := []rune(shown)
	for i, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		at := slices.Index(rest, r)
		if at < 0 {
			return text[i:min(len(text), i+40)]
		}
		rest = rest[at+1:]
	}
	return ""
}

func TestAnyChunkingGivesTheSameBlocks(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		text := randomMarkup(r)
		size := 1 + r.IntN(60)
		checkText(t, text, func() int { return 1 + r.IntN(size) })
	}
}

func FuzzAppend(f *testing.F) {
	f.Add("# a\n\n- [x] b `c`\n  > d\n\n```go\nfunc()\n```\n| a | b |\n|---|---|\n| c |\n", uint64(1))
	f.Add("a\n---\n1. b\n\n   c\n2. d\n\n\tcode\n***", uint64(2))
	f.Add("<think>x</think> vector<int> [a](b \"c\") ![d](e) &amp; \\* www.a.bc", uint64(3))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		checkText(t, text, func() int { return 1 + r.IntN(16) })
	})
}

// TestCostOfAppendDoesNotGrow counts the memory that appending one token takes, early and late in documents that never end
// their last block.
func TestCostOfAppendDoesNotGrow(t *testing.T) {
	shapes := map[string]struct{ begin, token string }{
		"paragraph of one line":   {"", "word "},
		"paragraph of lines":      {"", "word\n"},
		"no spaces":               {"", "word"},
		"paragraphs":              {"", "some words\n\n"},
		"code":                    {"```go\n", "x := 1\n"},
		"code of one line":        {"```go\n", "x := 1; "},
		"indented code":           {"", "    x := 1\n"},
		"list":                    {"", "- item\n"},
		"item of one line":        {"- ", "word "},
		"item of paragraphs":      {"- item\n", "\n  word\n"},
		"nested lists":            {strings.Repeat("- ", 1000), "word "},
		"nested quotes":           {strings.Repeat(">", 1000), "word "},
		"quote of paragraphs":     {"", "> word\n>\n"},
		"table":                   {"| a | b |\n|---|---|\n", "| c | d |\n"},
		"row that never ends":     {"| a | b |\n|---|---|\n", "| c "},
		"heading that never ends": {"# ", "word "},
		"open brackets":           {"", "["},
		"open emphasis":           {"", "*a "},
		"open quotes":             {"", ">"},
		"backticks":               {"", "` "},
		"spaces":                  {"", "    "},
		"empty lines":             {"", "\n"},
	}
	for name, s := range shapes {
		t.Run(name, func(t *testing.T) {
			var d Document
			d.Append(s.begin)
			early := appendCost(&d, s.token, 10_000)
			appendCost(&d, s.token, 60_000)
			late := appendCost(&d, s.token, 10_000)
			t.Logf("%d bytes allocated per token early, %d late", early, late)
			if late > 2*early+1000 {
				t.Errorf("a token takes %d bytes early and %d late", early, late)
			}
		})
	}
}

// appendCost appends tokens until the given number of bytes has been appended and returns the bytes allocated in the typical
// append of one.
func appendCost(d *Document, token string, bytes int) uint64 {
	var costs []uint64
	var before, after runtime.MemStats
	between := strings.Repeat(token, 1+64/len(token)) // at once, because parsing a long line of brackets is slow
	for n := 0; n < bytes; n += len(token) + len(between) {
		runtime.ReadMemStats(&before)
		d.Append(token)
		runtime.ReadMemStats(&after)
		costs = append(costs, after.TotalAlloc-before.TotalAlloc)
		d.Append(between)
	}
	slices.Sort(costs)
	return costs[len(costs)/2]
}
