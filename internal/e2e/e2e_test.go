//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// built names in the environment a program that is built already.
const built = "LAMPLIGHT_E2E_EXECUTABLE"

// TestMain builds the program once for all tests.
func TestMain(m *testing.M) {
	if executable = os.Getenv(built); executable != "" {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "lamplight-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := 1
	executable = filepath.Join(dir, "lamplight")
	if out, err := exec.Command("go", "build", "-o", executable, "lamplight").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
	} else if err := os.Chmod(dir, 0o755); err != nil { // another user runs it too
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// TestDropAndChat is a person's first hour: the program starts, a model is dropped on it, a question typed
// and answered, other answers stopped, the window closed, and the program started again.
func TestDropAndChat(t *testing.T) {
	golden := goldenModel(t)
	long, settings := endless(t)
	p := start(t, options{settings: settings})
	p.shot("started")

	p.drop(golden)
	p.await(`msg="import done" id=\S+ existed=false`)
	p.await(`msg=notice text=".* is in your library."`)
	if got := p.models(); len(got) != 1 {
		t.Fatalf("the library has %v", got)
	}
	p.shot("imported")
	p.click("notice-action", p.gone("notice")) // Chat with it
	p.shot("ready")

	p.typeText("Why does the tide come twice?")
	p.shot("typed")
	p.key("Return")
	p.await(`msg="answer started"`)
	// A model of random weights goes on until its context is full, or says its stop token.
	p.await(`msg="answer ended" tokens=[1-9]\d* stopped=false`)
	p.shot("answered")

	p.drop(long)
	p.await(`msg="import done" id=\S+ existed=false`)
	p.click("notice-action", p.gone("notice"))
	p.ask("Tell me a story.")
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	p.shot("stopped by Escape")

	p.key("ctrl+n")
	p.until("a new conversation", func() bool { return p.look().turns == 0 })
	p.ask("Tell me another one.")
	ended := `msg="answer ended" tokens=\d+ stopped=true`
	p.click("stop", func() bool { return p.came(ended) })
	p.await(ended)
	p.shot("stopped by its button")

	p.openPage("models")
	p.shot("models")
	p.openPage("settings")
	p.shot("settings")

	p.drop(golden) // the same content again is the same model
	p.await(`msg="import done" id=\S+ existed=true`)
	if got := p.models(); len(got) != 2 {
		t.Errorf("the library has %v", got)
	}
	p.quit()

	p.launch()
	p.until("the page on which it was closed", func() bool { l := p.look(); return l.has("rail-chat") && !l.has("prompt") })
	p.shot("started again")
	p.openPage("chat")
	p.ask("What did you say?")
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	p.quit()
}

// TestModelVanishes takes the file of the selected model away, between two questions.
func TestModelVanishes(t *testing.T) {
	file, settings := endless(t)
	p := start(t, options{settings: settings})
	p.drop(file)
	p.await(`msg="import done"`)
	p.click("notice-action", p.gone("notice"))

	takeAway(t, p.libraryFile())
	const question = "Where have you gone?"
	p.typeText(question)
	p.key("Return")
	p.await(`msg=notice text=.*no longer on the disk`)
	p.until("the question back in the prompt", func() bool { v := p.look(); return v.turns == 0 && v.typed == len(question) })
	p.shot("gone")
	p.openPage("models")
	p.shot("gone in the library")

	p.drop(file) // it is brought back
	p.await(`msg="import done" id=\S+ existed=false`)
	p.openPage("chat")
	p.until("the same question", func() bool { return p.look().typed == len(question) && p.clickOnce("prompt") })
	p.key("Return")
	p.await(`msg="answer started"`)
	p.key("Escape")
	p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	p.until("the question in the conversation", func() bool { return p.look().turns == 2 })
	p.quit()
}
