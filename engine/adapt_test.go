package engine_test

import (
	"errors"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"lamplight/engine"
	"lamplight/engine/adapter"
	"lamplight/engine/measure"
	"lamplight/engine/sample"
	"lamplight/engine/train"
	"lamplight/internal/fixture"
	"lamplight/internal/golden"
	"lamplight/internal/race"
	"lamplight/kernels"
	"lamplight/tokenizer"
)

func adapt(t testing.TB, m *engine.Model, a *adapter.Adapter) *engine.Adapter {
	t.Helper()
	out, err := m.Adapt(a)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func adapted(t testing.TB, m *engine.Model, list ...engine.Applied) *engine.Session {
	t.Helper()
	return sessionOf(t, m, engine.SessionOptions{Adapters: list})
}

// merged writes the model with the adapters' changes, of which strength scales each.
func merged(t *testing.T, path string, strengths []float32, list ...*adapter.Adapter) string {
	t.Helper()
	for i, a := range list {
		scaled := &adapter.Adapter{Factors: slices.Clone(a.Factors)}
		for j := range scaled.Factors {
			scaled.Factors[j].Scale *= strengths[i]
		}
		out := filepath.Join(t.TempDir(), "merged.gguf")
		if err := train.Merge(t.Context(), path, scaled, out); err != nil {
			t.Fatal(err)
		}
		path = out
	}
	return path
}

// TestAdapterMerged holds that a session with adapters says what the merged model says: with every kind of kernels on
// weights in float32, to their last bits nearly, and on the golden model in half precision and in 4 bits.
func TestAdapterMerged(t *testing.T) {
	race.Skip(t)
	for _, k := range kernels.Available() {
		t.Run(k.Name, func(t *testing.T) {
			t.Setenv("LAMPLIGHT_KERNELS", k.Name)
			path := fixture.GGUF(t, fixture.Options{})
			checkMerged(t, path, 0.15, 300, 1e-7)
		})
	}
	// Merging rounds the sum to half precision; in Q4_0 it makes the changed weights halves.
	dir := golden.Dir(t, "tiny-gemma3")
	checkMerged(t, filepath.Join(dir, "model-f16.gguf"), 0.02, 100, 1e-5)
	checkMerged(t, filepath.Join(dir, "model-Q4_0.gguf"), 0.04, 100, 1e-3)
}

func checkMerged(t *testing.T, path string, size float32, length int, bound float64) {
	t.Helper()
	one := fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 4, Size: size, Seed: 1})
	two := fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 3, Size: size, Seed: 2, Targets: []string{"attn_v", "ffn_up", "ffn_down"}})
	m := load(t, path, 2)
	strengths := []float32{0.75, -1.5}
	ids := text(m, length, 4)
	want := rows(t, session(t, load(t, merged(t, path, strengths, one, two), 2), 0), ids)
	got := rows(t, adapted(t, m, engine.Applied{Adapter: adapt(t, m, one), Strength: strengths[0]}, engine.Applied{Adapter: adapt(t, m, two), Strength: strengths[1]}), ids)
	plain := rows(t, session(t, m, 0), ids)
	var near, far measure.Divergence
	for i := range want {
		near.Add(want[i], got[i])
		far.Add(want[i], plain[i])
	}
	t.Logf("%s: mean KL %.2e to the merged model, without adapters %.2e", filepath.Base(path), near.Mean(), far.Mean())
	if near.Mean() > bound {
		t.Errorf("%s: mean KL %.2e to the merged model, want at most %.1e", path, near.Mean(), bound)
	}
	if far.Mean() < 20*bound {
		t.Errorf("%s: the adapters do too little: %.2e", path, far.Mean())
	}
}

// TestAdapterKernels holds that the C kernels agree with the reference on a model with an adapter.
func TestAdapterKernels(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	a := fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 5, Size: 0.15})
	var want [][]float32
	for _, k := range slices.Backward(kernels.Available()) {
		t.Setenv("LAMPLIGHT_KERNELS", k.Name)
		m := load(t, path, 2)
		got := rows(t, adapted(t, m, engine.Applied{Adapter: adapt(t, m, a), Strength: 1}), text(m, 120, 4))
		if want == nil {
			want = got
		}
		for i := range got {
			for j, v := range got[i] {
				if math.Abs(float64(v-want[i][j])) > 1e-3 {
					t.Fatalf("%s: logit %d of position %d is %v, by the reference %v", k.Name, j, i, v, want[i][j])
				}
			}
		}
	}
}

