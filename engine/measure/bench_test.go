package measure

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"lamplight/internal/fixture"
)

func TestRun(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{})
	r, err := Run(t.Context(), path, Options{Prompt: 20, Decode: 5, Threads: 2, Repeat: 2})
	if err != nil {
		t.Fatal(err)
	}
	if r.PromptTokens != 20 || r.DecodeTokens != 5 || r.Threads != 2 || r.Kernels == "" {
		t.Errorf("%+v", r)
	}
	for name, v := range map[string]float64{
		"prefill": r.PrefillTokensPerSecond, "decode": r.DecodeTokensPerSecond, "load": r.LoadSeconds, "first token": r.FirstTokenSeconds,
	} {
		if !(v > 0) {
			t.Errorf("%s is %v", name, v)
		}
	}
	if runtime.GOOS == "linux" && r.PeakRSSBytes < 1<<20 {
		t.Errorf("at most %d bytes in memory", r.PeakRSSBytes)
	}
}

func TestRunFails(t *testing.T) {
	path := fixture.GGUF(t, fixture.Options{ContextLength: 64})
	for name, o := range map[string]Options{
		"no prompt": {Decode: 1, Repeat: 1}, "no answer": {Prompt: 1, Repeat: 1}, "not once": {Prompt: 1, Decode: 1},
		"longer than the context": {Prompt: 60, Decode: 5, Repeat: 1}, "too many threads": {Prompt: 1, Decode: 1, Repeat: 1, Threads: 1000},
	} {
		if r, err := Run(t.Context(), path, o); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, path, Options{Prompt: 1, Decode: 1, Repeat: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		x    []float64
		want float64
	}{{[]float64{7}, 7}, {[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(tt.x); got != tt.want {
			t.Errorf("median of %v is %v, want %v", tt.x, got, tt.want)
		}
	}
}
