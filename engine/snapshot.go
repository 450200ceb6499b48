package engine

import (
	"slices"
)

// Rings forget: once a conversation is longer than a ring, an earlier turn could only be changed by reading everything
// again. So the ends of turns are marked, and before a ring overwrites what a marked position sees, that is copied.
// Global layers forget nothing and need no copies.

const (
	// markSlack is how far before a mark its copy reaches beyond the window: the next prompt may change a few tokens
	// before the end of a turn.
	markSlack = 32
	// markBytes bounds the copies of a session; the oldest go first.
	markBytes = 64 << 20
)

// mark is the end of a turn.
type mark struct {
	position int      // positions before it are the prefix
	tiles    [][]byte // of each sliding-window layer and head, as EachTile has them; nil while the ring has them
	first    int      // position that the tiles begin with
}

// turnEnds marks the end of what the cache holds.
func (s *Session) turnEnds() {
	n := len(s.ids)
	if s.cache.ring == nil || slices.ContainsFunc(s.marks, func(m mark) bool { return m.position == n }) {
		return
	}
	s.marks = append(s.marks, mark{position: n})
}

// seen returns the first position that must be there for the query at position.
func (s *Session) seen(position int) int {
	if s.cache.ring == nil {
		return 0
	}
	return max(0, position+1-s.cache.ring.window)
}

// preserve copies what writing the positions before end is about to overwrite and a mark needs, and takes note of what
// the rings forget.
func (s *Session) preserve(end int) {
	if s.cache.ring == nil {
		return
	}
	oldest := end - s.cache.ring.slots() // positions before it are gone afterwards
	if oldest <= s.oldest {
		return
	}
	for i := range s.marks {
		m := &s.marks[i]
		if m.tiles == nil && s.seen(m.position) < oldest && s.seen(m.position) >= s.oldest {
			s.copyTo(m)
		}
	}
	s.oldest = oldest
	s.forgetMarks()
}

// eachTile calls f with every run of keys or values that holds the positions [first, end) of a ring: whole tiles of
// 16 positions, which lie together.
func (s *Session) eachTile(first, end int, f func(run []byte)) {
	for l := range s.cache.layers {
		layer := &s.cache.layers[l]
		if layer.slots() != s.cache.ring.slots() || layer.window != s.cache.ring.window {
			continue
		}
		for h := range layer.heads {
			layer.heads[h].EachTile(first, end, f)
		}
	}
}

func (s *Session) copyTo(m *mark) {
	m.first = max(s.oldest, s.seen(m.position)-markSlack, 0)
	s.eachTile(m.first, m.position, func(run []byte) { m.tiles = append(m.tiles, slices.Clone(run)) })
}

// forgetMarks drops the oldest copies while all together are too large.
func (s *Session) forgetMarks() {
	size := func(m mark) (n int) {
		for _, t := range m.tiles {
			n += len(t)
		}
		return n
	}
	total := 0
	for _, m := range s.marks {
		total += size(m)
	}
	for i := 0; i < len(s.marks) && total > markBytes; i++ {
		total -= size(s.marks[i])
		s.marks[i].tiles, s.marks[i].position = nil, -1
	}
	s.marks = slices.DeleteFunc(s.marks, func(m mark) bool { return m.position < 0 || m.tiles == nil && s.seen(m.position) < s.oldest })
}

// rollBack makes the cache ready to go on after the first n positions, of which it holds the ids, and returns how many
// of them can stay.
func (s *Session) rollBack(n int) int {
	if s.seen(n) < s.oldest {
		n = s.restore(n)
	}
	s.marks = slices.DeleteFunc(s.marks, func(m mark) bool { return m.position > n })
	return n
}

// restore brings the rings back to the latest mark from which position n can be reached.
func (s *Session) restore(n int) int {
	best := -1
	for i, m := range s.marks {
		if m.tiles != nil && s.seen(min(n, m.position)) >= m.first && (best < 0 || m.position > s.marks[best].position) && m.position <= n+markSlack {
			best = i
		}
	}
	if best < 0 {
		s.oldest = 0
		return 0
	}
	m := s.marks[best]
	tiles := m.tiles
	s.eachTile(m.first, m.position, func(run []byte) {
		copy(run, tiles[0])
		tiles = tiles[1:]
	})
	s.oldest = m.first
	return min(n, m.position)
}
