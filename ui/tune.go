package ui

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"

	"lamplight/assistant/tuning"
	"lamplight/library"
	"lamplight/ui/widgets"
)

// tuneView is the page Tune: a model learns from examples. tunelesson.go has the examples and the settings before it begins,
// tunerun.go what is seen of it while it learns and when it has, tunetext.go what is said about it.
type tuneView struct {
	w      *Window
	tuner  *tuning.Tuner
	update coalescer
	goesOn bool // it was interrupted by a lock, and goes on after it

	model    string // its ID, that is to learn; "": the active one
	settings tuning.Settings
	prepared *tuning.Prepared // nil until the examples have been looked at
	looks    int              // how often that was begun: only the last one counts
	free     int64            // bytes of memory that can be had, −1: not known
	accepted tuning.Source    // of the edits that the user has accepted

	noted  int          // step
	phase  tuning.Phase // that is shown
	filled bool         // there were examples when the page was built
	scroll scroller
	body   *fyne.Container
	root   fyne.CanvasObject
	lesson *lessonView
	run    *runView
	add    *widgets.ChipButton
	edits  *widgets.ChipButton
}

// tuningFolder is the name of the folder of a training, which is beside the library's.
const tuningFolder = "tuning"

// tuningDir is where the numbers of a training are.
func (w *Window) tuningDir() string {
	return filepath.Join(filepath.Dir(filepath.Clean(w.Models)), tuningFolder)
}

func newTuneView(w *Window) *tuneView {
	t := &tuneView{w: w, body: container.NewVBox()}
	t.update = coalescer{do: w.do, f: t.show}
	t.tuner = tuning.New(tuning.Options{
		Library: w.Library, Folder: w.tuningDir(),
		Busy: w.runner.Busy, Battery: w.battery, Threads: w.Settings.Threads, Changed: t.update.touch,
		Lend: func(ctx context.Context, id string, f tuning.Borrower) error { return w.runner.BorrowModel(ctx, id, f) },
	})
	t.scroll = newScroller(container.New(layout.NewCustomPaddedLayout(4, 16, 16, 16), container.New(&leftColumn{}, t.body)))
	t.add = t.scroll.chip(icon("plus"), lang.L("Add examples…"), t.choose)
	t.edits = t.scroll.chip(icon("pen"), lang.L("Add your accepted edits"), t.addAccepted)
	t.edits.Hide()
	name := heading(lang.L("Tune"))
	name.Wrapping = fyne.TextWrapOff
	tools := container.NewHBox(container.NewCenter(t.edits), container.NewCenter(t.add))
	head := container.New(layout.NewCustomPaddedLayout(8, 0, 16, 16), container.NewBorder(nil, nil, name, tools))
	t.lesson, t.run = newLessonView(t), newRunView(t)
	t.root = bordered(head, nil, nil, nil, t.scroll.Scroll)
	t.build()
	return t
}

func (t *tuneView) content() fyne.CanvasObject { return t.root }

// enter looks again at what may have changed elsewhere.
func (t *tuneView) enter() {
	t.lookAtAccepted()
	t.prepare()
	t.show()
}

// store is where examples are kept: nil while there is no vault.
func (t *tuneView) store() tuning.Store {
	if t.w.Vault == nil {
		return nil
	}
	return t.w.Vault
}

// load reads what the vault has of examples and a training.
func (t *tuneView) load() {
	s := t.store()
	if s == nil && t.w.Open != nil {
		return // it is not open yet
	}
	t.w.inOrder(func() {
		err := t.tuner.Load(t.w.ctx, s)
		t.w.do(func() {
			if err != nil {
				t.w.Log.Error("what was being learnt cannot be read", "error", err)
				t.w.complain(explainTuning(err), err)
			}
			if goesOn := t.goesOn; goesOn && t.tuner.Status().Phase == tuning.Waiting {
				t.start()
			}
			t.goesOn = false
			t.settings = t.tuner.Status().Record.Settings
			t.prepare()
			t.show()
		})
	})
}

