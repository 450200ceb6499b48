//go:build e2e

package e2e

import (
	"image"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// startsMeasured is how often the program is started, and idleFor how long it is then left alone, here and below.
const (
	startsMeasured = 5
	idleFor        = time.Minute
)

// TestMeasureStart tells how long it takes from the start of the process to a window that can be written in: to the line
// "window ready" of its log, until its prompt has the keyboard and is drawn, and until all of the window looks as it
// does when nothing changes any more. Before every second start nothing of the program is in the memory of the system,
// where that allows it.
func TestMeasureStart(t *testing.T) {
	measure(t, "start")
	model := filepath.Join(t.TempDir(), "gemma.gguf")
	wordyGemma(t, model)
	p := startBare(t, options{settings: fewWords}, model)
	s, err := openScreen(p.screenFolder)
	must(t, err)
	x, y, err := p.source.position(p.window)
	must(t, err)
	all := image.Rect(x, y, x+1100, y+740)
	prompt := image.Rect(x+p.promptX-100, y+p.promptY-20, x+p.promptX+100, y+p.promptY+20)
	time.Sleep(idleFor / 6)
	allDrawn, promptDrawn := s.copyOf(all, nil), s.copyOf(prompt, nil)
	p.shot("started")
	p.quit()
	for n := range 2 * startsMeasured {
		state := "in memory"
		if n%2 == 1 {
			state = "not in memory"
			if err := os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0); err != nil {
				t.Logf("the system keeps what it has read: %v", err)
				continue
			}
		}
		began := time.Now()
		looks := make(chan time.Duration)
		go func() {
			for _, part := range []struct {
				where image.Rectangle
				drawn []byte
			}{{prompt, promptDrawn}, {all, allDrawn}} {
				for !s.shows(part.where, part.drawn) && time.Since(began) < giveUp*5 {
					time.Sleep(time.Millisecond)
				}
				looks <- time.Since(began)
			}
		}()
		p.launchBare()
		promptAt, allAt := <-looks, <-looks
		t.Logf("%-14s window ready after %4d ms, the prompt drawn after %4d, all after %4d (load %s)", state, p.readyAt(t).Sub(began).Milliseconds(), promptAt.Milliseconds(), allAt.Milliseconds(), load())
		p.quit()
	}
}

var readyLine = regexp.MustCompile(`time=(\S+) level=INFO msg="window ready"`)

// readyAt is when the program said that its window is ready.
func (p *program) readyAt(t *testing.T) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, readyLine.FindStringSubmatch(p.log()[p.began:])[1])
	must(t, err)
	return at
}

// TestMeasureIdle compares what the window needs of a processor while nobody does anything with an empty window of
// Fyne's, in the same run: with nothing that has the keyboard, and with a field that has it.
func TestMeasureIdle(t *testing.T) {
	measure(t, "idle")
	model := filepath.Join(t.TempDir(), "gemma.gguf")
	wordyGemma(t, model)
	p := startBare(t, options{settings: fewWords}, model)
	empty, entry := emptyWindow(t, p), emptyWindow(t, p, "entry")
	time.Sleep(idleFor / 4)
	used := func(pids ...int) (all []time.Duration) {
		before := make([]time.Duration, len(pids))
		for i, pid := range pids {
			before[i] = processorOf(t, pid)
		}
		time.Sleep(idleFor)
		for i, pid := range pids {
			all = append(all, processorOf(t, pid)-before[i])
		}
		return all
	}
	percent := func(d time.Duration) float64 { return 100 * d.Seconds() / idleFor.Seconds() }
	u := used(p.pid(), empty, entry)
	t.Logf("prompt with the keyboard %.2f %% of a processor; an empty window %.2f, one with an entry %.2f (load %s)", percent(u[0]), percent(u[1]), percent(u[2]), load())
	p.key("ctrl+2") // the page Models, on which nothing has the keyboard
	time.Sleep(idleFor / 10)
	u = used(p.pid(), empty, entry)
	t.Logf("without the keyboard     %.2f %% of a processor; an empty window %.2f, one with an entry %.2f (load %s)", percent(u[0]), percent(u[1]), percent(u[2]), load())
	p.quit()
}
