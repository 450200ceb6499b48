package stories

import (
	"strings"
	"testing"

	"lamplight/assets/starter"
)

// say adds a text as a model would, word for word, and takes back what is amiss. It returns how often that was.
func say(t *teller, text string) (back int) {
	for _, word := range strings.SplitAfter(text, " ") {
		t.add(1, word)
		if t.takeBack() {
			back++
		}
	}
	return back
}

func TestTakeBack(t *testing.T) {
	c := Choice{starter.Heroes: {"Mira", "a young owl"}, starter.Place: {"a lighthouse"}}
	for _, x := range []struct {
		name, said, left string
		back             int
	}{
		{"nothing amiss", "The Tree\n\nMira and an owl were in the lighthouse. All was quiet.\n\nThey slept. ", "", 0},
		{"a hero is missing", "The Tree\n\nMira was in the lighthouse.\n\n", "The ", 1},
		{"the place is missing", "The Tree\n\nMira and an owl were in a wood.\n\n", "The ", 1},
		{"said twice", "The Tree\n\nMira and an owl were in the lighthouse. It was so cold! It was so cold. So", "The Tree\n\nMira and an owl were in the lighthouse. It was so cold! ", 1},
		{"said in other letters", "T\n\nShe sat. \"Is it you?\" asked Mira. She sat. \"Is it you,\" asked Mira! No", "T\n\nShe sat. \"Is it you?\" asked Mira. She sat. ", 1},
		{"no title", "Mira and an owl sat. They", "They", 1},
		{"round in a circle", "T\n\nShe sat, " + strings.Repeat("and she ate and she slept ", 6), "and she ate and she slept ", 1},
		{"short ones may come again", "T\n\nIt snowed. Mira sang. It snowed. Mira sang. And", "", 0},
	} {
		b := &teller{forStarter: true, choice: c}
		back := say(b, x.said)
		if x.left == "" {
			x.left = x.said
		}
		if back != x.back || b.text != x.left {
			t.Errorf("%s: taken back %d times, %q is left", x.name, back, b.text)
		}
		if len(b.ids) != len(b.mends.ends) || len(b.ids) > 0 && b.mends.ends[len(b.ids)-1] != len(b.text) {
			t.Errorf("%s: %d tokens end at %v of %d bytes", x.name, len(b.ids), b.mends.ends, len(b.text))
		}
	}
}

// What stays amiss is told in the end.
func TestTakeBackEnds(t *testing.T) {
	b := &teller{forStarter: true, choice: Choice{starter.Heroes: {"Mira"}}}
	back := 0
	for range 100 {
		back += say(b, "The Tree\n\nSomebody was there.\n\nAnd so ")
	}
	if !b.mends.opened || back > triesAll || back < triesAt {
		t.Errorf("taken back %d times", back)
	}
	seeds := map[uint64]bool{}
	for i := range triesAll {
		seeds[(&mends{all: i}).seed(7)] = true
	}
	if len(seeds) != triesAll || !seeds[7] {
		t.Errorf("%d seeds for %d tries", len(seeds), triesAll)
	}
}
