package review

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// show writes changes as [old→new] into the old text.
func show(old string, changes []Change) string {
	var b strings.Builder
	at := 0
	for _, c := range changes {
		fmt.Fprintf(&b, "%s[%s→%s]", old[at:c.Start], old[c.Start:c.End], c.New)
		at = c.End
	}
	return b.String() + old[at:]
}

func TestDiff(t *testing.T) {
	for _, test := range []struct{ name, old, new, want string }{
		{"nothing", "", "", ""},
		{"equal", "The tide comes twice.", "The tide comes twice.", "The tide comes twice."},
		{"all new", "", "Hello.", "[→Hello.]"},
		{"all gone", "Hello.", "", "[Hello.→]"},
		{"spelling", "Teh quick borwn fox.", "The quick brown fox.", "[Teh→The] quick [borwn→brown] fox."},
		{"neighbours are decided on one by one", "I recieve teh mail.", "I receive the mail.", "I [recieve→receive] [teh→the] mail."},
		{"apostrophe", "Its a dog and it dont bark.", "It's a dog and it doesn't bark.", "[Its→It's] a dog and it [dont→doesn't] bark."},
		{"a word more", "a big dog", "a very big dog", "a [→very ]big dog"},
		{"a word less", "a very big dog", "a big dog", "a [very →]big dog"},
		{"a last word", "It rains.", "It rains today.", "It rains[→ today]."},
		{"two words", "alot of rain", "a lot of rain", "[alot→a lot] of rain"},
		{"comma", "However it rained", "However, it rained", "However[→,] it rained"},
		{"space before a comma", "a dog ,it barked", "a dog, it barked", "a dog[ ,→, ]it barked"},
		{"rephrased", "He was very tired.", "Exhaustion overwhelmed him.", "[He was very tired→Exhaustion overwhelmed him]."},
		{"around a small word", "We hereby give you notice of the forthcoming annual meeting.", "Please come to the next yearly get-together.",
			"[We hereby give you notice of the forthcoming annual meeting→Please come to the next yearly get-together]."},
		{"a sentence more", "It rained. We stayed.", "It rained. It was cold. We stayed.", "It rained. [→It was cold. ]We stayed."},
		{"a line more", "one\ntwo\n", "one\nand a half\ntwo\n", "one\n[→and a half\n]two\n"},
		{"paragraphs stay apart", "first\n\nsecond\n", "erster\n\nzweiter\n", "[first→erster]\n\n[second→zweiter]\n"},
		{"line ends", "one\r\ntwo", "one\ntwo", "one[\r\n→\n]two"},
		{"numbers", "It cost 1,234.50 euros.", "It cost 1,234.60 euros.", "It cost [1,234.50→1,234.60] euros."},
		{"case", "i like berlin", "I like Berlin", "[i→I] like [berlin→Berlin]"},
		{"Chinese", "我今天很高兴", "我今天非常高兴", "我今天[很→非常]高兴"},
		{"Japanese", "猫が好きです", "犬が好きです", "[猫→犬]が好きです"},
		{"emoji stay whole", "Good 👩‍👩‍👧 day", "Good 👩‍👩‍👦 day", "Good [👩‍👩‍👧→👩‍👩‍👦] day"},
		{"flags stay whole", "🇩🇪🇫🇷", "🇩🇪🇫🇮", "🇩🇪[🇫🇷→🇫🇮]"},
		{"accents stay whole", "cafe\u0301 noir", "cafe noir", "[cafe\u0301→cafe] noir"},
		{"invalid bytes", "a \xff b", "a \xfe b", "a [\xff→\xfe] b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Diff(test.old, test.new)
			if diff := cmp.Diff(test.want, show(test.old, got)); diff != "" {
				t.Error(diff)
			}
			check(t, test.old, test.new, got)
		})
	}
}

// check fails unless the changes make new of old, lie in order and leave words whole.
func check(t testing.TB, old, new string, changes []Change) {
	t.Helper()
	if got := Apply(old, changes, func(int) bool { return true }); got != new {
		t.Errorf("all changes of %q make %q, want %q", old, got, new)
	}
	if got := Apply(old, changes, func(int) bool { return false }); got != old {
		t.Errorf("no changes of %q make %q", old, got)
	}
	ends := map[int]bool{0: true}
	at := 0
	for _, p := range split(old) {
		at += len(p)
		ends[at] = true
	}
	last := -1
	for _, c := range changes {
		if c.Start <= last || c.End < c.Start || c.End > len(old) || c.Start == c.End && c.New == "" {
			t.Fatalf("changes %v of %d bytes", changes, len(old))
		}
		if !ends[c.Start] || !ends[c.End] {
			t.Errorf("%q is changed from %d to %d, within a word", old, c.Start, c.End)
		}
		last = c.End
	}
}

// What two texts have in common is found even where they are too different to be compared thoroughly.
func TestDiffOfLargeTexts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string { return fmt.Sprintf("w%d", r.IntN(n)) }
	for _, test := range []struct {
		name    string
		changed int // words of a hundred
		kept    int // at least so many words of a hundred are kept
	}{{"few", 3, 95}, {"many", 30, 60}, {"most", 80, 8}, {"all", 100, 0}} {
		t.Run(test.name, func(t *testing.T) {
			var old, new []string
			for range 9000 {
				w := word(3000)
				old = append(old, w)
				if r.IntN(100) < test.changed {
					w = word(3000)
				}
				new = append(new, w)
			}
			a, b := strings.Join(old, " "), strings.Join(new, " ")
			changes := Diff(a, b)
			check(t, a, b, changes)
			gone := 0
			for _, c := range changes {
				gone += len(strings.Fields(a[c.Start:c.End]))
			}
			if kept := 100 - gone*100/len(old); kept < test.kept {
				t.Errorf("%d of a hundred words are kept, want %d at least", kept, test.kept)
			}
		})
	}
}

func FuzzDiff(f *testing.F) {
	f.Add("Teh quick borwn fox.", "The quick brown fox jumps.")
	f.Add("a\r\nb", "b\ra\n")
	f.Add("1,2.3 x'", "1,2 . x’s")
	f.Fuzz(func(t *testing.T, old, new string) {
		changes := Diff(old, new)
		check(t, old, new, changes)
		if old == new && len(changes) > 0 {
			t.Errorf("%q has changes %v", old, changes)
		}
	})
}

// BenchmarkDiff is of documents of 50,000 characters.
func BenchmarkDiff(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var old []string
	for size := 0; size < 50_000; {
		w := strings.Repeat("x", 1+r.IntN(9)) + fmt.Sprint(r.IntN(300))
		old = append(old, w)
		size += len(w) + 1
	}
	for _, percent := range []int{1, 10, 50, 100} {
		new := make([]string, len(old))
		for i, w := range old {
			if new[i] = w; r.IntN(100) < percent {
				new[i] = fmt.Sprintf("n%d", r.IntN(3000))
			}
		}
		x, y := strings.Join(old, " "), strings.Join(new, " ")
		b.Run(fmt.Sprintf("%d%% changed", percent), func(b *testing.B) {
			for b.Loop() {
				Diff(x, y)
			}
		})
	}
}
