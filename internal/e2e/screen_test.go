//go:build e2e

package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
	"golang.org/x/sys/unix"
)

// screen is what the X server shows: its own memory, in a file that is mapped. To look at it costs the server
// nothing.
type screen struct {
	pixels []byte // four bytes each
	line   int    // bytes of a row
}

// openScreen maps the file that Xvfb keeps its screen in. It is a picture in the format of xwd: a header, colours and
// pixels.
func openScreen(folder string) (*screen, error) {
	path := filepath.Join(folder, "Xvfb_screen0")
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	word := func(n int) int { return int(binary.BigEndian.Uint32(data[4*n:])) }
	size, bits, line, colors := word(0), word(11), word(12), word(19)
	if bits != 32 || size+12*colors+line > len(data) {
		return nil, fmt.Errorf("%s has %d bits a pixel and %d bytes a row", path, bits, line)
	}
	return &screen{data[size+12*colors:], line}, nil
}

// copyOf is what a part of the screen shows now.
func (s *screen) copyOf(r image.Rectangle, into []byte) []byte {
	into = into[:0]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		into = append(into, s.pixels[y*s.line+4*r.Min.X:][:4*r.Dx()]...)
	}
	return into
}

// shows reports whether a part of the screen looks like a copy.
func (s *screen) shows(r image.Rectangle, was []byte) bool {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		n := 4 * r.Dx()
		if !bytes.Equal(s.pixels[y*s.line+4*r.Min.X:][:n], was[:n]) {
			return false
		}
		was = was[n:]
	}
	return true
}

// typist presses keys as the keyboard does, through the extension XTEST.
type typist struct {
	p               *program
	letter, back    byte // keycodes
	screen          *screen
	latencies       []time.Duration
	lost, disturbed int
}

const (
	letterKey = 'n'
	backKey   = 0xff08
)

// newTypist needs a program whose display has its screen in a folder.
func newTypist(p *program) *typist {
	p.t.Helper()
	c := p.source.c
	must(p.t, xtest.Init(c))
	setup := xproto.Setup(c)
	first := setup.MinKeycode
	reply, err := xproto.GetKeyboardMapping(c, first, byte(setup.MaxKeycode-first+1)).Reply()
	must(p.t, err)
	ty := &typist{p: p}
	for i := len(reply.Keysyms) - 1; i >= 0; i-- {
		code := byte(int(first) + i/int(reply.KeysymsPerKeycode))
		switch reply.Keysyms[i] {
		case letterKey:
			ty.letter = code
		case backKey:
			ty.back = code
		}
	}
	ty.screen, err = openScreen(p.screenFolder)
	must(p.t, err)
	return ty
}

func (ty *typist) send(code byte) {
	ty.p.t.Helper()
	for _, event := range []byte{xproto.KeyPress, xproto.KeyRelease} {
		must(ty.p.t, xtest.FakeInputChecked(ty.p.source.c, event, code, 0, ty.p.source.root, 0, 0, 0).Check())
	}
}

// find types a letter and takes it back, and returns where, in a part of the screen in which nothing else changes, the
// row of text that has begun with it goes on.
func (ty *typist) find(in image.Rectangle) image.Rectangle {
	ty.p.t.Helper()
	ty.send(ty.letter) // the caret, and a hint that goes
	time.Sleep(settled)
	before := ty.screen.copyOf(in, nil)
	ty.send(ty.letter)
	time.Sleep(settled)
	after := ty.screen.copyOf(in, nil)
	for range 2 {
		ty.send(ty.back)
		time.Sleep(settled)
	}
	for x := range in.Dx() {
		for y := range in.Dy() {
			if i := 4 * (y*in.Dx() + x); !bytes.Equal(before[i:i+3], after[i:i+3]) {
				return image.Rect(in.Min.X+x-10, in.Min.Y, in.Max.X, in.Max.Y)
			}
		}
	}
	ty.p.t.Fatal("a letter that was typed is not seen")
	return in
}

