//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"lamplight/internal/fixture"
)

// TestScreenshotsOfTune takes pictures of the page Tune, as TestScreenshots does of the others.
func TestScreenshotsOfTune(t *testing.T) {
	folder := os.Getenv("LAMPLIGHT_SCREENSHOTS")
	if folder == "" {
		t.Skip("LAMPLIGHT_SCREENSHOTS names no folder to write them to: make screenshots does")
	}
	must(t, os.MkdirAll(folder, 0o755))
	language := fixture.NewLanguage(7)
	model := speaker(t, language)
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := tour{start(t, options{settings: `{"theme":"` + theme + `"}`}), func(name string) string { return filepath.Join(folder, name+"-"+theme+".png") }}
			p.drop(model)
			p.await(`msg="import done"`)
			p.click("notice-action", p.gone("notice"))
			p.openPage("tune")
			p.take("tune")
			lesson := p.dir("lesson.jsonl")
			file(append(exercises(language, 222, 1), "{\"prompt\": \"once upon\"}\n"...))(t, lesson)
			p.drop(lesson)
			p.await(`msg="examples prepared" learnt=200`)
			p.take("tune-examples")
			p.press("Advanced")
			p.take("tune-advanced")
			p.tabTo("Start learning")
			p.key("Return")
			p.await(`msg="training began"`)
			p.until("some steps", func() bool { return p.came(`msg="training step" step=3\d\d `) })
			p.press("Pause")
			p.take("tune-learning")
			p.press("Go on")
			p.await(`msg="training done"`)
			time.Sleep(moment)
			p.take("tune-learnt")
			p.quit()
		})
	}
}
