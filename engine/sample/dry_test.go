package sample

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lamplight/tokenizer"
)

func TestDRY(t *testing.T) {
	const newline, quote = 8, 9
	breakers := [][]tokenizer.ID{{newline}, {6, 7}}
	for _, tt := range []struct {
		name   string
		p      DRY
		recent []tokenizer.ID
		want   map[tokenizer.ID]float64 // token → penalty
	}{
		{"off", DRY{}, []tokenizer.ID{1, 2, 3, 1, 2}, nil},
		{"as long as allowed", DRY{Multiplier: 1}, []tokenizer.ID{1, 2, 3, 1, 2}, map[tokenizer.ID]float64{3: 1}},
		{"one longer", DRY{Multiplier: 1}, []tokenizer.ID{5, 1, 2, 3, 5, 1, 2}, map[tokenizer.ID]float64{3: 1.75}},
		{"three longer, with another base", DRY{Multiplier: .5, Base: 2, AllowedLength: 1}, []tokenizer.ID{4, 5, 1, 2, 3, 4, 5, 1, 2}, map[tokenizer.ID]float64{3: .5 * 8}},
		{"too short", DRY{Multiplier: 1}, []tokenizer.ID{1, 2, 3, 4, 2}, nil},
		{"nothing repeats", DRY{Multiplier: 1}, []tokenizer.ID{1, 2, 3, 4, 5}, nil},
		{"too little text", DRY{Multiplier: 1}, []tokenizer.ID{1}, nil},
		{"the longest of several", DRY{Multiplier: 1}, []tokenizer.ID{1, 2, 3, 5, 1, 2, 3, 4, 4, 5, 1, 2}, map[tokenizer.ID]float64{3: 1.75}},
		{"two continuations", DRY{Multiplier: 1}, []tokenizer.ID{1, 2, 3, 1, 2, 4, 1, 2}, map[tokenizer.ID]float64{3: 1, 4: 1}},
		{"one token again and again", DRY{Multiplier: 1}, []tokenizer.ID{1, 1, 1, 1}, map[tokenizer.ID]float64{1: 1.75}},

		{"a breaker ends the repetition", DRY{Multiplier: 1, Breakers: breakers}, []tokenizer.ID{1, newline, 2, 3, 1, newline, 2}, nil},
		{"what follows a breaker counts", DRY{Multiplier: 1, Breakers: breakers}, []tokenizer.ID{newline, 1, 2, 3, newline, 1, 2}, map[tokenizer.ID]float64{3: 1}},
		{"without breakers the line counts too", DRY{Multiplier: 1}, []tokenizer.ID{newline, 1, 2, 3, newline, 1, 2}, map[tokenizer.ID]float64{3: 1.75}},
		{"a breaker of two tokens", DRY{Multiplier: 1, Breakers: breakers}, []tokenizer.ID{6, 7, 1, 2, 3, 6, 7, 1, 2}, map[tokenizer.ID]float64{3: 1}},
		{"half of it is none", DRY{Multiplier: 1, Breakers: breakers}, []tokenizer.ID{7, 1, 2, 3, 7, 1, 2}, map[tokenizer.ID]float64{3: 1.75}},
		{"a breaker is not penalized", DRY{Multiplier: 1, Breakers: breakers}, []tokenizer.ID{1, 2, newline, 1, 2}, nil},
		{"but the beginning of a longer one is", DRY{Multiplier: 1, Breakers: breakers}, []tokenizer.ID{1, 2, 6, 1, 2}, map[tokenizer.ID]float64{6: 1}},
		{"an exempt token is not", DRY{Multiplier: 1}, []tokenizer.ID{1, 2, quote, 1, 2}, nil},

		{"a window", DRY{Multiplier: 1, Window: 4}, []tokenizer.ID{1, 2, 3, 1, 2}, nil},
		{"a window that is wide enough", DRY{Multiplier: 1, Window: 5}, []tokenizer.ID{9, 1, 2, 3, 1, 2}, map[tokenizer.ID]float64{3: 1}},
		{"ids outside", DRY{Multiplier: 1}, []tokenizer.ID{1, 2, 99, 1, 2, -1, 1, 2}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			logits := make([]float32, 10)
			s := mustNew(t, Params{Temperature: 1, DRY: tt.p, Exempt: []tokenizer.ID{quote}})
			if _, err := s.distribution(logits, tt.recent); err != nil {
				t.Fatal(err)
			}
			for id, l := range logits {
				if want := -tt.want[tokenizer.ID(id)]; math.Abs(float64(l)-want) > 1e-5 {
					t.Errorf("token %d has %v, want %v", id, l, want)
				}
			}
		})
	}
}

