package buffer

import "slices"

// Follower knows where the parts went that the text had when the follower was made, however it was changed since.
type Follower struct{ edits []change }

// change is an edit as far as it moves what is around it: n bytes took the place of a part.
type change struct {
	Range
	n int
}

// Follow returns a follower of the text as it is now. Whoever needs it no longer tells [Buffer.Unfollow].
func (b *Buffer) Follow() *Follower {
	f := &Follower{}
	b.followers = append(b.followers, f)
	return f
}

// Unfollow ends a follower; nil is none. It stays with what it knows.
func (b *Buffer) Unfollow(f *Follower) {
	b.followers = slices.DeleteFunc(b.followers, func(x *Follower) bool { return x == f })
}

// Now is where a part is now. It grows with what is put into it or behind its end, and shrinks by what is removed
// from it.
func (f *Follower) Now(r Range) Range {
	for _, c := range f.edits {
		switch {
		case r.Start >= c.End:
			r.Start += c.n - c.Len()
		case r.Start > c.Start:
			r.Start = c.Start + min(r.Start-c.Start, c.n)
		}
		switch {
		case r.End >= c.End:
			r.End += c.n - c.Len()
		case r.End > c.Start:
			r.End = c.Start + min(r.End-c.Start, c.n)
		}
	}
	r.End = max(r.Start, r.End)
	return r
}
