//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// soaked names in the environment how long TestMeasureSoak lasts; without it that is an hour.
const soaked = "LAMPLIGHT_SOAK"

// sampleEvery is how often the soak looks at the memory, and warm how long it lets the program fill its caches before
// that counts.
const (
	sampleEvery = 10 * time.Second
	warm        = 10 * time.Minute
)

// TestMeasureSoak has answers of 4,096 tokens written one after the other, each in a conversation of its own, and tells
// whether the memory grows.
func TestMeasureSoak(t *testing.T) {
	measure(t, "soak")
	lasts := time.Hour
	if s := os.Getenv(soaked); s != "" {
		var err error
		lasts, err = time.ParseDuration(s)
		must(t, err)
	}
	model := filepath.Join(t.TempDir(), "gemma.gguf")
	wordyGemma(t, model)
	p := startBare(t, options{settings: fewWords}, model)
	pid := p.pid()
	began := time.Now()
	var at, resident, proportional []float64 // minutes; MB
	sample := func() {
		rss, pss := memoryOf(t, pid, "status", "VmRSS"), memoryOf(t, pid, "smaps_rollup", "Pss")
		at, resident, proportional = append(at, time.Since(began).Minutes()), append(resident, float64(rss)/1e6), append(proportional, float64(pss)/1e6)
		n := len(at) - 1
		t.Logf("%6.2f min: %.1f MB resident, %.1f proportional", at[n], resident[n], proportional[n])
	}
	answers, next := 0, began
	for time.Since(began) < lasts {
		p.say("Tell me a long story.")
		p.untilEnd(func() {
			if time.Now().After(next) {
				sample()
				next = next.Add(sampleEvery)
			}
		})
		answers++
		p.key("ctrl+n")
	}
	sample()
	from := 0
	for from < len(at)-2 && at[from] < min(warm, lasts/2).Minutes() {
		from++
	}
	t.Logf("%d answers in %v, load %s; from minute %.0f on the memory grows by %.2f MB an hour (proportional %.2f), from %.1f to %.1f MB",
		answers, time.Since(began).Round(time.Second), load(), at[from], 60*slope(at[from:], resident[from:]), 60*slope(at[from:], proportional[from:]),
		resident[from], resident[len(resident)-1])
	p.quit()
}

// untilEnd waits for the end of an answer, however long it takes, and does something again and again.
func (p *program) untilEnd(f func()) {
	p.t.Helper()
	for !p.came(`msg="answer ended"`) {
		if p.hasEnded() {
			p.t.Fatal("the program ended: ", p.err)
		}
		f()
		time.Sleep(sampleEvery / 20)
	}
	p.await(`msg="answer ended"`)
}

// TestMeasureMemory compares the memory of the program with that of an empty window of Fyne's in the same run: without
// a model, and with one of the size of Gemma 3 270M whose context of 4,096 tokens is full.
func TestMeasureMemory(t *testing.T) {
	measure(t, "memory")
	model := filepath.Join(t.TempDir(), "gemma.gguf")
	wordyGemma(t, model)
	p := startBare(t, options{settings: fewWords}, model)
	of := func(pid int) (rss, pss float64) {
		return float64(memoryOf(t, pid, "status", "VmRSS")) / 1e6, float64(memoryOf(t, pid, "smaps_rollup", "Pss")) / 1e6
	}
	empty := emptyWindow(t, p)
	emptyRSS, emptyPSS := of(empty)
	say := func(what string) {
		rss, pss := of(p.pid())
		t.Logf("%-40s %6.1f MB resident, %6.1f more than an empty window; %6.1f proportional, %6.1f more", what, rss, rss-emptyRSS, pss, pss-emptyPSS)
	}
	t.Logf("%-40s %6.1f MB resident, %6.1f proportional", "an empty window", emptyRSS, emptyPSS)
	say("the program, a model chosen")
	for n := range 3 {
		p.say("Tell me a long story.")
		p.untilEnd(func() {})
		say([]string{"an answer that fills the context", "another one", "a third one"}[n])
		p.key("ctrl+n")
	}
	time.Sleep(warm / 5)
	say("when nothing was done for two minutes")
	p.quit()
}
