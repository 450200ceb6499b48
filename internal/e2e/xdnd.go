//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// source is a small X11 client from which a file is dragged: it speaks the source's side of XDND 5
// (freedesktop.org, "Drag-and-Drop Protocol for the X Window System").
type source struct {
	c      *xgb.Conn
	window xproto.Window
	root   xproto.Window
	atoms  map[string]xproto.Atom
}

var atomNames = []string{
	"XdndSelection", "XdndEnter", "XdndPosition", "XdndStatus", "XdndDrop", "XdndFinished", "XdndActionCopy", "text/uri-list",
	"WM_PROTOCOLS", "WM_DELETE_WINDOW",
}

func newSource(display string) (*source, error) {
	xgb.Logger.SetOutput(io.Discard) // it says that the display asks for no password
	c, err := xgb.NewConnDisplay(display)
	if err != nil {
		return nil, err
	}
	s := &source{c: c, atoms: map[string]xproto.Atom{}}
	screen := xproto.Setup(c).DefaultScreen(c)
	s.root = screen.Root
	for _, name := range atomNames {
		reply, err := xproto.InternAtom(c, false, uint16(len(name)), name).Reply()
		if err != nil {
			return nil, fmt.Errorf("atom %s: %w", name, err)
		}
		s.atoms[name] = reply.Atom
	}
	if s.window, err = xproto.NewWindowId(c); err != nil {
		return nil, err
	}
	err = xproto.CreateWindowChecked(c, screen.RootDepth, s.window, s.root, -10, -10, 1, 1, 0,
		xproto.WindowClassInputOutput, screen.RootVisual, 0, nil).Check()
	return s, err
}

func (s *source) close() { s.c.Close() }

// send sends a client message about our window to theirs.
func (s *source) send(to xproto.Window, kind string, data [4]uint32) error {
	return s.message(to, s.atoms[kind], []uint32{uint32(s.window), data[0], data[1], data[2], data[3]})
}

func (s *source) message(to xproto.Window, kind xproto.Atom, data []uint32) error {
	event := xproto.ClientMessageEvent{Format: 32, Window: to, Type: kind, Data: xproto.ClientMessageDataUnionData32New(data)}
	return xproto.SendEventChecked(s.c, false, to, 0, string(event.Bytes())).Check()
}

// drop drags the files at paths over the window to pixel x, y of the screen and lets go. It returns when the
// window has said that it is done with them.
func (s *source) drop(target xproto.Window, x, y int, paths []string, timeout time.Duration) error {
	if err := xproto.SetSelectionOwnerChecked(s.c, s.window, s.atoms["XdndSelection"], xproto.TimeCurrentTime).Check(); err != nil {
		return err
	}
	const version = 5 << 24
	if err := s.send(target, "XdndEnter", [4]uint32{version, uint32(s.atoms["text/uri-list"]), 0, 0}); err != nil {
		return err
	}
	at := uint32(x)<<16 | uint32(y)
	if err := s.send(target, "XdndPosition", [4]uint32{0, at, 0, uint32(s.atoms["XdndActionCopy"])}); err != nil {
		return err
	}
	var list strings.Builder
	for _, p := range paths {
		list.WriteString((&url.URL{Scheme: "file", Path: p}).String() + "\r\n")
	}
	deadline := time.Now().Add(timeout)
	for time.Now().Before(deadline) {
		event, failure := s.c.PollForEvent()
		if failure != nil {
			return failure
		}
		if event == nil {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		done, err := s.answer(target, event, list.String())
		if done || err != nil {
			return err
		}
	}
	return fmt.Errorf("the window did not take the drop within %v", timeout)
}

// answer reacts to one event of a drag.
func (s *source) answer(target xproto.Window, event xgb.Event, list string) (done bool, err error) {
	switch e := event.(type) {
	case xproto.SelectionRequestEvent:
		return false, s.hand(e, list)
	case xproto.ClientMessageEvent:
		switch e.Type {
		case s.atoms["XdndStatus"]:
			if e.Data.Data32[1]&1 == 0 {
				return true, fmt.Errorf("the window refuses the drop")
			}
			return false, s.send(target, "XdndDrop", [4]uint32{0, 0, 0, 0})
		case s.atoms["XdndFinished"]:
			return true, nil
		}
	}
	return false, nil
}

// hand gives the list of files to whoever asks for the selection.
func (s *source) hand(e xproto.SelectionRequestEvent, list string) error {
	err := xproto.ChangePropertyChecked(s.c, xproto.PropModeReplace, e.Requestor, e.Property, e.Target, 8, uint32(len(list)), []byte(list)).Check()
	if err != nil {
		return err
	}
	notify := xproto.SelectionNotifyEvent{Time: e.Time, Requestor: e.Requestor, Selection: e.Selection, Target: e.Target, Property: e.Property}
	return xproto.SendEventChecked(s.c, false, e.Requestor, 0, string(notify.Bytes())).Check()
}

// closeWindow asks a window to close, as a window manager does.
func (s *source) closeWindow(target xproto.Window) error {
	return s.message(target, s.atoms["WM_PROTOCOLS"], []uint32{uint32(s.atoms["WM_DELETE_WINDOW"]), 0, 0, 0, 0})
}

// find returns the window with a title, among the children of the root.
func (s *source) find(title string) (xproto.Window, bool) {
	tree, err := xproto.QueryTree(s.c, s.root).Reply()
	if err != nil {
		return 0, false
	}
	for _, w := range tree.Children {
		p, err := xproto.GetProperty(s.c, false, w, xproto.AtomWmName, xproto.GetPropertyTypeAny, 0, 256).Reply()
		if err == nil && string(p.Value) == title {
			return w, true
		}
	}
	return 0, false
}

// position returns the place of a window's upper left pixel on the screen.
func (s *source) position(w xproto.Window) (x, y int, err error) {
	reply, err := xproto.TranslateCoordinates(s.c, w, s.root, 0, 0).Reply()
	if err != nil {
		return 0, 0, err
	}
	return int(reply.DstX), int(reply.DstY), nil
}
