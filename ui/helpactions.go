package ui

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/theme"

	"lamplight/assistant"
	"lamplight/assistant/writing"
	"lamplight/ui/widgets"
)

// openActions shows the actions that there are. The user's own can be changed, all can be duplicated and shared.
func (h *help) openActions() {
	w := h.w
	if w.dialog != nil {
		return
	}
	if w.Vault == nil {
		w.sayNotOpen()
		return
	}
	scroll := newScroller(nil)
	add := widgets.NewChipButton(icon("plus"), lang.L("New action"), func() { h.editAction(writing.Action{Does: writing.Edits}) })
	rows := container.NewVBox(paragraph(lang.L("An action is something that the model does with a text. Drop a file of actions on this window to add them.")))
	for _, own := range []bool{true, false} {
		for _, a := range h.all() {
			if own != h.builtIn(a) {
				rows.Add(h.actionRow(scroll, a))
			}
		}
	}
	scroll.Content = rows
	w.showScrolled(subheading(lang.L("Actions")), scroll, add, add, widgets.NewChipButton(nil, lang.L("Close"), w.closeDialog))
}

// actionRow is an action with what can be done with it.
func (h *help) actionRow(scroll scroller, a writing.Action) fyne.CanvasObject {
	text, hint := h.name(a)
	name := map[string]any{"Name": text}
	tools := container.NewHBox()
	if !h.builtIn(a) {
		tools.Add(scroll.tool(icon("pen"), lang.L("Edit {{.Name}}", name), func() { h.editAction(a) }))
	}
	tools.Add(scroll.tool(icon("copy"), lang.L("Duplicate {{.Name}}", name), func() {
		a.ID, a.Name, a.Hint, a.Shortcut = "", lang.L("{{.Name}}, copy", name), hint, ""
		h.editAction(a)
	}))
	tools.Add(scroll.tool(icon("export"), lang.L("Save {{.Name}} as a file", name), func() { h.shareAction(a) }))
	if !h.builtIn(a) {
		tools.Add(scroll.tool(icon("trash"), lang.L("Delete {{.Name}}", name), func() { h.deleteAction(a) }))
	}
	if a.Shortcut != "" {
		text += "  " + shortcut{key: fyne.KeyName(a.Shortcut), shift: true}.name()
	}
	return container.NewBorder(nil, nil, nil, container.NewCenter(tools), lines(oneLined(paragraph(text)), oneLined(muted(hint))))
}

// deeds are what can become of an answer.
var deeds = []writing.Deed{writing.Edits, writing.Answers, writing.Continues}

