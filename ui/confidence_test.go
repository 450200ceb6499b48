package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// confidence returns the view of probabilities that is open.
func (u *session) confidence() *widgets.Confidence {
	u.t.Helper()
	var found *widgets.Confidence
	for _, root := range u.roots() {
		each(root, func(o fyne.CanvasObject) {
			if c, ok := o.(*widgets.Confidence); ok {
				found = c
			}
		})
	}
	if found == nil {
		u.t.Fatalf("no probabilities are shown; the window says\n%s", strings.Join(u.texts(), "\n"))
	}
	return found
}

func TestConfidence(t *testing.T) {
	u := begin(t, brief)
	u.ask("hello")
	u.answered()
	u.chat.showConfidence(1)
	u.mustSee("How sure the model was", "The model reads its answer once more…", "80 % and more", "under 5 %")
	u.settle()
	u.confidence()
	u.mustNotSee("The model reads its answer once more…")
	key := func(name fyne.KeyName) { u.press(name, u.win.Canvas().Focused()) }
	key(fyne.KeyHome)
	u.mustSee(" %")
	key(fyne.KeyReturn)
	u.mustSee("Close")
	key(fyne.KeyEscape) // the word
	u.confidence()
	key(fyne.KeyEscape) // the view
	if u.dialog != nil || u.win.Canvas().Overlays().Top() != nil {
		t.Error("it was not closed")
	}
}

// Another word in the place of one makes a new version of the answer.
func TestContinueWithAnotherWord(t *testing.T) {
	u := begin(t, brief)
	u.ask("hello")
	u.answered()
	before := u.chat.shown.Turns()[1]
	u.chat.showConfidence(1)
	u.settle()
	v := u.confidence()
	chances, err := u.chat.shown.Chances(t.Context(), 1)
	if err != nil || len(chances) < 3 || len(chances[2].Others) < 2 {
		t.Fatalf("%d chances: %v", len(chances), err)
	}
	want := chances[0].Text + chances[1].Text + chances[2].Others[1].Text
	v.OnChoose(2, 1)
	u.answered()
	after := u.chat.shown.Turns()[1]
	if u.dialog != nil || after.Versions != 2 || after.Version != 2 || !strings.HasPrefix(after.Text, want) || after.Text == before.Text {
		t.Errorf("version %d of %d: %q, want it to begin with %q", after.Version, after.Versions, after.Text, want)
	}
}

func TestConfidenceIsNotKnown(t *testing.T) {
	u := withVault(t, brief, t.TempDir())
	u.add("the tide", "It comes.") // which no model has written
	u.chat.refreshHistory()
	u.settle()
	u.turnTo("the tide")
	u.chat.showConfidence(1)
	u.settle()
	u.mustSee("How sure the model was of this answer cannot be known any more")
	u.tap("Close")
	if u.dialog != nil {
		t.Error("it was not closed")
	}
	u.chat.showAnswerReceipt(1)
	u.mustSee("How this answer came about was not written down")
}

func TestConfidenceWords(t *testing.T) {
	got := confidenceWords([]assistant.Chance{{Text: "a", P: 0.5, Others: []assistant.Other{{ID: 3, Text: "b", P: 0.25}}}, {}})
	if len(got) != 2 || got[0].Text != "a" || got[0].P != 0.5 || len(got[0].Others) != 1 || got[0].Others[0] != (widgets.OtherWord{Text: "b", P: 0.25}) {
		t.Errorf("%+v", got)
	}
}

func TestPercent(t *testing.T) {
	for p, want := range map[float32]string{0: "under 0.1 %", 0.0009: "under 0.1 %", 0.001: "0.1 %", 0.012: "1.2 %", 0.05: "5 %", 0.0999: "10 %",
		0.1: "10 %", 0.499: "50 %", 0.8: "80 %", 0.994: "99 %", 0.9999: "over 99 %", 1: "100 %"} {
		if got := chanceText(p); got != want {
			t.Errorf("%v is %q, want %q", p, got, want)
		}
	}
}
