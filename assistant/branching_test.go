package assistant

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"lamplight/privacy/vault"
)

// plain is a conversation as simply as it can be kept: message i has ID i+1.
type plain struct {
	all  []message
	leaf int
}

type message struct {
	text         string
	answer, gone bool
	pinned       bool
	parent       int
}

func (p *plain) add(parent int, m message) int {
	m.parent = parent
	p.all = append(p.all, m)
	return len(p.all)
}

// up is what a message hangs at.
func (p *plain) up(id int) int {
	for id = p.all[id-1].parent; id != 0 && p.all[id-1].gone; {
		id = p.all[id-1].parent
	}
	return id
}

func (p *plain) below(id int) (ids []int) {
	for i, m := range p.all {
		if !m.gone && p.up(i+1) == id {
			ids = append(ids, i+1)
		}
	}
	return ids
}

func (p *plain) newest(id int) int {
	newest := id
	for _, b := range p.below(id) {
		newest = max(newest, p.newest(b))
	}
	return newest
}

func (p *plain) path() (ids []int) {
	for id := p.leaf; id != 0; id = p.up(id) {
		ids = append(ids, id)
	}
	slices.Reverse(ids)
	return ids
}

// slots are the messages of the turns, 0 for one that is missing.
func (p *plain) slots() (ids []int) {
	for _, id := range p.path() {
		if !p.all[id-1].answer && len(ids)%2 == 1 {
			ids = append(ids, 0)
		}
		ids = append(ids, id)
	}
	if len(ids)%2 == 1 {
		ids = append(ids, 0)
	}
	return ids
}

// lines are the turns as they should be.
func (p *plain) lines() (lines []string) {
	slots := p.slots()
	for i, id := range slots {
		pinned := p.all[slots[i&^1]-1].pinned
		if id == 0 {
			lines = append(lines, line("", 1, 1, pinned))
			continue
		}
		versions := p.below(p.up(id))
		lines = append(lines, line(p.all[id-1].text, slices.Index(versions, id)+1, len(versions), pinned))
	}
	return lines
}

func line(text string, version, versions int, pinned bool) string {
	return fmt.Sprintf("%q %d/%d %v", text, version, versions, pinned)
}

func linesOf(c *Conversation) (lines []string) {
	for _, t := range c.Turns() {
		lines = append(lines, line(t.Text, t.Version, t.Versions, t.Pinned))
	}
	return lines
}

// player does what a user might do, to a conversation and to the plain one.
type player struct {
	t      *testing.T
	random *rand.Rand
	r      *Runner
	s      Store
	c      *Conversation
	p      plain
	undo   []func() string
	n      int
}

// Whatever is done, in whatever order, a conversation is what one keeps that is as simple as can be.
func TestBranching(t *testing.T) {
	places(t, func(t *testing.T, s Store) {
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		r, _ := newRunner(t, short(512))
		p := &player{t: t, random: rand.New(rand.NewPCG(seed, 0)), r: r, s: s, c: NewConversation(r, s)}
		var done []string
		for range 150 {
			step := p.step()
			done = append(done, step)
			if got, want := linesOf(p.c), p.p.lines(); !slices.Equal(got, want) {
				t.Fatalf("after %q\n the turns are %q\nand should be %q", done, got, want)
			}
		}
		if v, ok := s.(*vault.Vault); ok {
			if err := v.Check(t.Context()); err != nil {
				t.Error(err)
			}
			if found, err := v.Verify(t.Context()); err != nil || len(found) > 0 {
				t.Errorf("%v, %v", found, err)
			}
		}
	})
}

func (p *player) step() string {
	p.n++
	seed, hot := p.random.Uint64(), float32(3)
	p.r.SetSettings(Settings{ContextLength: 512, Sampling: Sampling{Seed: &seed, Temperature: &hot}})
	turns := p.c.Turns()
	slots := p.p.slots()
	if len(turns) == 0 {
		return p.ask()
	}
	turn := p.random.IntN(len(turns))
	switch p.random.IntN(11) {
	case 0, 1:
		return p.ask()
	case 2:
		return p.again(turn|1, slots)
	case 3:
		return p.edit(turn&^1, slots)
	case 4:
		return p.goOn(slots)
	case 5, 6:
		return p.choose(turn, slots)
	case 7:
		return p.fork(turn, slots)
	case 8:
		return p.remove(turn, slots)
	case 9:
		if n := len(p.undo); n > 0 {
			f := p.undo[n-1]
			p.undo = p.undo[:n-1]
			return f()
		}
		return p.pin(turn, slots)
	}
	return p.restart()
}

// write lets an answer come, or stops it before its first word, and returns what is there of it.
func (p *player) write(f func(context.Context) iter.Seq2[Piece, error]) string {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	n := p.random.IntN(4)
	if n == 0 {
		cancel()
	}
	_, _, _ = follow(f(ctx), cancel, n) // how it ends makes no difference here
	turns := p.c.Turns()
	return turns[len(turns)-1].Text
}

func (p *player) ask() string {
	q := fmt.Sprintf("question %d", p.n)
	text := p.write(func(ctx context.Context) iter.Seq2[Piece, error] { return p.c.Ask(ctx, q) })
	return p.asked("ask", p.p.leaf, message{text: q}, text)
}

