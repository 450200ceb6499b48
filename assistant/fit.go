package assistant

import (
	"maps"
	"slices"
	"sync"

	"lamplight/assistant/attach"
	"lamplight/engine/chat"
)

// view is what a model sees of a conversation.
type view struct {
	dropped []bool // by turn: it has left the view
	tokens  int
	over    int // tokens of a last question that have no room
}

// fit says what a model sees of turns with these costs, in tokens, beside base tokens that always stay. It goes through
// the conversation as it went: when a question does not fit, the oldest turns that are not pinned leave until the
// context is half empty. A prompt whose beginning changes must be read anew, which should not happen with every
// question. Turns leave in pairs, so that the user's always stands first, and do not come back while the conversation
// grows. What is seen follows from what was said alone, so it is the same when the conversation is read again.
func fit(turns []Turn, costs []int, base, context int) view {
	v := view{dropped: make([]bool, len(turns)), tokens: base}
	limit := context - reserve(context)
	oldest, newest := 0, 0 // all turns before oldest have left or stay; none at or after newest has left
	for i := 0; i < len(turns); i += 2 {
		if unanswered(turns, i) {
			continue
		}
		v.tokens += costs[i]
		if v.tokens > limit {
			for ; oldest < i && v.tokens > context/2; oldest += 2 {
				if !turns[oldest].Pinned && !unanswered(turns, oldest) {
					v.tokens -= costs[oldest] + costs[oldest+1]
					v.dropped[oldest], v.dropped[oldest+1] = true, true
					newest = oldest + 2
				}
			}
		}
		if i+1 < len(turns) {
			v.tokens += costs[i+1]
		} else {
			v.over = max(0, v.tokens-limit)
		}
	}
	for i := range newest { // what the model never sees is no exception among what it no longer sees
		v.dropped[i] = v.dropped[i] || unanswered(turns, i) && !turns[i].Pinned
	}
	return v
}

// counter counts the tokens of a conversation, and remembers them: a keystroke changes the draft only.
type counter struct {
	mu     sync.Mutex
	reader *reader
	turns  []counted           // as they were counted last, by their place
	files  map[attach.File]int // of drafts
	system string
	prefix int // tokens of system
}

// counted is a turn and its cost.
type counted struct {
	Turn
	cost int
}

// view counts turns and fits them into a context. More are tokens that the last turn needs beside its own.
func (n *counter) view(r *reader, system string, turns []Turn, context int, more ...int) view {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.readBy(r)
	if system != n.system {
		n.system, n.prefix = system, 0
		if system != "" {
			n.prefix = len(r.tok.Encode(system + paragraphEnd))
		}
	}
	n.turns = append(n.turns, make([]counted, max(0, len(turns)-len(n.turns)))...)[:len(turns)]
	costs := make([]int, len(turns))
	for i, t := range turns {
		if unanswered(turns, i) {
			continue
		}
		if n.turns[i].cost == 0 || !n.turns[i].same(t) {
			n.turns[i] = counted{t, n.cost(t)}
		}
		costs[i] = n.turns[i].cost
	}
	for _, m := range more {
		costs[len(costs)-1] += m
	}
	return fit(turns, costs, r.empty+n.prefix, context)
}

// ofFiles counts each of the files, as they will be quoted.
func (n *counter) ofFiles(r *reader, files []attach.File) []int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.readBy(r)
	counts := make([]int, len(files))
	for i, f := range files {
		counts[i] = n.file(f)
	}
	n.forget(files)
	return counts
}

// file counts a file.
func (n *counter) file(f attach.File) int {
	count, ok := n.files[f]
	if !ok {
		count = len(n.reader.tok.Encode(quote(f)))
		n.files[f] = count
	}
	return count
}

// forget keeps of the counts of files those of the draft.
func (n *counter) forget(draft []attach.File) {
	if len(n.files) > len(draft) {
		maps.DeleteFunc(n.files, func(f attach.File, _ int) bool { return !slices.Contains(draft, f) })
	}
}

// cost counts the tokens of a turn with what the layout puts around it.
func (n *counter) cost(t Turn) int {
	r := n.reader
	if t.Role == chat.Assistant && r.wrote(t) {
		return r.answer + len(t.ids)
	}
	tokens := r.question
	if t.Role == chat.Assistant {
		tokens = r.answer
	}
	quoted := map[string]attach.File{}
	for _, f := range t.Files {
		quoted[quote(f)] = f
	}
	for _, part := range parts(r.body(t), "", t) {
		if f, ok := quoted[part]; ok {
			tokens += n.file(f)
		} else {
			tokens += len(r.tok.Encode(part))
		}
	}
	return tokens
}

// body is what the layout makes of the words of a turn.
func (r *reader) body(t Turn) string {
	segments, err := r.format.Render([]chat.Message{{Role: chat.User, Text: t.said()}}, false) // it makes no difference who speaks
	if err != nil {
		return t.said()
	}
	i := slices.IndexFunc(segments, func(s chat.Segment) bool { return !s.Control })
	if i < 0 {
		return ""
	}
	return segments[i].Text
}

// readBy begins anew for another model.
func (n *counter) readBy(r *reader) {
	if n.reader != r {
		n.reader, n.turns, n.files, n.system, n.prefix = r, nil, map[attach.File]int{}, "", 0
	}
}

// same reports whether a turn costs what this one does. What is shared is compared by where it is.
func (c counted) same(t Turn) bool {
	return c.Role == t.Role && c.model == t.model && len(c.ids) == len(t.ids) && (len(t.ids) == 0 || &c.ids[0] == &t.ids[0]) &&
		c.Text == t.Text && slices.Equal(c.Files, t.Files)
}
