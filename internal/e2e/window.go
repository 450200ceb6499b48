//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// look is what the program last said of its window. That may be a moment older than an event that was just awaited:
// who looks waits for what can only be so afterwards.
type look struct {
	places   string // of the controls that can be seen: name=x,y name=x,y …
	focus    string // the control that has the keyboard
	typed    int    // characters in the prompt
	turns    int    // of the conversation that is shown
	written  int    // bytes of its last turn
	imported int    // percent, of the last import
	job      int    // percent, of what is being done in the background; 0: nothing is
	greyed   int    // turns that the model does not see, or would not with the draft
	found    int    // places that are marked because they were looked for
	moves    int    // how often the keyboard has gone to another control
	document int    // bytes of the document that is shown
	cursor   int    // where in it, in bytes
	selected int    // bytes of it
}

var (
	lookLine = regexp.MustCompile(`msg=places at="?([^"\n]*?)"? focus="?([^"\n]*?)"? (typed=.*)\n`)
	lookPart = regexp.MustCompile(`(\w+)=(\d+)`)
)

func (p *program) look() look {
	all := lookLine.FindAllStringSubmatch(p.log()[p.began:], -1)
	if len(all) == 0 {
		return look{}
	}
	last := all[len(all)-1]
	n := map[string]int{}
	for _, part := range lookPart.FindAllStringSubmatch(last[3], -1) {
		n[part[1]], _ = strconv.Atoi(part[2]) // they are digits
	}
	return look{last[1], last[2], n["typed"], n["turns"], n["written"], n["import"], n["job"], n["greyed"], n["found"], n["moves"], n["document"], n["cursor"], n["selected"]}
}

// place returns the middle of a control, in pixels of the window, and false while it cannot be seen.
func (l look) place(name string) (x, y int, ok bool) {
	for field := range strings.FieldsSeq(l.places) {
		if n, err := fmt.Sscanf(field, name+"=%d,%d", &x, &y); n == 2 && err == nil {
			return x, y, true
		}
	}
	return 0, 0, false
}

func (l look) has(name string) bool {
	_, _, ok := l.place(name)
	return ok
}

// xdotool sends keys and clicks.
func (p *program) xdotool(args ...string) {
	p.t.Helper()
	c := exec.Command("xdotool", args...)
	c.Env = append(os.Environ(), "DISPLAY="+p.display, "LC_ALL=C.UTF-8")
	if out, err := c.CombinedOutput(); err != nil {
		p.t.Fatalf("xdotool %v: %v\n%s", args, err, out)
	}
}

// again is how long a click or key may go without effect before it is sent again.
const again = 3 * time.Second

// click clicks a control until it has done what it should: a layout that changes moves controls away from
// under the pointer.
func (p *program) click(name string, done func() bool) {
	p.t.Helper()
	var clicked time.Time
	p.until(name+" to do what it should", func() bool {
		if !clicked.IsZero() && done() {
			return true
		}
		if time.Since(clicked) > again && p.clickOnce(name) {
			clicked = time.Now()
		}
		return false
	})
}

// clickOnce clicks a control, and reports false if it cannot be seen.
func (p *program) clickOnce(name string) bool {
	p.t.Helper()
	x, y, ok := p.look().place(name)
	if !ok {
		return false
	}
	wx, wy, err := p.source.position(p.window)
	if err != nil {
		p.t.Fatal(err)
	}
	p.xdotool("mousemove", strconv.Itoa(wx+x), strconv.Itoa(wy+y), "click", "1")
	return true
}

// gone is the usual end of a click on a notice: it goes away.
func (p *program) gone(name string) func() bool {
	return func() bool { return !p.look().has(name) }
}

// openPage clicks an entry of the rail.
func (p *program) openPage(name string) {
	p.t.Helper()
	event := `msg="page shown" name=` + name
	p.click("rail-"+name, func() bool { return p.came(event) })
	p.await(event)
	p.until("the page "+name, func() bool { l := p.look(); return l.has("prompt") == (name == "chat") && l.has("rail-"+name) })
}

// typeText writes into the prompt, which is empty, and clicks it first if the keyboard is elsewhere.
func (p *program) typeText(text string) {
	p.t.Helper()
	var clicked time.Time
	p.until("an empty prompt with the keyboard", func() bool {
		l := p.look()
		if l.typed == 0 && l.focus != "prompt" && time.Since(clicked) > again && p.clickOnce("prompt") {
			clicked = time.Now()
		}
		return l.typed == 0 && l.focus == "prompt"
	})
	p.xdotool("type", "--delay", "15", text)
	p.until("the prompt to have what was typed", func() bool { return p.look().typed == utf8.RuneCountInString(text) })
}

// key presses a key, such as Return or ctrl+n.
func (p *program) key(name string) {
	p.t.Helper()
	p.xdotool("key", name)
}

