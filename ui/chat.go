package ui

import (
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/lang"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/widget"

	"lamplight/assistant"
	"lamplight/assistant/attach"
	"lamplight/ui/widgets"
)

// chatView is the page Chat: the conversations at the left, the chosen one at the right. history.go has where
// they come from and go to, answer.go how they are answered, turns.go what is done with a message, picker.go the model
// that answers, usage.go the line at its foot.
type chatView struct {
	w *Window

	all     []*talk // the newest first
	shown   *talk
	reading bool // the vault's conversations are being listed for the first time
	moves   int  // how often something has come to the list, left it, or was asked or answered
	due     bool // the list is to be brought up to date when the answer ends
	sweeps  int  // how many deletions of what is over are under way
	reads   int  // how often a conversation was read: only the last one is shown
	running *run // the answer that is being written, nil while none is

	list     *keyList
	rows     []listRow       // of the list
	folded   map[string]bool // folders whose conversations are not in the list
	kept     *words          // where conversations are
	find     *widgets.ChipButton
	bin      *widgets.ChipButton // opens the trash
	trash    *trashView
	title    *words
	about    *words              // under the title: what becomes of the conversation
	clock    *widgets.IconButton // how long it is kept
	choice   *choiceBox          // of the model
	persona  *choiceBox          // who answers
	personas []assistant.Persona // those that can answer
	own      *widgets.IconButton // what the conversation has of its own
	stream   *widgets.StreamView
	prompt   *widgets.PromptBox
	files    *widgets.Flow          // of the draft, over the prompt
	chips    []*widgets.FileChip    // in files
	clip     *widgets.IconButton    // attaches a file
	write    *fyne.Container        // files and prompt
	sums     map[attach.File]string // what the files of drafts are called in the vault
	action   *widgets.ChipButton    // Send, or Stop
	meter    *widgets.Meter
	status   *words
	finder   *findBar
	sought   string // the query that has led to the message that is being read

	loading loading
	asking  bool // the user has just chosen a model, and is told when it does not fit
	usage   usage

	story  *widgets.LargeButton // has one told, in middle; nil until there was one
	middle *fyne.Container      // the stream, or what stands in its place while nothing was said
	vacant string               // what stands there
	side   *folding
	root   fyne.CanvasObject
}

func newChatView(w *Window) *chatView {
	c := &chatView{w: w, folded: map[string]bool{}, title: oneLined(subheading("")), about: oneLined(muted("")), status: muted("")}
	c.stream = widgets.NewStreamView()
	c.stream.Actions, c.stream.OnVersion, c.stream.OnQuote = c.turnActions, c.switchTo, c.quote
	c.stream.OnCopy = func(text string) { fyne.CurrentApp().Clipboard().SetContent(text) }
	c.stream.OnFile = c.openSent
	c.prompt = widgets.NewPromptBox(lang.L("Ask anything. It stays here."))
	c.prompt.OnSend = func(string) { c.send() }
	c.prompt.OnEscape = c.stop
	c.prompt.OnChanged = func(text string) {
		c.shown.draft.Text = text
		c.measure()
		c.w.rememberSoon()
	}
	c.prompt.OnPaste = c.pasted
	c.files = widgets.NewFlow()
	c.clip = widgets.NewIconButton(icon("attach"), lang.L("Attach a text file"), c.askAttach)
	c.action = widgets.NewChipButton(nil, "", nil)
	c.meter = widgets.NewMeter()
	c.choice, c.persona = newChoiceBox(nil, c.picked), newChoiceBox(nil, nil)
	c.list = newTalkList(c)
	c.all = []*talk{w.newTalk()}
	c.shown = c.all[0]
	c.root = c.arrange()
	c.settingsChanged(w.Settings)
	c.showAction()
	c.showChoice()
	c.open(c.all[0])
	c.readHistory()
	return c
}

func (c *chatView) arrange() fyne.CanvasObject {
	pad := func(top, bottom float32, o fyne.CanvasObject) fyne.CanvasObject {
		return container.New(layout.NewCustomPaddedLayout(top, bottom, 16, 16), o)
	}
	c.find = widgets.NewChipButton(icon("search"), lang.L("Search…")+"  "+shortcut{key: fyne.KeyK}.name(), c.w.openSearch)
	start := widgets.NewChipButton(icon("plus"), lang.L("New chat"), c.startNew)
	private := widgets.NewIconButton(icon("private"), lang.L("New private chat"), c.startPrivate)
	c.bin = widgets.NewChipButton(icon("trash"), lang.L("Trash"), c.openTrash)
	c.kept = muted("")
	top := container.NewVBox(c.find, container.NewBorder(nil, nil, nil, private, start))
	foot := container.NewVBox(c.bin, c.kept)
	side := container.New(layout.NewCustomPaddedLayout(8, 8, 8, 8), container.New(layout.NewBorderLayout(top, foot, nil, nil), top, c.list, foot))

	unfold := widgets.NewIconButton(icon("list"), lang.L("Conversations"), c.unfold)
	c.own = widgets.NewIconButton(icon("sliders"), lang.L("This chat"), c.w.openThisChat)
	c.clock = widgets.NewIconButton(icon("clock"), lang.L("How long it is kept"), c.askLifetime)
	remove := widgets.NewIconButton(icon("trash"), lang.L("Delete this chat"), func() { c.remove(c.shown) })
	export := widgets.NewIconButton(icon("export"), lang.L("Export this chat"), func() { c.export(c.shown) })
	right := container.NewHBox(container.New(&whoLayout{c}, c.persona, c.choice), container.NewCenter(c.own), container.NewCenter(c.clock), container.NewCenter(export), container.NewCenter(remove))
	head := bordered(nil, nil, container.NewCenter(unfold), right, container.New(&titleLines{}, c.title, c.about))
	send := container.New(layout.NewCustomPaddedLayout(0, 3, 0, 0), c.action) // in the middle of a box of one row
	clip := container.New(layout.NewCustomPaddedLayout(0, 4, 0, 0), c.clip)
	c.write = bordered(c.files, nil, nil, nil, c.prompt)
	write := bordered(nil, nil, container.NewVBox(layout.NewSpacer(), clip), container.NewVBox(layout.NewSpacer(), send), c.write)
	bottom := container.NewVBox(write, container.NewBorder(nil, nil, nil, c.meter, c.status))
	c.middle = container.NewStack()
	c.finder = newFindBar(c)
	page := bordered(
		container.NewVBox(pad(8, 0, head), widget.NewSeparator(), c.finder.root), pad(4, 8, bottom), nil, nil, c.middle)
	c.trash = newTrashView(c.w, page, lang.L("Back to the chat"), c.closeTrash)
	c.side = newFolding(side, container.NewStack(page, c.trash.root), unfold, head)
	return c.side.root
}

