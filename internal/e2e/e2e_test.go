//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lamplight/internal/fixture"
	"lamplight/internal/golden"
)

// model returns a file to drop: the golden model where it is, else one of our own making.
func model(t *testing.T) string {
	t.Helper()
	path := fixture.GGUF(t, fixture.Options{Name: "Fixture"})
	t.Run("golden", func(t *testing.T) { path = filepath.Join(golden.Dir(t, "tiny-gemma3"), "model-Q8_0.gguf") })
	return path
}

// TestDropAndChat is a person's first hour: the program starts, a model is dropped on it, a question typed
// and answered, another answer stopped, the window closed.
func TestDropAndChat(t *testing.T) {
	file := model(t)
	p := start(t)
	p.shot("started")

	p.drop(file)
	p.await(`msg="import done" id=\S+ existed=false`)
	p.until("a model in the library", func() bool { return len(p.models()) == 1 })
	p.shot("imported")

	p.click("notice-action") // Chat with it
	p.typeText("Why does the tide come twice?")
	p.shot("typed")
	p.key("Return")
	p.await(`msg="answer started"`)
	p.shot("answering")
	if started := strings.Count(p.log(), `msg="answer started"`); started != 1 {
		t.Fatalf("%d answers were started", started)
	}
	// A model of random weights goes on until its context is full, or says its stop token.
	p.await(`msg="answer ended" tokens=\d+`)
	p.shot("answered")

	p.key("ctrl+n")
	p.typeText("Tell me more.")
	p.key("Return")
	p.awaitNth(`msg="answer started"`, 2)
	p.key("Escape")
	p.awaitNth(`msg="answer ended" tokens=\d+`, 2)
	p.shot("stopped")

	p.click("rail-models")
	p.await(`msg="page shown" name=models`)
	p.shot("models")
	p.click("rail-settings")
	p.await(`msg="page shown" name=settings`)
	p.shot("settings")

	// The same content again is the same model.
	p.drop(file)
	p.await(`msg="import done" id=\S+ existed=true`)
	if got := p.models(); len(got) != 1 {
		t.Errorf("the library has %v", got)
	}
	p.quit()
	p.checkSockets()
}

// TestBadDrops drops what is no model: each is refused with its reason, and nothing is left behind.
func TestBadDrops(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile(fixture.GGUF(t, fixture.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"letter.gguf": []byte("Dear Ana, this is no model.\n"), "half.gguf": whole[:len(whole)/2]}
	p := start(t)
	n := 0
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		p.drop(path)
		n++
		p.awaitNth(`msg="import failed"`, n)
		p.shot(name)
	}
	p.drop(dir) // two files, neither of which is a model
	p.awaitNth(`msg="import failed"`, n+1)
	if got := p.models(); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	p.quit()
	p.checkSockets()
}
