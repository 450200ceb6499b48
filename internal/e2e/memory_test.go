//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// resident returns the memory that the program has in use, in bytes.
func (p *program) resident(pid int) int {
	p.t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var kib int
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	p.t.Fatal("the system does not tell how much memory is in use")
	return 0
}

// TestMemory holds what a model of the size of Gemma 3 270M costs: with it loaded, and an answer written, the program
// has at most 400 MB more in use than its empty window.
func TestMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gemma-3-270m-q4_0.gguf")
	synthesize(t, path)
	if info, err := os.Stat(path); err != nil || info.Size() < 200e6 {
		t.Skip("the vocabulary of Gemma 3 is not at hand, so the model is too small to tell")
	}
	p := start(t, options{})
	p.until("the empty window", func() bool { return p.look().has("prompt") })
	pid := p.pid()
	empty := p.resident(pid)
	p.drop(path)
	p.await(`msg="import done" id=\S+ existed=false`)
	p.click("notice-action", p.gone("notice"))
	p.ask("Why does the tide come twice?")
	p.until("some words", func() bool { return p.look().written > 20 })
	loaded := p.resident(pid)
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+`)
	t.Logf("the empty window has %d MB, with the model %d MB", empty/1e6, loaded/1e6)
	if loaded-empty > 400e6 {
		t.Errorf("the model takes %d MB", (loaded-empty)/1e6)
	}
	p.quit()
}
