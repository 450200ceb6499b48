package train

import (
	"math/rand/v2"
	"os"
	"testing"

	"lamplight/kernels"
)

// BenchmarkStep trains the model that LAMPLIGHT_BENCH_MODEL names, or else the fixture: 512 tokens, all of them learnt.
func BenchmarkStep(b *testing.B) {
	for name, o := range map[string]Options{"LoRA": {LoRA: &LoRA{Rank: 8, Alpha: 8}}, "full": {}} {
		b.Run(name, func(b *testing.B) {
			pool := kernels.NewPool(2)
			defer pool.Close()
			path := os.Getenv("LAMPLIGHT_BENCH_MODEL")
			var m *model
			if path == "" {
				m = tiny(b, kernels.Available()[0], kernels.Q4_0, 2)
			} else {
				var err error
				if m, err = newModel(openSource(b, path), kernels.Available()[0], pool); err != nil {
					b.Fatal(err)
				}
			}
			if o.LoRA != nil {
				m.attach(*o.LoRA, 1)
			} else {
				if err := m.unfreeze(b.Context(), false, 1); err != nil {
					b.Fatal(err)
				}
			}
			e := randomExamples(rand.New(rand.NewPCG(1, 1)), m.cfg.Vocab, 513)
			for i := range e[0].Target {
				e[0].Target[i] = i > 0
			}
			list := pack(e, 512)
			s := newState(m, 512, 512<<20)
			n := 0
			for b.Loop() {
				m.clearGrads()
				if _, err := s.step(b.Context(), &list[0], 1.0/512); err != nil {
					b.Fatal(err)
				}
				n++
				m.update(n, 1e-4, 0, 1, m.gradNorm())
			}
			b.ReportMetric(512*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
