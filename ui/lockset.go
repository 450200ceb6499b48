package ui

import (
	"reflect"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"lamplight/assistant"
	"lamplight/privacy/vault"
)

// lockMinutes are the times to choose from after which the window locks itself.
var lockMinutes = []int{assistant.Never, 1, 5, 15, 60}

// lockRows are the settings about when the window locks itself.
type lockRows struct {
	p            *privacyView
	after, sleep *choiceBox
	rows         []fyne.CanvasObject
}

func newLockRows(p *privacyView) *lockRows {
	r := &lockRows{p: p}
	names := make([]string, len(lockMinutes))
	for i, n := range lockMinutes {
		if names[i] = lang.L("Never"); n > 0 {
			names[i] = lang.N("{{.N}} minutes", n, map[string]any{"N": n})
		}
	}
	r.after = p.scroll.choice(names)
	r.after.OnChanged = func(string) {
		if i := r.after.SelectedIndex(); i >= 0 {
			r.change(func(s *assistant.Settings) { s.LockAfter = lockMinutes[i] })
		}
	}
	r.sleep = p.scroll.choice([]string{lang.L("Lock"), lang.L("Stay open")})
	r.sleep.OnChanged = func(string) {
		r.change(func(s *assistant.Settings) {
			s.LockAtSleep = [2]int{1, assistant.Never}[max(0, r.sleep.SelectedIndex())]
		})
	}
	r.rows = []fyne.CanvasObject{
		row(lang.L("Lock after"), muted(lang.L("Time without a key, a movement or an answer. An answer is stored before; private chats end.")), r.after),
		row(lang.L("When the computer sleeps"), muted(lang.L("Or when its screen is locked, where the system tells.")), r.sleep),
	}
	return r
}

func (r *lockRows) change(f func(*assistant.Settings)) {
	s := r.p.w.Settings
	f(&s)
	if !reflect.DeepEqual(s, r.p.w.Settings) {
		r.p.w.changeSettings(s)
	}
}

// show shows what is in force, which depends on the protection as long as the user has chosen nothing.
func (r *lockRows) show(p vault.Protection) {
	s, passphrase := r.p.w.Settings, p == vault.Passphrase
	minutes := int(s.LockTime(passphrase).Minutes())
	if minutes == 0 {
		minutes = assistant.Never
	}
	set := func(c *choiceBox, i int) {
		changed := c.OnChanged
		c.OnChanged = nil
		if i < 0 { // set by hand in the file
			c.ClearSelected()
		} else {
			c.SetSelectedIndex(i)
		}
		c.OnChanged = changed
	}
	set(r.after, slices.Index(lockMinutes, minutes))
	if s.LocksAtSleep(passphrase) {
		set(r.sleep, 0)
	} else {
		set(r.sleep, 1)
	}
	for _, o := range r.rows {
		show(o, r.p.w.Open != nil)
	}
}
