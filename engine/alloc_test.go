package engine_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"lamplight/engine"
	"lamplight/engine/sample"
	"lamplight/internal/fixture"
	"lamplight/internal/race"
	"lamplight/tokenizer"
)

// TestAllocations holds that a token costs no memory, whatever the sampler, with prompt lookup and without, and for
// several sessions together. Before it counts, rings are full, the turn that they overwrite is copied, and the
// working memory has grown to what these answers need. Penalties may let it grow a little later, and the runtime makes
// an object of its own now and then, so one stretch of tokens without any is enough: what each costs would be in all.
func TestAllocations(t *testing.T) {
	race.Skip(t) // which makes objects itself
	const warm, stretch, stretches = 900, 100, 5
	path := fixture.GGUF(t, fixture.Options{})
	m := load(t, path, 2)
	a := adapt(t, m, fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 3, Size: 0.1}))
	for name, p := range map[string]sample.Params{
		"greedy":    {},
		"top-k":     {Temperature: 1, TopK: 64, TopP: 0.95},
		"all":       {Temperature: 1, MinP: 0.1},
		"penalties": {Temperature: 0.5, TopK: 20, RepeatPenalty: 1.3, FrequencyPenalty: 0.1, DRY: sample.DRY{Multiplier: 0.8, Window: 200}},
		"rewards":   {Temperature: 0.5, TopK: 20, PresencePenalty: -2},
		"adapted":   {},
	} {
		for _, sessions := range []int{1, 3} {
			for _, lookup := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%d/%t", name, sessions, lookup), func(t *testing.T) {
					var requests []engine.Request
					for i := range sessions {
						// The text repeats itself, but not always, so that drafts of all lengths are right and wrong.
						prompt := text(m, 60+i, i)
						var answer []tokenizer.ID
						for j := 0; len(answer) < warm+stretch*stretches+20; j++ {
							answer = append(append(answer, prompt[1:]...), text(m, 1+j%20, j)[1:]...)
						}
						o := engine.GenerateOptions{Sampling: p, NoLookup: !lookup, Teacher: answer}
						requests = append(requests, engine.Request{Session: session(t, m, 0), Prompt: prompt, Options: o})
						if name == "adapted" {
							if err := requests[i].Session.Adapt(engine.Applied{Adapter: a, Strength: 1}); err != nil {
								t.Fatal(err)
							}
						}
					}
					found := objects(t, m, requests, warm*sessions, stretch*sessions, stretches)
					if slices.Min(found) > 0 {
						t.Errorf("every %d tokens make %v objects", stretch*sessions, found)
					}
				})
			}
		}
	}
}

// objects counts the objects that are made on the heap in every stretch of tokens, after the first warm ones.
func objects(t *testing.T, m *engine.Model, requests []engine.Request, warm, stretch, stretches int) []uint64 {
	t.Helper()
	found := make([]uint64, 0, stretches)
	var before, after runtime.MemStats
	n := 0
	for _, err := range m.GenerateAll(t.Context(), requests...) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n < warm || (n-warm)%stretch != 0 {
			continue
		}
		if runtime.ReadMemStats(&after); n > warm {
			found = append(found, after.Mallocs-before.Mallocs)
		}
		if len(found) == stretches {
			return found
		}
		runtime.ReadMemStats(&before)
	}
	t.Fatalf("the answers ended after %d tokens", n)
	return nil
}
