package sample

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lamplight/tokenizer"
)

var (
	inf = float32(math.Inf(1))
	nan = float32(math.NaN())
)

// logs makes logits of probabilities.
func logs(p ...float64) []float32 {
	out := make([]float32, len(p))
	for i, v := range p {
		out[i] = float32(math.Log(v))
	}
	return out
}

func mustNew(t testing.TB, p Params) *Sampler {
	t.Helper()
	s, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDistribution holds every step of the sampler, and their order, against results worked out by hand.
func TestDistribution(t *testing.T) {
	skewed := logs(.1, .5, .1, .3)
	for _, tt := range []struct {
		name   string
		p      Params
		logits []float32
		recent []tokenizer.ID
		ids    []tokenizer.ID
		want   []float64 // probabilities, the likeliest first
	}{
		{"temperature 0 is greedy", Params{}, skewed, nil, []tokenizer.ID{1}, []float64{1}},
		{"of equals the lowest id", Params{}, []float32{1, 3, 3, 3}, nil, []tokenizer.ID{1}, []float64{1}},
		{"temperature 0 overrides the rest", Params{TopK: 3, TopP: .9, MinP: .01}, skewed, nil, []tokenizer.ID{1}, []float64{1}},
		{"temperature 1 leaves the distribution", Params{Temperature: 1}, skewed, nil, []tokenizer.ID{1, 3, 0, 2}, []float64{.5, .3, .1, .1}},
		{"temperature 1/2 squares", Params{Temperature: .5}, logs(.2, .8), nil, []tokenizer.ID{1, 0}, []float64{.64 / .68, .04 / .68}},
		{"temperature 2 takes roots", Params{Temperature: 2}, logs(.2, .8), nil, []tokenizer.ID{1, 0}, []float64{2. / 3, 1. / 3}},
		{"temperature near 0", Params{Temperature: 1e-30}, logs(.2, .8), nil, []tokenizer.ID{1, 0}, []float64{1, 0}},

		{"top-k", Params{Temperature: 1, TopK: 2}, skewed, nil, []tokenizer.ID{1, 3}, []float64{.625, .375}},
		{"top-k cuts between equals", Params{Temperature: 1, TopK: 3}, skewed, nil, []tokenizer.ID{1, 3, 0}, []float64{5. / 9, 3. / 9, 1. / 9}},
		{"top-k of all", Params{Temperature: 1, TopK: 4}, logs(.25, .75), nil, []tokenizer.ID{1, 0}, []float64{.75, .25}},
		{"top-k 1", Params{Temperature: 9, TopK: 1}, skewed, nil, []tokenizer.ID{1}, []float64{1}},

		{"top-p keeps the token that crosses", Params{Temperature: 1, TopP: .6}, skewed, nil, []tokenizer.ID{1, 3}, []float64{.625, .375}},
		{"top-p reached exactly", Params{Temperature: 1, TopP: .5}, []float32{0, 0}, nil, []tokenizer.ID{0}, []float64{1}},
		{"top-p below the first", Params{Temperature: 1, TopP: 1e-9}, skewed, nil, []tokenizer.ID{1}, []float64{1}},
		{"top-p 1 is off", Params{Temperature: 1, TopP: 1}, logs(1e-30, 1), nil, []tokenizer.ID{1, 0}, []float64{1, 1e-30}},

		{"min-p", Params{Temperature: 1, MinP: .5}, skewed, nil, []tokenizer.ID{1, 3}, []float64{.625, .375}},
		{"min-p keeps what reaches it", Params{Temperature: 1, MinP: .5}, []float32{0, float32(math.Log(.5)) + 1e-6}, nil, []tokenizer.ID{0, 1}, []float64{2. / 3, 1. / 3}},
		{"min-p 1 keeps the likeliest", Params{Temperature: 1, MinP: 1}, []float32{4, 5, 5}, nil, []tokenizer.ID{1, 2}, []float64{.5, .5}},

		// .5, .3 of all are .625, .375 of the two that top-k keeps, so the first alone reaches .6.
		{"top-k before top-p", Params{Temperature: 1, TopK: 2, TopP: .6}, skewed, nil, []tokenizer.ID{1}, []float64{1}},
		// At temperature 10 the four are nearly equal and .5 would take two of them.
		{"top-p before temperature", Params{Temperature: 10, TopP: .5}, skewed, nil, []tokenizer.ID{1}, []float64{1}},
		{"min-p before temperature", Params{Temperature: 10, MinP: .9}, skewed, nil, []tokenizer.ID{1}, []float64{1}},
		{"penalties before top-k", Params{Temperature: 1, TopK: 1, PresencePenalty: 1}, skewed, []tokenizer.ID{1}, []tokenizer.ID{3}, []float64{1}},

		{"excluded tokens", Params{Temperature: 1}, []float32{-inf, 0, -inf, 0}, nil, []tokenizer.ID{1, 3}, []float64{.5, .5}},
		{"excluded tokens leave less than k", Params{Temperature: 1, TopK: 3}, []float32{-inf, 0, -inf, 0}, nil, []tokenizer.ID{1, 3}, []float64{.5, .5}},
		{"infinite logits", Params{Temperature: 1}, []float32{inf, 0, inf}, nil, []tokenizer.ID{0, 2, 1}, []float64{.5, .5, 0}},
		{"largest logits", Params{Temperature: 1}, []float32{-math.MaxFloat32, math.MaxFloat32}, nil, []tokenizer.ID{1, 0}, []float64{1, 0}},
		{"zeros of either sign are equal", Params{Temperature: 1}, []float32{float32(math.Copysign(0, -1)), 0, -1}, nil, []tokenizer.ID{0, 1, 2}, []float64{.4223188, .4223188, .1553624}},
		{"one token", Params{Temperature: 1, TopK: 64, TopP: .95, MinP: .05}, []float32{-7}, nil, []tokenizer.ID{0}, []float64{1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept, err := mustNew(t, tt.p).distribution(slices.Clone(tt.logits), tt.recent)
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(kept); !slices.Equal(got, tt.ids) {
				t.Fatalf("kept %v, want %v", got, tt.ids)
			}
			for i, c := range kept {
				if math.Abs(c.p-tt.want[i]) > 1e-6 {
					t.Errorf("token %d has probability %v, want %v", c.id, c.p, tt.want[i])
				}
			}
		})
	}
}

func ids(kept []candidate) (out []tokenizer.ID) {
	for _, c := range kept {
		out = append(out, c.id)
	}
	return out
}

// TestPenalties holds the logits after the penalties against their formulas.
func TestPenalties(t *testing.T) {
	logits := []float32{4, -4, 2, 0.5, -inf}
	for _, tt := range []struct {
		name   string
		p      Params
		recent []tokenizer.ID
		want   []float32
	}{
		{"repetition divides and multiplies, once", Params{RepeatPenalty: 2}, []tokenizer.ID{0, 1, 1, 0, 0, 3, 4}, []float32{2, -8, 2, 0.25, -inf}},
		{"a repetition penalty below 1 favours", Params{RepeatPenalty: .5}, []tokenizer.ID{0, 1}, []float32{8, -2, 2, 0.5, -inf}},
		{"1 is off", Params{RepeatPenalty: 1}, []tokenizer.ID{0, 1}, []float32{4, -4, 2, 0.5, -inf}},
		{"frequency counts", Params{FrequencyPenalty: .5}, []tokenizer.ID{0, 1, 0, 0}, []float32{2.5, -4.5, 2, 0.5, -inf}},
		{"presence does not", Params{PresencePenalty: .5}, []tokenizer.ID{0, 1, 0, 0}, []float32{3.5, -4.5, 2, 0.5, -inf}},
		{"negative ones favour", Params{FrequencyPenalty: -1, PresencePenalty: -1}, []tokenizer.ID{2, 2}, []float32{4, -4, 5, 0.5, -inf}},
		{"all together", Params{RepeatPenalty: 2, FrequencyPenalty: 1, PresencePenalty: .25}, []tokenizer.ID{0, 0}, []float32{-.25, -4, 2, 0.5, -inf}},
		{"a window", Params{PresencePenalty: 1, RepeatLastN: 2}, []tokenizer.ID{0, 1, 2}, []float32{4, -5, 1, 0.5, -inf}},
		{"64 tokens unless told otherwise", Params{PresencePenalty: 1}, slices.Concat([]tokenizer.ID{0, 1}, slices.Repeat([]tokenizer.ID{2}, 63)), []float32{4, -5, 1, 0.5, -inf}},
		{"-1 is everything", Params{PresencePenalty: 1, RepeatLastN: -1}, append([]tokenizer.ID{0}, slices.Repeat([]tokenizer.ID{2}, 99)...), []float32{3, -4, 1, 0.5, -inf}},
		{"exempt", Params{RepeatPenalty: 2, FrequencyPenalty: 1, PresencePenalty: 1, Exempt: []tokenizer.ID{1, 2}}, []tokenizer.ID{0, 1, 2}, []float32{0, -4, 2, 0.5, -inf}},
		{"ids outside", Params{PresencePenalty: 1}, []tokenizer.ID{-1, 99, 0}, []float32{3, -4, 2, 0.5, -inf}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.p.Temperature = 1
			got := slices.Clone(logits)
			if _, err := mustNew(t, tt.p).distribution(got, tt.recent); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBrokenLogits(t *testing.T) {
	for name, logits := range map[string][]float32{
		"NaN":               {0, nan, 1},
		"NaN behind":        append(make([]float32, 500), nan),
		"negative NaN":      {0, -nan},
		"all excluded":      {-inf, -inf},
		"none":              {},
		"NaN from excluded": {nan, -inf, -inf},
	} {
		for _, p := range []Params{{}, {Temperature: 1}, Defaults("gemma3"), {Temperature: 1, RepeatPenalty: 1.1, DRY: DRY{Multiplier: 1}}} {
			if id, err := mustNew(t, p).Next(slices.Clone(logits), []tokenizer.ID{0, 0, 0, 0}); !errors.Is(err, ErrNaN) {
				t.Errorf("%s: token %d, error %v", name, id, err)
			}
		}
	}
}

// TestKeepTop holds the selection against a plain sort, on logits with many ties.
func TestKeepTop(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		logits := make([]float32, 1+r.IntN(400))
		var all []candidate
		for i := range logits {
			logits[i] = float32(r.IntN(1 + r.IntN(200)))
			all = append(all, candidate{id: tokenizer.ID(i), logit: logits[i]})
		}
		slices.SortStableFunc(all, func(a, b candidate) int { return int(b.logit - a.logit) })
		k := r.IntN(len(logits) + 2)
		s := mustNew(t, Params{TopK: k})
		if err := s.keepTop(logits, k); err != nil {
			t.Fatal(err)
		}
		if k > 0 && k < len(all) {
			all = all[:k]
		}
		if !slices.Equal(s.kept, all) {
			t.Fatalf("the %d likeliest of %v: got %v, want %v", k, logits, ids(s.kept), ids(all))
		}
	}
}

// TestFrequencies draws from a known distribution with a fixed seed. χ² with 4 degrees of freedom is below
// 23.5 in all but one of 10,000 tries, and the same in every run.
func TestFrequencies(t *testing.T) {
	p := []float64{.4, .05, .3, .15, .1}
	for seed := range uint64(5) {
		s := mustNew(t, Params{Temperature: 1, Seed: seed})
		const draws = 50_000
		var seen [5]int
		for range draws {
			id, err := s.Next(logs(p...), nil)
			if err != nil {
				t.Fatal(err)
			}
			seen[id]++
		}
		chi := 0.0
		for i, n := range seen {
			want := draws * p[i]
			chi += (float64(n) - want) * (float64(n) - want) / want
		}
		if chi > 23.5 {
			t.Errorf("seed %d: %v of %d draws, χ² = %.1f", seed, seen, draws, chi)
		}
	}
}

// TestSeed holds that parameters, seed and logits decide which tokens are drawn, and nothing else does.
func TestSeed(t *testing.T) {
	draw := func(seed uint64) (out []tokenizer.ID) {
		p := Defaults("gemma3")
		p.Seed, p.RepeatPenalty, p.DRY.Multiplier = seed, 1.1, .8
		s := mustNew(t, p)
		r := rand.New(rand.NewPCG(3, 4))
		for range 100 {
			logits := make([]float32, 1000)
			for i := range logits {
				logits[i] = float32(2 * r.NormFloat64())
			}
			id, err := s.Next(logits, out)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, id)
		}
		return out
	}
	first := draw(7)
	for range 3 {
		if again := draw(7); !slices.Equal(first, again) {
			t.Fatalf("the same seed drew %v and %v", first, again)
		}
	}
	for _, seed := range []uint64{0, 8, math.MaxUint64} {
		if slices.Equal(first, draw(seed)) {
			t.Errorf("seeds 7 and %d drew the same", seed)
		}
	}
}

func TestDefaults(t *testing.T) {
	for architecture, want := range map[string]string{
		"gemma3":  "temperature 1, top-k 64, top-p 0.95, min-p 0, repetition off",
		"gemma3n": "temperature 1, top-k 64, top-p 0.95, min-p 0, repetition off",
		"qwen2":   "temperature 0.7, top-k 20, top-p 0.8, min-p 0, repetition 1.1",
		"llama":   "temperature 0.6, top-k 0, top-p 0.9, min-p 0, repetition off",
		"other":   "temperature 0.8, top-k 40, top-p 0.95, min-p 0.05, repetition off",
	} {
		p := Defaults(architecture)
		repetition := "off"
		if p.RepeatPenalty != 0 && p.RepeatPenalty != 1 {
			repetition = fmt.Sprint(p.RepeatPenalty)
		}
		got := fmt.Sprintf("temperature %v, top-k %d, top-p %v, min-p %v, repetition %s", p.Temperature, p.TopK, p.TopP, p.MinP, repetition)
		if got != want {
			t.Errorf("%s: %s, want %s", architecture, got, want)
		}
		if _, err := New(p); err != nil {
			t.Error(err)
		}
		if p.DRY.Multiplier != 0 || p.FrequencyPenalty != 0 || p.PresencePenalty != 0 {
			t.Errorf("%s: %+v has penalties", architecture, p)
		}
	}
}

func TestParamsOutOfRange(t *testing.T) {
	for name, values := range map[string][]Params{
		"temperature":        {{Temperature: -.1}, {Temperature: 101}, {Temperature: nan}, {Temperature: inf}},
		"top-k":              {{TopK: -1}},
		"top-p":              {{TopP: -.1}, {TopP: 1.1}, {TopP: nan}},
		"min-p":              {{MinP: -.1}, {MinP: 1.1}, {MinP: nan}},
		"repetition penalty": {{RepeatPenalty: -1}, {RepeatPenalty: 101}, {RepeatPenalty: nan}},
		"penalty window":     {{RepeatLastN: -2}},
		"frequency penalty":  {{FrequencyPenalty: -101}, {FrequencyPenalty: inf}, {FrequencyPenalty: nan}},
		"presence penalty":   {{PresencePenalty: 101}, {PresencePenalty: -inf}, {PresencePenalty: nan}},
		"DRY multiplier":     {{DRY: DRY{Multiplier: -1}}, {DRY: DRY{Multiplier: nan}}},
		"DRY base":           {{DRY: DRY{Base: -1}}, {DRY: DRY{Base: inf}}},
		"DRY allowed length": {{DRY: DRY{AllowedLength: -1}}},
		"DRY window":         {{DRY: DRY{Window: -1}}},
	} {
		for _, p := range values {
			if _, err := New(p); err == nil || !strings.Contains(err.Error(), name+" ") {
				t.Errorf("%+v: error %v does not name the %s", p, err, name)
			}
		}
	}
	for _, p := range []Params{{}, {Temperature: 100, TopP: 1, MinP: 1, TopK: math.MaxInt, RepeatPenalty: 100, RepeatLastN: -1}} {
		if _, err := New(p); err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	logits := make([]float32, 262144)
	for i := range logits {
		logits[i] = float32(3 * r.NormFloat64())
	}
	for name, p := range map[string]Params{"greedy": {}, "gemma": Defaults("gemma3"), "all": {Temperature: 1}, "top-p": {Temperature: .6, TopP: .9}} {
		b.Run(name, func(b *testing.B) {
			s := mustNew(b, p)
			for b.Loop() {
				if _, err := s.Next(logits, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