// forget drops what can be read from the page. The training itself is interrupted by [tuning.Tuner.Drop].
func (t *tuneView) forget() {
	switch t.tuner.Status().Phase {
	case tuning.Asking, tuning.Training, tuning.Trying:
		t.goesOn = !t.tuner.Paused()
	}
	t.looks++
	t.prepared, t.accepted, t.settings = nil, tuning.Source{}, tuning.Settings{}
	t.edits.Hide()
	t.lesson.forget()
	t.run.forget()
	t.body.Objects = nil
}

// base is the model that is to learn.
func (t *tuneView) base() (library.Model, bool) {
	id := t.model
	if id == "" {
		id = t.w.shelf.active
	}
	if m, ok := t.w.shelf.model(id); ok && m.Err() == nil {
		return m, true
	}
	usable := t.w.shelf.usable()
	if len(usable) == 0 {
		return library.Model{}, false
	}
	return usable[0], true
}

// isExamples reports whether a file may have examples, by its name.
func isExamples(path string) bool {
	return slices.Contains([]string{".jsonl", ".json", ".csv"}, strings.ToLower(filepath.Ext(path)))
}

// takeExamples takes those files that may have examples, and returns the others.
func (t *tuneView) takeExamples(paths []string) (others []string) {
	var mine []string
	for _, path := range paths {
		if isExamples(path) && !isFolder(path) {
			mine = append(mine, path)
		} else {
			others = append(others, path)
		}
	}
	if len(mine) > 0 {
		t.addFiles(mine...)
	}
	return others
}

// choose asks for a file with examples.
func (t *tuneView) choose() {
	t.w.askFile(lang.L("Add examples"), []string{".jsonl", ".json", ".csv"}, func(path string) { t.addFiles(path) })
}

// addFiles reads examples from files.
func (t *tuneView) addFiles(paths ...string) {
	if t.busy() {
		return
	}
	t.w.inOrder(func() {
		l := t.tuner.Lesson()
		for _, path := range paths {
			s, err := tuning.ReadFile(path)
			if err == nil && len(s.Rows) == 0 && len(s.Problems) == 0 {
				err = tuning.ErrNoExamples
			}
			if err == nil {
				l, err = l.With(s)
			}
			if err != nil {
				t.w.do(func() {
					t.w.Log.Warn("examples cannot be read") // the error has the name of the file
					t.w.complain(explainTuning(err), err)
				})
				continue
			}
			t.w.Log.Info("examples taken", "rows", len(s.Rows), "unreadable", len(s.Problems))
		}
		t.keep(l)
	})
}

// busy says that there is a training, which has to be decided about first.
func (t *tuneView) busy() bool {
	if t.tuner.Status().Phase == tuning.Idle {
		return false
	}
	t.w.mention(lang.L("A training is under way. Keep or discard it before you add examples."), "", nil)
	return true
}

// lookAtAccepted counts the edits that the user has accepted.
func (t *tuneView) lookAtAccepted() {
	v := t.w.Vault
	if v == nil {
		return
	}
	t.w.work(func(ctx context.Context) {
		s, err := tuning.Accepted(ctx, v)
		t.w.do(func() {
			if err != nil || v != t.w.Vault {
				return
			}
			t.accepted = s
			t.showTools()
		})
	})
}

// addAccepted takes the edits that the user has accepted, in the place of those that were taken before.
func (t *tuneView) addAccepted() {
	s := t.accepted
	if t.busy() || len(s.Rows) == 0 {
		return
	}
	t.w.inOrder(func() {
		l := t.tuner.Lesson()
		l.Sources = slices.DeleteFunc(slices.Clone(l.Sources), func(s tuning.Source) bool { return s.Name == "" })
		l, err := l.With(s)
		if err != nil {
			t.w.do(func() { t.w.complain(explainTuning(err), err) })
			return
		}
		t.w.Log.Info("examples taken", "rows", len(s.Rows), "unreadable", 0)
		t.keep(l)
	})
}

// remove takes a source out of the lesson.
func (t *tuneView) remove(i int) {
	t.w.inOrder(func() {
		l := t.tuner.Lesson()
		if i < len(l.Sources) {
			l.Sources = slices.Delete(slices.Clone(l.Sources), i, i+1)
			t.keep(l)
		}
	})
}

