package ui

import (
	"context"
	"iter"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/ui/widgets"
)

// confidenceView lies over the window and shows how sure the model was of each word of an answer. The probabilities are
// computed when it opens.
type confidenceView struct {
	c       *chatView
	talk    *talk
	turn    int
	chances []assistant.Chance

	status *words // what is done, or the word that the pointer or the keyboard is on
	middle *fyne.Container
}

// Sizes of the view in a window that is large enough.
const (
	confidenceWidth  = 760
	confidenceHeight = 620
)

// answerViews are the actions that look into how an answer came about.
func (c *chatView) answerViews(turn int, t assistant.Turn) []widgets.TurnAction {
	if t.Receipt == nil || t.State == assistant.Writing {
		return nil
	}
	return []widgets.TurnAction{
		{Name: "confidence", Label: lang.L("How sure the model was"), Icon: icon("confidence"), OnTapped: func() { c.showConfidence(turn) }},
		{Name: "receipt", Label: lang.L("How this answer came about…"), OnTapped: func() { c.showAnswerReceipt(turn) }},
	}
}

// showConfidence opens the view of an answer.
func (c *chatView) showConfidence(turn int) {
	w := c.w
	if w.dialog != nil || w.lock != nil {
		return
	}
	v := &confidenceView{c: c, talk: c.shown, turn: turn, status: muted(""), middle: container.NewStack()}
	v.status.set(lang.L("The model reads its answer once more…"))
	closeIt := widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog)
	top := container.NewVBox(subheading(lang.L("How sure the model was")), widgets.NewShadeLegend(chanceText))
	foot := container.NewBorder(nil, nil, nil, container.NewCenter(closeIt), v.status)
	pop := widget.NewModalPopUp(container.New(layout.NewCustomPaddedLayout(12, 12, 16, 16), bordered(top, foot, nil, nil, container.New(layout.NewCustomPaddedLayout(8, 4, 6, 0), v.middle))), w.win.Canvas())
	space := w.win.Canvas().Size().SubtractWidthHeight(64, 64)
	pop.Resize(fyne.NewSize(min(confidenceWidth, space.Width), min(confidenceHeight, space.Height)))

	ctx, cancel := context.WithCancel(w.ctx)
	d := &openDialog{hide: func() {
		cancel()
		pop.Hide()
	}}
	w.dialog = d
	pop.Show()
	w.win.Canvas().Focus(closeIt)
	w.work(func(context.Context) {
		chances, err := v.talk.Chances(ctx, turn)
		w.do(func() {
			if w.dialog != d { // it was closed meanwhile
				return
			}
			if err != nil {
				w.Log.Warn("the probabilities of an answer are not known", "error", err)
				v.status.set(explainAnswer(c.modelName(), err).text)
				return
			}
			w.Log.Info("confidence shown", "tokens", len(chances))
			v.show(chances)
		})
	})
}

// show puts the words in the place of the sentence that they are on their way.
func (v *confidenceView) show(chances []assistant.Chance) {
	w := v.c.w
	v.chances = chances
	view := widgets.NewConfidence(confidenceWords(chances))
	view.Percent = chanceText
	view.OnEscape = w.closeDialog
	view.OnWord = v.onWord
	view.OnChoose = v.choose
	v.middle.Objects = []fyne.CanvasObject{view}
	v.middle.Refresh()
	v.onWord(-1)
	w.win.Canvas().Focus(view.Focusable())
}

// confidenceWords are the words of the view, one for each token.
func confidenceWords(chances []assistant.Chance) []widgets.Word {
	list := make([]widgets.Word, len(chances))
	for i, c := range chances {
		list[i] = widgets.Word{Text: c.Text, P: c.P}
		for _, o := range c.Others {
			list[i].Others = append(list[i].Others, widgets.OtherWord{Text: o.Text, P: o.P})
		}
	}
	return list
}

// choose lets the answer be written once more from a word on, which is another one.
func (v *confidenceView) choose(word, other int) {
	c := v.c
	c.w.closeDialog()
	if c.shown != v.talk {
		return
	}
	id := v.chances[word].Others[other].ID
	c.answer(func(ctx context.Context, t *talk) iter.Seq2[assistant.Piece, error] {
		return t.Branch(ctx, v.turn, word, id)
	})
}

// onWord says how likely a word was.
func (v *confidenceView) onWord(word int) {
	if word < 0 {
		v.status.set(lang.L("Point at a word, or go to it with the arrow keys. Enter or a click shows what it could have been."))
		return
	}
	v.status.set(lang.L("{{.Word}}: {{.Share}}", map[string]any{"Word": widgets.QuoteWord(v.chances[word].Text), "Share": chanceText(v.chances[word].P)}))
}

// chanceText writes a probability with as many digits as tell it from certainty.
func chanceText(p float32) string {
	tenths := int(math.Round(1000 * float64(p))) // of a hundredth
	switch {
	case p < 0.001:
		return lang.L("under {{.Share}}", map[string]any{"Share": lang.L("{{.N}} %", map[string]any{"N": decimal(0.1, 1)})})
	case p >= 0.995 && p < 1:
		return lang.L("over {{.Share}}", map[string]any{"Share": lang.L("{{.N}} %", map[string]any{"N": 99})})
	case tenths < 100 && tenths%10 != 0:
		return lang.L("{{.N}} %", map[string]any{"N": decimal(float64(tenths)/10, 1)})
	}
	return lang.L("{{.N}} %", map[string]any{"N": decimal(100*float64(p), 0)})
}