// editAction shows an action, a new one if it has no ID, to be changed.
func (h *help) editAction(a writing.Action) {
	w := h.w
	w.closeDialog()
	scroll := newScroller(nil)
	name, hint, task, said := scroll.field(w), scroll.field(w), w.instructions(scroll), muted(" ")
	text, result := w.instructions(scroll), w.instructions(scroll)
	text.SetMinRowsVisible(2)
	result.SetMinRowsVisible(2)
	text.SetPlaceHolder(lang.L("A text as it may be"))
	result.SetPlaceHolder(lang.L("What the model would write"))
	name.SetPlaceHolder(lang.L("As a poem"))
	task.SetPlaceHolder(lang.L("Rewrite the text as a short poem. Answer with the poem only."))
	name.SetText(a.Name)
	hint.SetText(a.Hint)
	task.SetText(a.Task)
	if len(a.Examples) > 0 {
		text.SetText(a.Examples[0].Text)
		result.SetText(a.Examples[0].Answer)
	}
	does := scroll.choice([]string{lang.L("The changed text"), lang.L("Something about it"), lang.L("How it goes on")})
	does.SetSelectedIndex(max(0, slices.Index(deeds, a.Does)))
	keys, names := []string{""}, []string{lang.L("None")}
	for _, k := range w.actionKeys() {
		keys, names = append(keys, string(k)), append(names, shortcut{key: k, shift: true}.name())
	}
	key := scroll.choice(names)
	key.SetSelectedIndex(max(0, slices.Index(keys, a.Shortcut)))
	adapters := slices.Clone(a.Adapters)
	learnt := newSpecialistsView(w, scroll, &adapters, "")
	learnt.setModel(w.modelFor("", assistant.Persona{}))
	scroll.Content = container.NewVBox(paragraph(lang.L("Name")), name, paragraph(lang.L("What it does, in a few words")), hint,
		paragraph(lang.L("What the model is told")), task,
		muted(lang.L("One task in a sentence or two works best. Where it says {{.Slot}}, you are asked before it starts.", map[string]any{"Slot": "{{answer}}"})),
		paragraph(lang.L("An example: a text, and what is to come of it")), text, result,
		row(lang.L("What the model writes"), muted(lang.L("Changes are shown in the text, to be accepted or rejected.")), does),
		row(lang.L("Shortcut"), muted(lang.L("On the page Write.")), key), learnt.rows, said)
	accept := func() {
		made := a
		made.Name, made.Hint, made.Task = strings.TrimSpace(name.Text), strings.TrimSpace(hint.Text), strings.TrimSpace(task.Text)
		made.Does, made.Shortcut = deeds[max(0, does.SelectedIndex())], keys[max(0, key.SelectedIndex())]
		made.Adapters = learnt.uses()
		made.Whole = made.Does == writing.Answers
		switch {
		case !strings.Contains(made.Task, "{{answer}}"):
			made.Asks = writing.Nothing
		case made.Asks == writing.Nothing:
			made.Asks = writing.Change
		}
		made.Examples = nil
		if strings.TrimSpace(text.Text) != "" && strings.TrimSpace(result.Text) != "" {
			made.Examples = []writing.Example{{Text: text.Text, Answer: result.Text}}
			if len(a.Examples) > 1 {
				made.Examples = append(made.Examples, a.Examples[1:]...)
			}
		}
		if made.ID == "" {
			made.ID = newActionID()
			if made.Keeps == nil && made.Does == writing.Edits {
				made.Keeps = []writing.Guarded{writing.Code, writing.Link, writing.Quote, writing.Number}
			}
		}
		if err := made.Check(); err != nil {
			said.show(h.explain(writing.ErrAction).text, theme.ColorNameError)
			scroll.ScrollToBottom()
			return
		}
		w.closeDialog()
		h.saveActions(func() { h.openActions() }, made)
	}
	name.OnSubmitted = func(string) { accept() }
	title := lang.L("New action")
	if a.ID != "" {
		title = lang.L("Edit the action")
	}
	cancel := widgets.NewChipButton(nil, lang.L("Cancel"), func() {
		w.closeDialog()
		h.openActions()
	})
	w.showScrolled(subheading(title), scroll, name, cancel, widgets.NewChipButton(nil, lang.L("Save"), accept))
}

// newActionID is one that no other action has.
func newActionID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return "own-" + hex.EncodeToString(b[:])
}

// saveActions has the vault keep actions. A key that one of them has is no longer another's.
func (h *help) saveActions(then func(), list ...writing.Action) {
	v := h.w.Vault
	if v == nil {
		return
	}
	for _, a := range list {
		for _, other := range h.own {
			if other.ID != a.ID && a.Shortcut != "" && other.Shortcut == a.Shortcut && !slices.ContainsFunc(list, func(x writing.Action) bool { return x.ID == other.ID }) {
				other.Shortcut = ""
				list = append(list, other)
			}
		}
	}
	h.w.inOrder(func() {
		var err error
		for _, a := range list {
			if err = writing.SaveOwn(context.Background(), v, a); err != nil {
				break
			}
		}
		own, listErr := writing.Own(h.w.ctx, v)
		h.w.do(func() {
			if v != h.w.Vault {
				return
			}
			if err != nil {
				h.w.Log.Error("an action was not kept", "error", err)
				h.w.complain(explainVault(err), err)
			}
			if listErr == nil {
				h.own = own
				h.panel.fill()
			}
			if err == nil && then != nil {
				then()
			}
		})
	})
}

// deleteAction puts an action into the trash. Undo brings it back.
func (h *help) deleteAction(a writing.Action) {
	w, v := h.w, h.w.Vault
	w.closeDialog()
	if v == nil {
		return
	}
	w.inOrder(func() {
		undo, err := writing.RemoveOwn(context.Background(), v, a.ID)
		w.do(func() {
			h.read()
			if err != nil {
				w.Log.Error("an action was not deleted", "error", err)
				w.complain(explainVault(err), err)
				return
			}
			w.offerUndoInPrivate(lang.L("“{{.Title}}” was deleted.", map[string]any{"Title": oneLine(a.Name, 40)}), func() {
				w.inOrder(func() {
					err := undo(context.Background())
					w.do(func() {
						h.read()
						if err != nil {
							w.Log.Error("an action was not brought back", "error", err)
							w.complain(explainVault(err), err)
						}
					})
				})
			})
		})
	})
}