// keep makes l the lesson. It is called in order.
func (t *tuneView) keep(l tuning.Lesson) {
	err := t.tuner.SetLesson(t.w.ctx, t.store(), l)
	t.w.do(func() {
		if err != nil {
			t.w.Log.Error("examples were not kept", "error", err)
			t.w.complain(explainTuning(err), err)
		}
		t.lesson.first = 0
		t.prepare()
		t.show()
	})
}

// prepare looks at the examples as the model would see them.
func (t *tuneView) prepare() {
	t.looks++
	looks, l, set := t.looks, t.tuner.Lesson(), t.settings
	m, ok := t.base()
	if t.tuner.Status().Phase != tuning.Idle || l.Rows() == 0 && len(l.Sources) == 0 || !ok {
		t.prepared = nil
		return
	}
	t.w.work(func(context.Context) {
		var p *tuning.Prepared
		b, err := tuning.OpenBase(m)
		if err == nil {
			p, err = tuning.Prepare(b, l, set)
		}
		free, known := t.w.free()
		if !known {
			free = -1
		}
		t.w.do(func() {
			if looks != t.looks {
				return
			}
			if t.prepared, t.free = p, free; err != nil && !errors.Is(err, tuning.ErrNoExamples) {
				t.w.Log.Warn("the examples cannot be prepared", "error", err)
				t.w.complain(explainTuning(err), err)
			}
			if p != nil {
				t.w.Log.Info("examples prepared", "learnt", p.Report.Train, "held", p.Report.Held, "problems", len(p.Problems))
			}
			t.show()
		})
	})
}

// show brings the page up to date.
func (t *tuneView) show() {
	t.showTools()
	if t.w.lock != nil {
		return
	}
	phase, filled := t.tuner.Status().Phase, len(t.tuner.Lesson().Sources) > 0
	if phase != t.phase || filled != t.filled || len(t.body.Objects) == 0 {
		t.phase, t.filled = phase, filled
		t.build()
	}
	t.note()
	t.lesson.show()
	t.run.show()
	t.settle()
}

// note writes down how far a training is, for a program that drives the window from outside.
func (t *tuneView) note() {
	if s := t.tuner.Status(); s.Phase == tuning.Training && s.Step != t.noted {
		t.noted = s.Step
		t.w.Log.Debug("training step", "step", s.Step, "of", s.Steps)
	}
}

// showTools shows what can be added.
func (t *tuneView) showTools() {
	idle := t.tuner.Status().Phase == tuning.Idle
	show(t.add, idle)
	show(t.edits, idle && len(t.accepted.Rows) > 0)
}

// build puts the page together for what there is.
func (t *tuneView) build() {
	switch {
	case t.phase != tuning.Idle:
		t.body.Objects = t.run.cards
	case t.filled:
		t.body.Objects = t.lesson.cards
	default:
		t.body.Objects = []fyne.CanvasObject{t.empty()}
	}
	t.body.Refresh()
}

// settle lays the page out anew, in two rounds: texts wrap to their width, then know their height.
func (t *tuneView) settle() {
	for range 2 {
		t.body.Refresh()
	}
}

// empty is what the page says before there are examples.
func (t *tuneView) empty() fyne.CanvasObject {
	return widgets.NewCard(container.NewVBox(
		subheading(lang.L("Teach a model by examples")),
		paragraph(lang.L("Some dozens of questions, each with the answer that you would want, make a specialist of a small model. It learns here, on this computer, in minutes.")),
		paragraph(lang.L("Drop a file with examples on this page: JSON, one object a line or a list of them, or CSV.")),
		muted(lang.L("Each is {{.A}}, {{.B}}, or {{.C}}. The columns of CSV have the same names.", map[string]any{
			"A": `{"prompt", "completion"}`, "B": `{"instruction", "input", "output"}`, "C": `{"messages": [{"role", "content"}]}`})),
		muted(lang.L("What you accept on the page Write can be learnt too, once there is some."))))
}