// TestAdaptersTogether holds that sessions with different adapters that are answered in the same passes say what each
// says alone, and that one without adapters is not touched by those beside it.
func TestAdaptersTogether(t *testing.T) {
	for _, typ := range []kernels.Type{kernels.F32, kernels.Q8_0} {
		path := fixture.GGUF(t, fixture.Options{Type: typ})
		m := load(t, path, 2)
		all := adapt(t, m, fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 4, Size: 0.15}))
		some := adapt(t, m, fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 9, Size: 0.15, Seed: 3, Targets: []string{"attn_q", "ffn_gate"}}))
		sets := [][]engine.Applied{nil, {{all, 1}}, {{some, 1}}, {{all, 0.5}, {some, -1}}, {{some, 0}}}
		var requests []engine.Request
		var want [][]tokenizer.ID
		for i := range 15 {
			o := engine.GenerateOptions{MaxTokens: 12, Sampling: sample.Params{Temperature: 1, TopK: 40, Seed: 5}}
			prompt := text(m, 5+40*i%300, i/len(sets))
			requests = append(requests, engine.Request{Session: adapted(t, m, sets[i%len(sets)]...), Prompt: prompt, Options: o})
			want = append(want, answer(t, adapted(t, m, sets[i%len(sets)]...), prompt, o))
		}
		got := make([][]tokenizer.ID, len(want))
		for step, err := range m.GenerateAll(t.Context(), requests...) {
			if err != nil {
				t.Fatal(err)
			}
			got[step.Request] = append(got[step.Request], step.ID)
		}
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("%s: together, answer %d is %v, alone %v", typ, i, got[i], want[i])
			}
		}
	}
}

// TestAdaptSession holds that a session forgets what it computed with other adapters, keeps what it computed with the
// same, and that prefixes on disk are those of a model with its adapters.
func TestAdaptSession(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	m := load(t, path, 2)
	a := adapt(t, m, fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 4, Size: 0.2}))
	again := adapt(t, m, fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 4, Size: 0.2}))
	prompt, o := text(m, 60, 1), engine.GenerateOptions{MaxTokens: 10}
	plain, changed := answer(t, session(t, m, 0), prompt, o), answer(t, adapted(t, m, engine.Applied{Adapter: a, Strength: 1}), prompt, o)
	if slices.Equal(plain, changed) {
		t.Fatal("the adapter does nothing")
	}
	s := session(t, m, 0)
	for _, step := range []struct {
		strength float32
		keeps    bool
		want     []tokenizer.ID
	}{{0, true, plain}, {1, false, changed}, {1, true, changed}, {0, false, plain}} {
		before := s.Len()
		if err := s.Adapt(engine.Applied{Adapter: a, Strength: step.strength}); err != nil {
			t.Fatal(err)
		}
		if step.keeps && s.Len() != before || !step.keeps && s.Len() != 0 {
			t.Errorf("strength %v: %d of %d positions are left", step.strength, s.Len(), before)
		}
		if got := answer(t, s, prompt, o); !slices.Equal(got, step.want) {
			t.Errorf("strength %v: %v, want %v", step.strength, got, step.want)
		}
	}

	file := filepath.Join(t.TempDir(), "prefix")
	s = adapted(t, m, engine.Applied{Adapter: a, Strength: 1})
	answer(t, s, prompt, o)
	if err := s.SavePrefix(file); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		list []engine.Applied
		want error
	}{{nil, engine.ErrPrefix}, {[]engine.Applied{{a, 0.5}}, engine.ErrPrefix}, {[]engine.Applied{{a, 1}, {a, 1}}, engine.ErrPrefix}, {[]engine.Applied{{again, 1}}, nil}} {
		if err := adapted(t, m, c.list...).LoadPrefix(file); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.list, err, c.want)
		}
	}
}

// TestAdaptRefuses holds that an adapter which does not fit is refused with the name of the tensor, before anything is
// computed with it.
func TestAdaptRefuses(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	m, other := load(t, path, 2), load(t, path, 2)
	good := fixture.Adapter(t, path, fixture.AdapterOptions{Rank: 2, Size: 0.1, Targets: []string{"attn_q"}})
	for name, change := range map[string]func(*adapter.Adapter){
		"another architecture": func(a *adapter.Adapter) { a.Architecture = "llama" },
		"more outputs":         func(a *adapter.Adapter) { a.Factors[1].Out++ },
		"fewer inputs":         func(a *adapter.Adapter) { a.Factors[1].In-- },
		"no such layer":        func(a *adapter.Adapter) { a.Factors[1].Name = "blk.99.attn_q.weight" },
		"a short factor":       func(a *adapter.Adapter) { a.Factors[1].A = a.Factors[1].A[1:] },
		"a rank of 0":          func(a *adapter.Adapter) { a.Factors[1].Rank = 0 },
		"twice":                func(a *adapter.Adapter) { a.Factors[1].Name = a.Factors[0].Name },
		"the embedding": func(a *adapter.Adapter) {
			a.Factors[1] = adapter.Factor{Name: "token_embd.weight", Rank: 1, In: fixture.Hidden, Out: m.Info().Vocabulary, Scale: 1,
				A: make([]float32, fixture.Hidden), B: make([]float32, m.Info().Vocabulary)}
		},
	} {
		a := *good
		a.Factors = slices.Clone(good.Factors)
		change(&a)
		if _, err := m.Adapt(&a); !errors.Is(err, adapter.ErrUnusable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := adapt(t, m, good)
	for name, list := range map[string][]engine.Applied{
		"of another model": {{adapt(t, other, good), 1}},
		"none":             {{nil, 1}},
		"not a number":     {{a, float32(math.NaN())}},
		"far too strong":   {{a, 1e6}},
	} {
		if s, err := m.NewSession(engine.SessionOptions{Adapters: list}); err == nil {
			s.Close()
			t.Errorf("%s: no error", name)
		}
		if err := session(t, m, 0).Adapt(list...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
