package engine

import (
	"context"
	"errors"
	"testing"

	"lamplight/engine/source"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

// What Need says of the KV cache is to the byte what a session allocates.
func TestNeedOfCache(t *testing.T) {
	for _, o := range []SessionOptions{{}, {ContextLength: 64}, {ContextLength: 2048}, {ContextLength: 1000, CacheType: kernels.Q8_0}} {
		path := fixture.GGUF(t, fixture.Options{Type: kernels.Q8_0})
		need, err := Need(path, LoadOptions{}, o)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Load(context.Background(), path, LoadOptions{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.NewSession(o)
		if err != nil {
			t.Fatal(err)
		}
		var want int64
		for _, l := range s.cache.layers {
			for i := range l.heads {
				want += int64(l.heads[i].Bytes())
			}
		}
		if need.Cache != want {
			t.Errorf("%+v: %d, allocated %d", o, need.Cache, want)
		}
		s.Close()
		m.Close()
	}
}

// A context that is longer needs more; every type of weights has an answer, and what cannot be loaded its error.
func TestNeedOrders(t *testing.T) {
	for _, k := range kernels.Available() {
		t.Setenv("LAMPLIGHT_KERNELS", k.Name)
		for _, typ := range []kernels.Type{kernels.F32, kernels.F16, kernels.BF16, kernels.Q8_0, kernels.Q4_0, kernels.Q5_1} {
			path := fixture.GGUF(t, fixture.Options{Type: typ})
			src, err := source.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			weights := src.Facts().Parameters * int64(typ.BlockBytes()) / int64(typ.BlockSize())
			src.Close()
			short, err1 := Need(path, LoadOptions{}, SessionOptions{ContextLength: 64})
			long, err2 := Need(path, LoadOptions{}, SessionOptions{ContextLength: 2048})
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			if short.Total() >= long.Total() || short.Weights != long.Weights || short.Weights < weights*9/10 || short.Weights > 3*weights {
				t.Errorf("%s, %s of %d bytes: %+v, then %+v", k.Name, typ, weights, short, long)
			}
		}
	}
	m := fixture.New(fixture.Options{})
	m.Drop("blk.3.ffn_up.weight")
	path := t.TempDir() + "/part.gguf"
	if err := m.WriteGGUF(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Need(path, LoadOptions{}, SessionOptions{}); !errors.Is(err, source.ErrMissingTensor) {
		t.Errorf("got %v", err)
	}
	if _, err := Need(fixture.GGUF(t, fixture.Options{}), LoadOptions{}, SessionOptions{CacheType: kernels.Q4_0}); err == nil {
		t.Error("a cache of a type that there is not was accepted")
	}
}