// After the repetition penalty: 4/2 - 1, not (4-1)/2.
func TestDRYAfterPenalties(t *testing.T) {
	logits := []float32{0, 0, 0, 4}
	s := mustNew(t, Params{Temperature: 1, RepeatPenalty: 2, DRY: DRY{Multiplier: 1}})
	if _, err := s.distribution(logits, []tokenizer.ID{1, 2, 3, 1, 2}); err != nil {
		t.Fatal(err)
	}
	if logits[3] != 1 {
		t.Errorf("got %v, want 1", logits[3])
	}
}

// A loop as long as the context takes more than a float can hold from its continuation and leaves the others.
func TestDRYLongLoop(t *testing.T) {
	logits := make([]float32, 4)
	s := mustNew(t, Params{Temperature: 1, DRY: DRY{Multiplier: 100, Base: 100}})
	kept, err := s.distribution(logits, slices.Repeat([]tokenizer.ID{2}, 5000))
	if err != nil {
		t.Fatal(err)
	}
	if logits[2] > -1e30 || len(kept) < 3 || kept[0].id != 0 || math.Abs(kept[0].p-1./3) > 1e-9 {
		t.Errorf("logits %v, kept %v", logits, kept)
	}
}

// TestDRYDefinition holds the linear algorithm against the definition, computed as it reads: for every earlier
// position the common suffix is counted token by token.
func TestDRYDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		alphabet := 2 + r.IntN(4)
		recent := make([]tokenizer.ID, r.IntN(40))
		for i := range recent {
			recent[i] = tokenizer.ID(r.IntN(alphabet))
		}
		p := DRY{Multiplier: 1, Base: 1.5, AllowedLength: 1 + r.IntN(3), Window: r.IntN(30)}
		if r.IntN(2) == 0 {
			p.Breakers = [][]tokenizer.ID{{0}, {1, 1}}
		}

		logits := make([]float32, alphabet)
		if _, err := mustNew(t, Params{Temperature: 1, DRY: p}).distribution(logits, recent); err != nil {
			t.Fatal(err)
		}
		window := recent
		if p.Window > 0 {
			window = recent[max(0, len(recent)-p.Window):]
		}
		longest := byDefinition(window, p.Breakers)
		for id, l := range logits {
			want := 0.0
			if n := longest[tokenizer.ID(id)]; n >= p.AllowedLength && !(p.Breakers != nil && id == 0) {
				want = -math.Pow(1.5, float64(n-p.AllowedLength))
			}
			if math.Abs(float64(l)-want) > 1e-4*math.Abs(want) {
				t.Fatalf("%+v after %v: token %d has %v, want %v", p, recent, id, l, want)
			}
		}
	}
}

// byDefinition returns the longest repetition that each token would continue.
func byDefinition(window []tokenizer.ID, breakers [][]tokenizer.ID) map[tokenizer.ID]int {
	limit := 0 // tokens after the last breaker
	for limit < len(window) && !endsInBreaker(window[:len(window)-limit], breakers) {
		limit++
	}
	longest := map[tokenizer.ID]int{}
	for e := 0; e+1 < len(window); e++ {
		n := 0
		for n <= e && n < limit && window[e-n] == window[len(window)-1-n] {
			n++
		}
		longest[window[e+1]] = max(longest[window[e+1]], n)
	}
	return longest
}

func endsInBreaker(text []tokenizer.ID, breakers [][]tokenizer.ID) bool {
	return slices.ContainsFunc(breakers, func(b []tokenizer.ID) bool {
		return len(text) >= len(b) && slices.Equal(text[len(text)-len(b):], b)
	})
}
