package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"lamplight/assistant"
	"lamplight/privacy/vault"
	"lamplight/ui/widgets"
)

// This file is what comes back when the program is started again. The size of the window and what it shows are in the
// settings; whatever tells something of the user's words, and of which conversation was open, is in the vault alone.

// memory is what was stored in the vault last.
type memory struct {
	taken  bool   // what the vault had is in its place, so that what is stored takes the place of that
	stored []byte // JSON; nil: nobody knows
	due    bool   // it is stored soon
}

// soon is how long what comes back may be in memory only.
const soon = 2 * time.Second

// maxPlaces is how many conversations keep where they were scrolled to.
const maxPlaces = 200

// keptPlace is where a conversation was scrolled to. At its end is where any other is.
type keptPlace struct {
	Conversation int64 `json:"conversation"`
	widgets.Place
}

// keepPlace notes where the conversation that is shown is scrolled to.
func (c *chatView) keepPlace() {
	if t := c.shown; t != nil && t.Read() && c.stream.Len() > 0 {
		t.place = nil
		if p, ok := c.stream.Place(); ok {
			t.place = &p
		}
	}
}

// showPlace scrolls to where the conversation was.
func (c *chatView) showPlace(t *talk) {
	if t.place != nil && c.shown == t && c.stream.Len() > 0 {
		c.stream.ScrollToPlace(*t.place)
	}
}

// places collects them. Private conversations have none.
func (c *chatView) places() (list []keptPlace) {
	c.keepPlace()
	for _, t := range c.all {
		if t.place != nil && !t.private && t.ID() != 0 && len(list) < maxPlaces {
			list = append(list, keptPlace{t.ID(), *t.place})
		}
	}
	return list
}

// putPlaces puts them where they belong.
func (c *chatView) putPlaces(list []keptPlace) {
	for _, p := range list {
		if t := c.stored(p.Conversation); t != nil && t.place == nil {
			t.place = &p.Place
			c.showPlace(t)
		}
	}
}

// rememberSoon has what comes back stored before long, for the case that the program does not end by itself.
func (w *Window) rememberSoon() {
	if w.memory.due || w.Vault == nil || !w.started {
		return
	}
	w.memory.due = true
	time.AfterFunc(soon, func() {
		w.do(func() {
			w.memory.due = false
			w.storeMemory()
		})
	})
}

// storeMemory stores what comes back, if that is not stored already.
func (w *Window) storeMemory() {
	v := w.Vault
	if v == nil || !w.memory.taken {
		return
	}
	d := w.chat.drafts()
	if w.chat.shown.draft.empty() { // the program begins with a new conversation, but for words that wait to be sent
		d.Shown = 0
	}
	data, err := json.Marshal(d)
	if err != nil || bytes.Equal(data, w.memory.stored) {
		return
	}
	w.memory.stored = data
	w.inOrder(func() {
		if err := d.replace(v, &w.draftFiles); err != nil {
			w.Log.Error("what comes back was not stored", "error", err)
			w.do(func() { w.memory.stored = nil })
			return
		}
		w.Log.Debug("what comes back was stored", "characters", d.characters())
	})
}

// characters is how long all drafts are together, which may be in the log.
func (d drafts) characters() (n int) {
	for _, x := range d.Drafts {
		n += utf8.RuneCountInString(x.Text)
	}
	return n
}

// replace puts drafts and places into the vault, in the place of all that was there.
func (d drafts) replace(v *vault.Vault, k *draftFiles) error {
	if d.nothing() {
		_, id, err := readDrafts(context.Background(), v)
		if err == nil && id != 0 {
			err = v.Purge(context.Background(), vault.Ref{Kind: vault.KindItem, ID: id})
		}
		if err == nil {
			err = k.look(v)
		}
		if err != nil {
			return err
		}
		return k.sweep(nil)
	}
	return k.put(v, d)
}

func (d drafts) nothing() bool {
	return d.Shown == 0 && len(d.Drafts) == 0 && len(d.Places) == 0 && len(d.Folded) == 0
}

// frameNow is what the settings keep of the window.
func (w *Window) frameNow() assistant.Frame {
	size := w.win.Canvas().Size()
	return assistant.Frame{
		Width: int(size.Width), Height: int(size.Height), Page: pageNames[w.current],
		List: int(w.chat.side.width), Unfolded: w.chat.side.unfolded,
	}
}

// firstSize is how large the window is when the program is started.
func firstSize(f assistant.Frame) fyne.Size {
	if f.Width == 0 || f.Height == 0 {
		return fyne.NewSize(1100, 740)
	}
	return fyne.NewSize(float32(f.Width), float32(f.Height))
}

// restoreFrame shows what was shown when the program was used last.
func (w *Window) restoreFrame() {
	f := w.Settings.Frame
	if f.List != 0 {
		w.chat.side.width, w.write.folding.width, w.story.folding.width = float32(f.List), float32(f.List), float32(f.List)
	}
	w.chat.side.unfolded = f.Unfolded
	w.show(max(0, slices.Index(pageNames[:], f.Page)))
}

// rememberAll stores what comes back when the window closes.
func (w *Window) rememberAll() {
	w.write.leaveAll()
	w.story.leave()
	w.storeMemory()
	w.rememberFrame()
}

// rememberFrame stores how large the window is and what page it shows, if that has changed.
func (w *Window) rememberFrame() {
	f := w.frameNow()
	if f == w.Settings.Frame || w.SettingsPath == "" || f.Width == 0 || f.Height == 0 {
		return
	}
	w.Settings.Frame = f
	s := w.Settings
	w.inOrder(func() {
		if err := s.Save(w.SettingsPath); err != nil {
			w.Log.Error("settings were not saved", "error", err)
		}
	})
}
