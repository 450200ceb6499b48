package review

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-text/typesetting/segmenter"
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
	last, oldParts, newParts, by := -1, characters(old), characters(new), 0
	for _, c := range changes {
		now := c.Start + by // where it begins in the new text
		if !oldParts[c.Start] || !oldParts[c.End] || !newParts[now] || !newParts[now+len(c.New)] {
			t.Errorf("a character of %q or %q is split by %+v", old, new, c)
		}
		by += len(c.New) - (c.End - c.Start)
		if c.Start <= last || c.End < c.Start || c.End > len(old) || c.Start == c.End && c.New == "" {
			t.Fatalf("changes %v of %d bytes", changes, len(old))
		}
		if !ends[c.Start] || !ends[c.End] {
			t.Errorf("%q is changed from %d to %d, within a word", old, c.Start, c.End)
		}
		last = c.End
	}
}

// characters are the places in a text that are not within what is drawn as one character.
func characters(text string) map[int]bool {
	var s segmenter.Segmenter
	s.InitWithString(text)
	places, at := map[int]bool{0: true}, 0
	for it := s.GraphemeIterator(); it.Next(); {
		for range it.Grapheme().Text {
			_, n := utf8.DecodeRuneInString(text[at:])
			at += n
		}
		places[at] = true
	}
	return places
}

// scripts are words of many scripts, with what is hard to cut.
var scripts = map[string]string{
	"Latin":      "The tide comes twice, don't it? 1,234.50 snake_case e\u0301te\u0301 a\u0308\u0323 ﬁn naïve Ǆ",
	"Cyrillic":   "Прилив приходит дважды, и\u0306 е\u0308ж объём",
	"Greek":      "Η παλίρροια έρχεται ᾳ\u0313 δύο φορές",
	"Arabic":     "يأتي المدّ مرّتَيْنِ ١٢٣٫٤ \u0600١٢ می\u200cخواهم",
	"Hebrew":     "הַגֵּאוּת בָּאָה פַּעֲמַיִם ״כן״",
	"Devanagari": "ज्वार दो बार आता है क्\u200dष क्ष स्त्री हिन्दी",
	"Bengali":    "জোয়ার দুবার আসে ক্ষ র\u200d্য",
	"Tamil":      "அலை இருமுறை வருகிறது க்ஷி",
	"Malayalam":  "വേലിയേറ്റം രണ്ടുതവണ ന്\u200d",
	"Thai":       "น้ำขึ้นวันละสองครั้ง กำ ที่",
	"Lao":        "ນ້ຳຂຶ້ນ ສອງຄັ້ງ",
	"Khmer":      "ជំនោរមកពីរដង ស្ត្រី",
	"Myanmar":    "ဒီရေနှစ်ကြိမ်လာသည်",
	"Tibetan":    "ཆུ་རླབས་ཉིན་རེར་ཐེངས་གཉིས་",
	"Han":        "潮水每天来两次。葛\U000E0100飾 々",
	"Japanese":   "潮は一日に二度満ちる。か\u3099き ｶﾞ カ゚ ーっ",
	"Korean":     "밀물은 하루에 두 번 온다 \u1112\u1161\u11ab\u1100\u1173\u11af",
	"Georgian":   "მოქცევა დღეში ორჯერ",
	"Armenian":   "Մակընթացությունը երկու անգամ",
	"Ethiopic":   "ማዕበል በቀን ሁለት ጊዜ።",
	"emoji":      "👩\u200d👩\u200d👧 🇩🇪🇫🇷🇯 👍🏽 1️⃣ ❤️ 🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F ☺",
	"lines":      "one\r\ntwo\n\n\rthree \t\u00a0\u2028 \u0301 x \u200b\u200d",
	"bytes":      "a \xff\xfe b \xe2\x82 \xf0\x9f c",
}

// Accepting all changes gives the new text and rejecting all the old one, byte for byte, and no character is split, in 10,000 pairs
// of texts, where the second is the first after random edits.
func TestDiffOfRandomEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	names := slices.Sorted(maps.Keys(scripts))
	runes := map[string][]string{} // single characters, or bytes that are none
	for _, name := range names {
		for text := scripts[name]; text != ""; {
			_, n := utf8.DecodeRuneInString(text)
			runes[name] = append(runes[name], text[:n])
			text = text[n:]
		}
	}
	changed, split := 0, 0
	for range 10_000 {
		name := names[r.IntN(len(names))]
		some := func(most int) (list []string) { // a piece of a text, now and then of another script
			all := runes[name]
			if r.IntN(8) == 0 {
				all = runes[names[r.IntN(len(names))]]
			}
			from := r.IntN(len(all))
			return all[from:min(len(all), from+1+r.IntN(most))]
		}
		var old []string
		for range r.IntN(6) {
			old = append(old, some(25)...)
		}
		now := slices.Clone(old)
		for range r.IntN(6) {
			from := r.IntN(len(now) + 1)
			to := min(len(now), from+r.IntN(5))
			switch r.IntN(4) {
			case 0:
				now = slices.Insert(now, from, some(6)...)
			case 1:
				now = slices.Delete(now, from, to)
			case 2:
				now = slices.Replace(now, from, to, some(6)...)
			case 3:
				slices.Reverse(now[from:to])
			}
		}
		a, b := strings.Join(old, ""), strings.Join(now, "")
		changes := Diff(a, b)
		check(t, a, b, changes)
		if changed += len(changes); len(changes) > 0 && len(characters(a)) <= utf8.RuneCountInString(a) {
			split++ // it has characters that could be
		}
	}
	if changed < 10_000 || split < 3_000 {
		t.Errorf("%d changes, and %d pairs with characters that can be split: these are no edits", changed, split)
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

// BenchmarkDiff is of documents of 50,000 characters, also of such in which characters may be drawn together.
func BenchmarkDiff(b *testing.B) {
	for _, letter := range []string{"x", "é"} {
		r := rand.New(rand.NewPCG(1, 2))
		var old []string
		for size := 0; size < 50_000; {
			w := strings.Repeat(letter, 1+r.IntN(9)) + fmt.Sprint(r.IntN(300))
			old = append(old, w)
			size += utf8.RuneCountInString(w) + 1
		}
		for _, percent := range []int{1, 10, 50, 100} {
			benchmarkDiff(b, r, letter, old, percent)
		}
	}
}

// benchmarkDiff compares words with others of which so many of a hundred are changed.
func benchmarkDiff(b *testing.B, r *rand.Rand, letter string, old []string, percent int) {
	new := make([]string, len(old))
	for i, w := range old {
		if new[i] = w; r.IntN(100) < percent {
			new[i] = fmt.Sprintf("n%s%d", letter, r.IntN(3000))
		}
	}
	x, y := strings.Join(old, " "), strings.Join(new, " ")
	b.Run(fmt.Sprintf("%s/%d%% changed", letter, percent), func(b *testing.B) {
		for b.Loop() {
			Diff(x, y)
		}
	})
}
