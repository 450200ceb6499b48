//go:build e2e

package e2e

import (
	"fmt"
	"regexp"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// escape is the key's name, XK_Escape.
const escape = 0xff1b

// press presses a key for an instant and returns when that was. A program like xdotool takes longer to start than what is
// to be measured.
func (s *source) press(key xproto.Keysym) (at time.Time, err error) {
	if err := xtest.Init(s.c); err != nil {
		return at, err
	}
	setup := xproto.Setup(s.c)
	first, n := setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)
	keys, err := xproto.GetKeyboardMapping(s.c, first, n).Reply()
	if err != nil {
		return at, err
	}
	for i, sym := range keys.Keysyms {
		if sym != key {
			continue
		}
		code := byte(first) + byte(i/int(keys.KeysymsPerKeycode))
		at = time.Now()
		err := xtest.FakeInputChecked(s.c, xproto.KeyPress, code, 0, s.root, 0, 0, 0).Check()
		if err != nil {
			return at, err
		}
		return at, xtest.FakeInputChecked(s.c, xproto.KeyRelease, code, 0, s.root, 0, 0, 0).Check()
	}
	return at, fmt.Errorf("the keyboard has no key %#x", key)
}

var logTime = regexp.MustCompile(`^time=(\S+)`)

// timeStop stops the answer that is being written, and says how long that took. The log has milliseconds.
func (p *program) timeStop(while string) {
	p.t.Helper()
	pressed, err := p.source.press(escape)
	must(p.t, err)
	line := p.await(`msg="answer ended" tokens=\d+ stopped=true`)
	ended, err := time.Parse(time.RFC3339, logTime.FindStringSubmatch(line)[1])
	must(p.t, err)
	p.t.Logf("stopped %d ms after the key, while %s", ended.Sub(pressed).Milliseconds(), while)
}
