package widgets

// OnFocus sets what is called when the button gets the focus, so that a page can scroll to it.
func (b *button) OnFocus(f func()) {
	b.onFocus = func(in bool) {
		if in {
			f()
		}
	}
}
