//go:build e2e

package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lamplight/engine/gguf"
	"lamplight/internal/fixture"
	"lamplight/kernels"
)

// measured names in the environment the measurements that are made, by the first word of their names, or all: "all".
// They print figures, assert nothing about durations, and take their time; docs/PERFORMANCE.md says how to read them.
const measured = "LAMPLIGHT_MEASURE"

// measure skips a measurement that nobody has asked for.
func measure(t *testing.T, name string) {
	t.Helper()
	if chosen := os.Getenv(measured); chosen != "all" && !slices.Contains(strings.Split(chosen, ","), name) {
		t.Skipf("%s does not name %q", measured, name)
	}
}

// startBare starts a program that is left alone while it is measured. If there is a model it is added first, by a
// start that is not measured.
func startBare(t *testing.T, o options, model string) *program {
	t.Helper()
	if model == "" {
		o.bare = true
		p := prepare(t, o)
		p.launchBare()
		return p
	}
	p := start(t, o)
	p.drop(model)
	p.await(`msg="import done" id=\S+ existed=false`)
	p.click("notice-action", p.gone("notice")) // Chat with it
	p.ask("Are you there?")
	p.until("some words", func() bool { return p.look().written > 20 })
	began, before := time.Now(), p.look().written
	p.until("more words", func() bool { return p.look().written > before+4000 })
	p.speed = float64(p.look().written-before) / time.Since(began).Seconds()
	p.key("Escape")
	p.await(`msg="answer ended"`)
	p.key("ctrl+n")
	p.until("a new conversation", func() bool { return p.look().turns == 0 })
	p.promptX, p.promptY, _ = p.look().place("prompt")
	p.quit()
	p.options.bare = true
	p.launchBare()
	return p
}

// launchBare starts the process and waits for its window, with the keyboard in its prompt.
func (p *program) launchBare() {
	p.t.Helper()
	p.launchTo("its window", func() bool { return true })
}

// say types a question into the prompt, which has the keyboard, and sends it.
func (p *program) say(question string) {
	p.t.Helper()
	p.xdotool("type", "--delay", "15", question)
	p.key("Return")
	p.await(`msg="answer started"`)
}

// load is what else the machine does: the processes that wanted a processor, over the last minute.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Fields(string(data))[0]
}

// memoryOf returns fields of a file of the process in bytes, such as VmRSS of status or Pss of smaps_rollup.
func memoryOf(t *testing.T, pid int, file, field string) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kib int
		if n, _ := fmt.Sscanf(line, field+": %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	t.Fatalf("%s of %d has no %s", file, pid, field)
	return 0
}

// processorOf returns the time that a process has had on a processor.
func processorOf(t *testing.T, pid int) time.Duration {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	var user, system int64 // in hundredths of a second
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if _, err := fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// quantile returns the value below which a part of them is.
func quantile(values []time.Duration, part float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(math.Ceil(part*float64(len(sorted))))-1)]
}

// slope is that of the line through points, by least squares.
func slope(x, y []float64) float64 {
	var mx, my, xy, xx float64
	for i := range x {
		mx, my = mx+x[i]/float64(len(x)), my+y[i]/float64(len(y))
	}
	for i := range x {
		xy, xx = xy+(x[i]-mx)*(y[i]-my), xx+(x[i]-mx)*(x[i]-mx)
	}
	return xy / xx
}

// emptyWindow builds and starts a program of Fyne that does nothing, on the display of another one, and waits for
// its window.
func emptyWindow(t *testing.T, p *program, args ...string) (pid int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "empty")
	if out, err := exec.Command("go", "build", "-o", path, "./testdata/empty").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	c := exec.Command(path, args...)
	c.Dir, c.Env = p.home, p.environment()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	p.until("the empty window", func() bool { _, found := p.source.find("Empty"); return found })
	time.Sleep(8 * settled) // it takes the keyboard when it comes
	p.xdotool("windowfocus", "--sync", fmt.Sprint(p.window))
	time.Sleep(settled)
	return c.Process.Pid
}

// fewWords are the settings with which the model of wordyGemma says nothing but its words.
const fewWords = `{"sampling":{"top_k":8}}`

// wordyGemma writes a model of the shape of Gemma 3 270M whose answers are words and paragraphs, as those of a model that has
// learnt something are: all other tokens have embeddings of nearly nothing. It does not end an answer by itself.
func wordyGemma(t *testing.T, path string) {
	t.Helper()
	synthesize(t, path)
	f, err := gguf.Open(path)
	must(t, err)
	defer f.Close()
	tokens, err := f.Strings("tokenizer.ggml.tokens")
	must(t, err)
	head, ok := f.Tensor("token_embd.weight")
	if !ok || head.Type != kernels.Q8_0 {
		t.Fatalf("the output head is of the type %v", head.Type)
	}
	chosen := map[string]bool{"\n\n": true, ".": true, ",": true}
	for _, word := range strings.Fields(fixture.Text(2000)) {
		chosen["\u2581"+word] = true
	}
	data, err := os.ReadFile(path)
	must(t, err)
	at := bytes.Index(data, head.Data[:4096])
	const block, values = 34, 32 // a scale in half precision and as many bytes
	row := len(head.Data) / len(tokens)
	for id, token := range tokens {
		if chosen[token] {
			continue
		}
		for i := at + id*row; i < at+(id+1)*row; i += block {
			binary.LittleEndian.PutUint16(data[i:], 1) // the smallest number
		}
	}
	must(t, os.WriteFile(path, data, 0o600))
}
