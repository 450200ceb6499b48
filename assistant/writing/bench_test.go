package writing

import (
	"os"
	"strings"
	"testing"

	"lamplight/assets"
	"lamplight/engine"
	"lamplight/engine/sample"
)

// BenchmarkProofread corrects 1,000 words with 20 mistakes, with the model at LAMPLIGHT_BENCH_MODEL. So that its weights do not matter
// it is made to say the right text, at the cost of saying it by itself: with prompt lookup, which guesses it from the wrong
// one, and without; its passages together, as they are in the program, and one after the other.
func BenchmarkProofread(b *testing.B) {
	path := os.Getenv("LAMPLIGHT_BENCH_MODEL")
	if path == "" {
		b.Skip("LAMPLIGHT_BENCH_MODEL is not set")
	}
	m, err := engine.Load(b.Context(), path, engine.LoadOptions{Cache: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	right, wrong := thousandWords(b)
	proofread := builtIn(b)[0]
	goal := passages(right, Part{0, len(right)})
	for _, way := range []struct {
		name   string
		plain  bool
		atOnce int // passages
	}{{"together/lookup", false, together}, {"together/plain", true, together}, {"alone/lookup", false, 1}, {"alone/plain", true, 1}} {
		b.Run(way.name, func(b *testing.B) {
			for b.Loop() {
				proofreadAs(b, m, proofread, wrong, goal, way.plain, way.atOnce)
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/1000words")
		})
	}
}

// proofreadAs lets the model answer with the passages of the right text.
func proofreadAs(b *testing.B, m *engine.Model, a Action, wrong string, goal []Passage, plain bool, atOnce int) {
	d := desk{m: m}
	defer d.close()
	rest := passages(wrong, Part{0, len(wrong)})
	if len(rest) != len(goal) {
		b.Fatalf("%d passages, right are %d", len(rest), len(goal))
	}
	for at := 0; len(rest) > 0; {
		asked, err := d.ask(a, "", rest[:min(atOnce, len(rest))])
		if err != nil {
			b.Fatal(err)
		}
		requests := make([]engine.Request, len(asked))
		for i, q := range asked {
			requests[i] = engine.Request{Session: d.open[i], Prompt: q.prompt, Options: engine.GenerateOptions{
				Sampling: sample.Params{}, NoLookup: plain, Teacher: m.Tokenizer().Encode(goal[at+i].Text)}}
		}
		for _, err := range m.GenerateAll(b.Context(), requests...) {
			if err != nil {
				b.Fatal(err)
			}
		}
		at += len(asked)
		rest = rest[len(asked):]
	}
}

// thousandWords returns a text of about 1,000 words, and the same with 20 mistakes.
func thousandWords(b *testing.B) (right, wrong string) {
	var paragraphs []string
	words := 0
	for _, p := range strings.Split(assets.ReceiptText(), "\n") {
		if n := Count(p).Words; n > 20 {
			paragraphs = append(paragraphs, p)
			if words += n; words >= 1000 {
				break
			}
		}
	}
	right = strings.Join(paragraphs, "\n\n")
	all := strings.Split(right, " ")
	spoilt := 0
	for i := 0; i < len(all) && spoilt < 20; i += len(all) / 25 {
		for i < len(all) && len(all[i]) < 5 {
			i++
		}
		if i < len(all) {
			all[i] = all[i][:2] + all[i][3:] // a letter is missing
			spoilt++
		}
	}
	if spoilt != 20 {
		b.Fatalf("%d mistakes", spoilt)
	}
	return right, strings.Join(all, " ")
}