// settled is less than it takes until the caret blinks, and much more than it takes to draw a letter.
const settled = 250 * time.Millisecond

// A key is typed while the caret stands still: Fyne's blinks only when nothing was typed for 0.3 s.
const (
	shortestPause = 60 * time.Millisecond
	longestPause  = 160 * time.Millisecond
	giveUp        = 2 * time.Second
)

// one presses a key and waits until the part of the screen where it belongs looks different.
func (ty *typist) one(code byte, where image.Rectangle) (took time.Duration, ok bool) {
	ty.p.t.Helper()
	return ty.seen(func() { ty.send(code) }, where)
}

// turn turns the wheel by a notch, down or up, where the pointer is.
func (ty *typist) turn(down bool) {
	ty.p.t.Helper()
	button := byte(4)
	if down {
		button = 5
	}
	for _, event := range []byte{xproto.ButtonPress, xproto.ButtonRelease} {
		must(ty.p.t, xtest.FakeInputChecked(ty.p.source.c, event, button, 0, ty.p.source.root, 0, 0, 0).Check())
	}
}

// scroll turns the wheel down and up, so many notches in all, and tells how long each took to be seen in a part of the screen.
func (ty *typist) scroll(notches int, where image.Rectangle) {
	ty.p.t.Helper()
	ty.latencies, ty.lost, ty.disturbed = nil, 0, 0
	for n := range notches {
		disturbed := ty.disturbed
		took, ok := ty.seen(func() { ty.turn(n/burst%2 == 0) }, where)
		switch {
		case ok:
			ty.latencies = append(ty.latencies, took)
		case ty.disturbed == disturbed:
			ty.lost++
		}
	}
}

// seen does something and waits until a part of the screen looks different, and then for a moment of random length, so that
// events come at all times between two frames.
func (ty *typist) seen(do func(), where image.Rectangle) (took time.Duration, ok bool) {
	ty.p.t.Helper()
	before := ty.screen.copyOf(where, nil)
	began := time.Now()
	do()
	for ty.screen.shows(where, before) {
		if time.Since(began) > giveUp {
			return 0, false
		}
		time.Sleep(100 * time.Microsecond)
	}
	took = time.Since(began)
	time.Sleep(shortestPause / 2) // to be drawn completely
	after := ty.screen.copyOf(where, nil)
	time.Sleep(shortestPause/2 + rand.N(longestPause-shortestPause))
	if !ty.screen.shows(where, after) { // something else is drawn there, of which this may have been a part
		ty.disturbed++
		return 0, false
	}
	return took, true
}

// burst is how many letters are typed before they are taken back: less than fill a row.
const burst = 20

// write types letters and takes them back, keys in all, where the keyboard is, and tells how long each took to be
// seen there.
func (ty *typist) write(keys int, where image.Rectangle) {
	ty.p.t.Helper()
	ty.latencies, ty.lost, ty.disturbed = nil, 0, 0
	for range 2 { // wakes the caret up
		ty.one(ty.letter, where)
	}
	for n := 0; n < keys; n++ {
		code := ty.letter
		if n/burst%2 == 1 {
			code = ty.back
		}
		disturbed := ty.disturbed
		took, ok := ty.one(code, where)
		switch {
		case ok:
			ty.latencies = append(ty.latencies, took)
		case ty.disturbed == disturbed:
			ty.lost++
		}
	}
	for range 2 + keys/burst%2*burst {
		ty.one(ty.back, where)
	}
}

func (ty *typist) report(t *testing.T, what string) {
	t.Helper()
	ms := func(part float64) float64 { return float64(quantile(ty.latencies, part).Microseconds()) / 1000 }
	t.Logf("%-46s %4d events: median %5.1f ms, 95th percentile %5.1f, 99th %5.1f, longest %5.1f (%d not seen, %d disturbed, load %s)",
		what, len(ty.latencies), ms(0.5), ms(0.95), ms(0.99), ms(1), ty.lost, ty.disturbed, load())
}