// unfold lays the list of conversations over the page of a narrow window, with the keyboard on it, or puts it
// away.
func (c *chatView) unfold() {
	c.side.toggle()
	if c.side.unfolded {
		c.w.focus(c.list)
	} else {
		c.w.focus(c.prompt)
	}
}

func (c *chatView) content() fyne.CanvasObject { return c.root }

func (c *chatView) enter() {
	c.showKept()    // its protection may have changed
	c.refreshList() // it may be another day
	c.w.look()
	c.measure()
	c.preload()
	c.w.focus(c.prompt)
}

// startNew shows an empty conversation: one that is there, or a new one.
func (c *chatView) startNew() {
	i := slices.IndexFunc(c.all, func(t *talk) bool { return t.empty() && !t.private })
	if i < 0 {
		c.all = slices.Insert(c.all, 0, c.w.newTalk())
		i = 0
	}
	c.open(c.all[i])
}

// startPrivate shows an empty conversation that is never stored.
func (c *chatView) startPrivate() {
	i := slices.IndexFunc(c.all, func(t *talk) bool { return t.empty() && t.private })
	if i < 0 {
		c.all = slices.Insert(c.all, 0, c.w.newPrivateTalk())
		i = 0
	}
	c.open(c.all[i])
}

// open shows a conversation.
func (c *chatView) open(t *talk) { c.openAt(t, 0) }

// openAt shows a conversation at a message of the vault; 0: at its end.
func (c *chatView) openAt(t *talk, message int64) {
	c.keepPlace()
	c.keepEdit()
	c.shown = t
	if !t.Pinned() && !t.private {
		delete(c.folded, t.Folder()) // it can be seen in the list
	}
	c.trash.hide()
	c.selectShown()
	c.showDraft()
	c.showTurns()
	c.finder.turned()
	if message == 0 {
		c.showPlace(t)
	}
	c.optionsChanged()
	c.w.rememberSoon()
	c.side.fold()
	if c.w.current == chatPage {
		c.w.focus(c.prompt)
	}
	if message != 0 || !t.Read() {
		c.read(t, message)
	}
}

// showTurns builds the stream from what was said.
func (c *chatView) showTurns() {
	c.putTurns(c.stream.SetTurns)
	c.resumeEdit()
}

// arrangeMiddle shows the stream, or what to do first while nothing was said.
func (c *chatView) arrangeMiddle() {
	m, ready := c.model()
	ready = ready && m.Err() == nil
	kind, o := "stream", func() fyne.CanvasObject { return c.stream }
	switch {
	case c.stream.Len() > 0:
	case !c.shown.Read():
		kind, o = "reading", func() fyne.CanvasObject { return container.NewStack() }
	case ready && m.BuiltIn() && c.w.shelf.starterAlone():
		kind, o = "begin "+c.w.finder.names(), c.firstSteps
	case ready && m.BuiltIn():
		kind, o = "starter "+c.w.shelf.missing.ID, c.starterReady
	case ready:
		kind, o = "ready "+m.Card.Name, func() fyne.CanvasObject { return c.ready(m.Card.Name) }
	case len(c.w.shelf.models) == 0:
		kind, o = "welcome "+c.w.finder.names(), c.w.welcome
	default:
		kind, o = "unready", c.unready
	}
	if kind == c.vacant {
		return
	}
	c.vacant = kind
	c.middle.Objects = []fyne.CanvasObject{o()}
	c.middle.Refresh()
}

func (c *chatView) settingsChanged(old assistant.Settings) {
	now := c.w.Settings
	c.prompt.EnterInserts = now.EnterInserts
	c.showHead()
	if old.Threads != now.Threads || old.ContextLength != now.ContextLength {
		c.preload()
	}
}

// shelfChanged shows the models as they are now.
func (c *chatView) shelfChanged() {
	c.showChoice()
	c.arrangeMiddle()
	c.preload()
}