// asked notes a question and an answer. One that was stopped before it began may be taken back.
func (p *player) asked(what string, parent int, q message, text string) string {
	leaf := p.p.leaf
	id := p.p.add(parent, q)
	p.p.leaf = p.p.add(id, message{text: text, answer: true})
	if text != "" || p.random.IntN(2) == 0 {
		if p.c.Turns()[len(p.c.Turns())-1].id == 0 { // it was stopped before the answer was in the store
			p.p.all = p.p.all[:len(p.p.all)-1]
			p.p.leaf = id
		}
		return what + " " + q.text
	}
	_, remove, ok := p.c.Withdraw()
	if !ok {
		p.t.Fatalf("%s %q: it cannot be taken back", what, q.text)
	}
	if err := remove(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.p.all = p.p.all[:id-1]
	p.p.leaf = leaf
	return what + " and take back " + q.text
}

func (p *player) again(turn int, slots []int) string {
	before := p.c.Turns()
	text := p.write(func(ctx context.Context) iter.Seq2[Piece, error] { return p.c.Again(ctx, turn) })
	p.answered(turn, slots, before, text)
	return fmt.Sprint("again ", turn)
}

// answered notes another version of an answer.
func (p *player) answered(turn int, slots []int, before []Turn, text string) {
	if now := p.c.Turns(); len(now) == len(before) && now[turn].Text == before[turn].Text && now[turn].Version == before[turn].Version {
		return // no word came: nothing has changed
	}
	old := slots[turn]
	if old != 0 && p.p.all[old-1].text == "" && turn == len(slots)-1 {
		p.p.all[old-1].text = text
		return
	}
	p.p.leaf = p.p.add(slots[turn-1], message{text: text, answer: true})
}

func (p *player) edit(turn int, slots []int) string {
	q := message{text: fmt.Sprintf("edited %d", p.n), pinned: p.p.all[slots[turn]-1].pinned}
	parent := p.p.up(slots[turn])
	text := p.write(func(ctx context.Context) iter.Seq2[Piece, error] { return p.c.Edit(ctx, turn, q.text) })
	return p.asked(fmt.Sprint("edit ", turn), parent, q, text)
}

func (p *player) goOn(slots []int) string {
	last := len(slots) - 1
	turns := p.c.Turns()
	before := turns[last].Text
	text := p.write(p.c.Continue)
	if before == "" {
		p.answered(last, slots, turns, text)
		return "continue from nothing"
	}
	if !strings.HasPrefix(text, strings.TrimSuffix(before, "\uFFFD")) {
		p.t.Errorf("%q went on as %q", before, text)
	}
	p.p.all[slots[last]-1].text = text
	return "continue"
}

func (p *player) choose(turn int, slots []int) string {
	versions := p.c.Turns()[turn].Versions
	version := 1 + p.random.IntN(versions)
	if err := p.c.Switch(p.t.Context(), turn, version); err != nil {
		p.t.Fatal(err)
	}
	if id := slots[turn]; id != 0 {
		if ids := p.p.below(p.p.up(id)); ids[version-1] != id {
			p.p.leaf = p.p.newest(ids[version-1])
		}
	}
	return fmt.Sprintf("switch %d to %d of %d", turn, version, versions)
}

func (p *player) fork(turn int, slots []int) string {
	fork, err := p.c.Fork(p.t.Context(), turn)
	if err != nil {
		p.t.Fatal(err)
	}
	var want plain
	for _, id := range slots[:turn+1] {
		if id != 0 {
			want.leaf = want.add(want.leaf, p.p.all[id-1])
		}
	}
	if got := linesOf(fork); !slices.Equal(got, want.lines()) {
		p.t.Fatalf("forked at %d it is %q, want %q", turn, got, want.lines())
	}
	p.write(func(ctx context.Context) iter.Seq2[Piece, error] { return fork.Ask(ctx, "in the fork") })
	return fmt.Sprint("fork ", turn)
}

func (p *player) remove(turn int, slots []int) string {
	undo, err := p.c.RemoveTurn(p.t.Context(), turn)
	if err != nil {
		p.t.Fatal(err)
	}
	question := slots[turn&^1]
	ids := []int{question}
	for _, id := range p.p.below(question) {
		if p.p.all[id-1].answer {
			ids = append(ids, id)
		}
	}
	before := p.p.leaf
	for _, id := range ids {
		p.p.all[id-1].gone = true
	}
	if p.p.all[before-1].gone {
		p.p.leaf = p.p.newest(p.p.up(before))
	}
	after := p.p.leaf
	p.undo = append(p.undo, func() string {
		if err := undo(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
		for _, id := range ids {
			p.p.all[id-1].gone = false
		}
		if p.p.leaf == after {
			p.p.leaf = before
		}
		p.p.leaf = p.p.newest(p.p.leaf)
		return fmt.Sprint("undo the removal of ", question)
	})
	return fmt.Sprintf("remove %d: %v", turn, ids)
}

func (p *player) pin(turn int, slots []int) string {
	q := &p.p.all[slots[turn&^1]-1]
	q.pinned = !q.pinned
	if err := p.c.Pin(p.t.Context(), turn, q.pinned); err != nil {
		p.t.Fatal(err)
	}
	return fmt.Sprint("pin ", turn)
}

// restart reads the conversation as the next start of the program would.
func (p *player) restart() string {
	p.undo = nil
	if p.s == nil {
		p.c.unread = true
		if err := p.c.Load(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
		return "read again"
	}
	id := p.c.ID()
	list := loadAll(p.t, p.r, p.s)
	p.c = list[slices.IndexFunc(list, func(c *Conversation) bool { return c.ID() == id })]
	return "restart"
}