// ask types a question and sends it.
func (p *program) ask(text string) {
	p.t.Helper()
	p.typeText(text)
	p.key("Return")
	p.await(`msg="answer started"`)
}

// fresh begins a conversation.
func (p *program) fresh() {
	p.t.Helper()
	p.key("ctrl+n")
	p.until("a new conversation", func() bool { return p.look().turns == 0 })
}

// stopAfter stops the answer that is being written when the conversation has so many turns and the answer more than so many
// bytes, and returns how many it has then.
func (p *program) stopAfter(turns, bytes int) (written int) {
	p.t.Helper()
	var l look
	there := func(button string) func() bool {
		return func() bool {
			l = p.look()
			return l.has(button) && l.turns == turns && l.written > bytes
		}
	}
	p.until("some words", there("stop"))
	p.key("Escape")
	p.await(`msg="answer ended" tokens=[1-9]\d* stopped=true`)
	p.until("the end of the answer", there("send"))
	return l.written
}

// scrollTo moves the conversation by a key, Home or End, until a button under a turn is in view.
func (p *program) scrollTo(key, button string) {
	p.t.Helper()
	x, y, err := p.source.position(p.window)
	if err != nil {
		p.t.Fatal(err)
	}
	p.until("the keyboard in the conversation", func() bool {
		if p.look().focus == stream {
			return true
		}
		p.xdotool("mousemove", strconv.Itoa(x+700), strconv.Itoa(y+300), "click", "1")
		time.Sleep(again / 10)
		return false
	})
	p.key(key)
	p.until("the button "+button, func() bool { return p.look().has(button) })
}

// ofTurn chooses from the menu of a turn.
func (p *program) ofTurn(more string, keys ...string) {
	p.t.Helper()
	p.click(more, func() bool { return p.look().focus == menu })
	p.keys(keys...)
}

// What has the keyboard, where that has no label.
const (
	talks  = "*ui.keyList" // the list of conversations
	stream = "*widgets.streamPort"
	menu   = "*widget.PopUpMenu"
	choice = "*ui.choiceBox"       // a list of which one is chosen
	shaded = "*widgets.shadedText" // an answer that is looked at word by word
)

// tabTo moves the keyboard from control to control until it is on one with this label.
func (p *program) tabTo(label string) {
	p.t.Helper()
	p.tabFor(fmt.Sprintf("%q", label), func(focus string) bool { return focus == label })
}

// tabFor moves the keyboard on until it is where it should be.
func (p *program) tabFor(what string, there func(focus string) bool) {
	p.t.Helper()
	for range 60 {
		if there(p.look().focus) {
			return
		}
		p.tab()
	}
	p.t.Fatalf("the Tab key does not lead to %s", what)
}

// tab moves the keyboard to the next control.
func (p *program) tab() {
	p.t.Helper()
	before := p.look().moves
	p.key("Tab")
	pressed := time.Now()
	p.until("the focus to move", func() bool { return p.look().moves != before || time.Since(pressed) > again }) // there may be no other one
}

// openModels opens the page, with the keyboard no longer in the prompt.
func (p *program) openModels() {
	p.t.Helper()
	p.openPage("models")
	p.until("the focus elsewhere", func() bool { return p.look().focus != "prompt" })
}

// press leads the keyboard to a button and presses it.
func (p *program) press(label string) {
	p.t.Helper()
	p.tabTo(label)
	p.key("Return")
}

// menu opens the menu of a model.
func (p *program) menu(name string) {
	p.t.Helper()
	label := "More about " + name
	p.press(label)
	p.until("the menu", func() bool { return p.look().focus != label })
}

// keys presses one key after the other.
func (p *program) keys(names ...string) {
	p.t.Helper()
	for _, name := range names {
		p.key(name)
	}
}

// drop drops files on the middle of the window.
func (p *program) drop(paths ...string) {
	p.t.Helper()
	x, y, err := p.source.position(p.window)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.source.drop(p.window, x+600, y+300, paths, patience); err != nil {
		p.t.Fatal(err)
	}
}

// shot keeps a picture of the window in the folder that LAMPLIGHT_E2E_SHOTS names.
func (p *program) shot(name string) {
	folder := os.Getenv("LAMPLIGHT_E2E_SHOTS")
	if folder == "" || p.window == 0 || p.hasEnded() { // of a window that is gone there is never a picture
		return
	}
	p.shots++
	path := filepath.Join(folder, fmt.Sprintf("%s-%02d-%s.png", strings.ReplaceAll(p.t.Name(), "/", "-"), p.shots, name))
	if err := p.picture(path); err != nil {
		p.t.Log(err)
	}
}

// picture writes what the window shows.
func (p *program) picture(path string) error {
	c := exec.Command("import", "-window", fmt.Sprint(p.window), "-strip", "+dither", "-colors", "256", "PNG8:"+path)
	c.Env = append(os.Environ(), "DISPLAY="+p.display)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("picture %s: %w\n%s", path, err, out)
	}
	return nil
}