// shareAction asks where to write a file with an action, which others can drop on their windows.
func (h *help) shareAction(a writing.Action) {
	w := h.w
	w.closeDialog()
	text, _ := h.name(a)
	a.Name, a.Hint = h.name(a)
	data, err := writing.Encode(a)
	if err != nil {
		w.Log.Error("an action cannot be written", "error", err)
		return
	}
	to, hint := w.newTarget(fileName(text)+".json"), muted(lang.L("Whoever drops this file on Lamplight has the action too."))
	accept := func() {
		if problem := to.problem(); problem != "" {
			hint.show(problem, theme.ColorNameError)
			w.dialog.fit()
			return
		}
		path := to.file()
		w.closeDialog()
		w.inOrder(func() {
			_, err := writeText(path, string(data), false)
			w.do(func() {
				if err != nil {
					w.Log.Warn("an action was not written to a file")
					w.complain(explainWrite(err), err)
					return
				}
				w.mentionInPrivate(lang.L("{{.File}} is written.", map[string]any{"File": shownPath(path)}), "", nil)
			})
		})
	}
	to.path.OnSubmitted = func(string) { accept() }
	w.showDialog(subheading(lang.L("Save the action as a file")), container.NewVBox(to.row, hint), to.path,
		widgets.NewChipButton(nil, lang.L("Cancel"), w.closeDialog), widgets.NewChipButton(icon("export"), lang.L("Save"), accept))
}

// actionFiles parts files of actions from others, by what is in them.
func actionFiles(paths []string) (actions, others []string) {
	for _, path := range paths {
		if isActions(path) {
			actions = append(actions, path)
		} else {
			others = append(others, path)
		}
	}
	return actions, others
}

func isActions(path string) bool {
	info, err := os.Stat(path)
	if !strings.EqualFold(filepath.Ext(path), ".json") || err != nil || !info.Mode().IsRegular() || info.Size() > writing.MaxFile {
		return false
	}
	data, err := os.ReadFile(path)
	var f struct {
		Lamplight string `json:"lamplight"`
	}
	return err == nil && json.Unmarshal(data, &f) == nil && f.Lamplight == "actions"
}

// takeActions adds the actions of files. One that is there already by name and task is not added again, and one that comes with
// the program is never put aside.
func (h *help) takeActions(paths []string) {
	w := h.w
	if w.Vault == nil {
		w.sayNotOpen()
		return
	}
	w.work(func(context.Context) {
		var all []writing.Action
		var problem error
		for _, path := range paths {
			data, err := os.ReadFile(path)
			var list []writing.Action
			if err == nil {
				list, err = writing.Decode(data)
			}
			if err != nil {
				problem = err
			}
			all = append(all, list...)
		}
		w.do(func() {
			if problem != nil {
				w.Log.Warn("a file of actions was not taken")
				w.complain(message{lang.L("This file of actions cannot be used: something in it is missing or too long. Ask whoever made it for another one."), copyDetails}, problem)
			}
			if len(all) > 0 {
				h.addActions(all)
			}
		})
	})
}

// addActions adds those of some actions that are not there yet.
func (h *help) addActions(list []writing.Action) {
	w, v, keys := h.w, h.w.Vault, h.w.actionKeys()
	if v == nil {
		return
	}
	shown := slices.Clone(h.builtin) // one that was shared has the name that it had in the window
	for i := range shown {
		shown[i].Name, _ = h.name(shown[i])
	}
	w.inOrder(func() { // a file may be dropped again before this is done
		own, err := writing.Own(context.Background(), v)
		added := fresh(slices.Concat(h.builtin, shown, own), keys, list)
		for _, a := range added {
			if err == nil {
				err = writing.SaveOwn(context.Background(), v, a)
			}
		}
		w.do(func() {
			h.read()
			switch {
			case v != w.Vault:
			case err != nil:
				w.Log.Error("actions were not kept", "error", err)
				w.complain(explainVault(err), err)
			case len(added) == 0:
				w.mention(lang.L("You have these actions already."), "", nil)
			default:
				w.mention(lang.N("{{.N}} actions were added.", len(added), map[string]any{"N": len(added)}), lang.L("Actions"), h.openActions)
			}
		})
	})
}

// fresh are those of a list that differ from some actions in name or task, each with an ID of its own and with a key that is free.
func fresh(there []writing.Action, keys []fyne.KeyName, list []writing.Action) (added []writing.Action) {
	for _, a := range list {
		all := slices.Concat(there, added)
		if slices.ContainsFunc(all, func(b writing.Action) bool { return a.Name == b.Name && a.Task == b.Task }) {
			continue
		}
		if slices.ContainsFunc(all, func(b writing.Action) bool { return a.ID == b.ID }) {
			a.ID = newActionID()
		}
		if !slices.Contains(keys, fyne.KeyName(a.Shortcut)) || slices.ContainsFunc(all, func(b writing.Action) bool { return a.Shortcut == b.Shortcut }) {
			a.Shortcut = ""
		}
		added = append(added, a)
	}
	return added
}
