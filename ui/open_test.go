package ui

import (
	"testing"

	"lamplight/internal/fixture"
	"lamplight/privacy/vault"
)

// What the program is started with is taken as what is dropped on its window; so is what another instance was
// started with.
func TestStartedWithFiles(t *testing.T) {
	one, two := fixture.GGUF(t, fixture.Options{Name: "One"}), fixture.GGUF(t, fixture.Options{Name: "Two", Seed: 1})
	shows := make(chan []string, 1)
	u := begin(t, setup{debug: true, options: func(o *Options) { o.Files, o.Show = []string{one}, shows }})
	u.until("the first import", func() bool { return u.sees("One is in your library.") })
	u.takes(func() { shows <- []string{two} })
	u.until("the second import", func() bool { return u.sees("Two is in your library.") })
	if u.parent.shown == 0 {
		t.Error("the window did not come forward")
	}
}

// What is given to a locked window waits until it is open.
func TestFilesWaitForTheLock(t *testing.T) {
	u := begin(t, opener(vault.Passphrase, t.TempDir(), nil, setup{}))
	u.mustSee("Your conversations are locked")
	u.drop(fixture.GGUF(t, fixture.Options{Name: "Late"}))
	u.settle()
	if models := u.shelf.models; len(models) != 0 {
		t.Fatalf("a locked window has imported %v", models)
	}
	u.takes(u.openAgain)
	u.imported()
	u.mustSee("Late is in your library.")
}
