package vault

import "slices"

// Tree says how the messages of a conversation hang together without those that were deleted: what is below one
// of these hangs at what is above it. IDs are those of messages; 0 stands above the first ones.
type Tree struct {
	above map[int64]int64   // of all, the deleted ones too
	below map[int64][]int64 // the oldest first
	gone  map[int64]bool
	roles map[int64]string
}

// NewTree makes the tree of messages, of which it looks at ID, Parent, Role and whether Deleted is set. A parent comes
// before what is below it.
func NewTree(messages []Message) Tree {
	t := Tree{map[int64]int64{}, map[int64][]int64{}, map[int64]bool{}, map[int64]string{}}
	for _, m := range messages {
		above := t.Nearest(m.Parent)
		t.above[m.ID] = above
		if !m.Deleted.IsZero() {
			t.gone[m.ID] = true
			continue
		}
		t.below[above] = append(t.below[above], m.ID)
		t.roles[m.ID] = m.Role
	}
	return t
}

// Nearest is the message itself, or what is above it if it was deleted.
func (t Tree) Nearest(id int64) int64 {
	if t.gone[id] {
		return t.above[id]
	}
	return id
}

// Above is what a message hangs at, 0 if it is a first one.
func (t Tree) Above(id int64) int64 { return t.above[id] }

// Below are the messages that hang at this one, which are versions of each other, the oldest first.
func (t Tree) Below(id int64) []int64 { return t.below[id] }

// Role is whose message it is.
func (t Tree) Role(id int64) string { return t.roles[id] }

// Path is the way from a first message to this one, or to what is above it if it was deleted.
func (t Tree) Path(id int64) (path []int64) {
	for id = t.Nearest(id); id != 0; id = t.above[id] {
		path = append(path, id)
	}
	slices.Reverse(path)
	return path
}

// Newest is the newest message below this one, or the message itself if nothing is.
func (t Tree) Newest(id int64) int64 {
	newest := id
	for look := []int64{id}; len(look) > 0; {
		id = look[len(look)-1]
		newest, look = max(newest, id), append(look[:len(look)-1], t.below[id]...)
	}
	return newest
}

// Place fills in what of a message depends on the others: Parent, Version and Versions.
func (t Tree) Place(m *Message) {
	m.Parent = t.above[m.ID]
	versions := t.below[m.Parent]
	m.Versions = len(versions)
	i, _ := slices.BinarySearch(versions, m.ID)
	m.Version = i + 1
}
