package main

import (
	"fmt"
	"io"
	"os"
)

// meter shows how far a command is on one line of a terminal, and nothing anywhere else.
type meter struct {
	w       io.Writer // nil: no terminal
	percent int64
}

func newMeter(w io.Writer) *meter {
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &meter{w: w, percent: -1}
		}
	}
	return &meter{}
}

// show is called as often as one likes; it writes when the percentage has changed.
func (m *meter) show(done, total int64, what string) {
	percent := done * 100 / max(total, 1)
	if m.w == nil || percent == m.percent {
		return
	}
	m.percent = percent
	fmt.Fprintf(m.w, "\r\033[K%3d %% %s", percent, what)
}

func (m *meter) clear() {
	if m.w != nil && m.percent >= 0 {
		fmt.Fprint(m.w, "\r\033[K")
	}
}
