package review

import "slices"

// block is a part of the old pieces and the part of the new ones that takes its place: they differ. At least one
// of them is not empty.
type block struct {
	oldFrom, oldTo int
	newFrom, newTo int
}

const (
	// effort is how many steps the comparison of a stretch may take, for each piece of it, before it is done more
	// coarsely: enough for any stretch of 64 pieces, and for larger ones that have much in common.
	effort = 64
	// long is how many pieces a stretch has for which phrases of phrase pieces are looked for first: what has many of
	// them in common is compared in a time that grows with its length only.
	long, phrase = 512, 7
)

// compare returns where the pieces differ, in order. What lies between two blocks is the same in both.
func compare(a, b []string) []block {
	c := comparison{}
	ids := map[string]int32{}
	number := func(pieces []string) []int32 {
		list := make([]int32, len(pieces))
		for i, p := range pieces {
			id, ok := ids[p]
			if !ok {
				id = int32(len(ids))
				ids[p] = id
			}
			list[i] = id
		}
		return list
	}
	c.a, c.b = number(a), number(b)
	c.stretch(0, len(a), 0, len(b))
	return c.blocks
}

type comparison struct {
	a, b   []int32 // the pieces, by number: the same number is the same piece
	blocks []block
	trace  [][]int32 // of shortest: what was reached after each number of changes
	spare  []int32   // memory for more of that
}

// differ notes that a stretch has nothing in common.
func (c *comparison) differ(al, ah, bl, bh int) {
	if al == ah && bl == bh {
		return
	}
	if n := len(c.blocks); n > 0 && c.blocks[n-1].oldTo == al && c.blocks[n-1].newTo == bl {
		c.blocks[n-1].oldTo, c.blocks[n-1].newTo = ah, bh
		return
	}
	c.blocks = append(c.blocks, block{al, ah, bl, bh})
}

// stretch compares a[al:ah] with b[bl:bh].
func (c *comparison) stretch(al, ah, bl, bh int) {
	for al < ah && bl < bh && c.a[al] == c.b[bl] {
		al, bl = al+1, bl+1
	}
	for al < ah && bl < bh && c.a[ah-1] == c.b[bh-1] {
		ah, bh = ah-1, bh-1
	}
	if al == ah || bl == bh {
		c.differ(al, ah, bl, bh)
		return
	}
	var anchors [][2]int
	if ah-al+bh-bl > long {
		anchors = c.anchors(al, ah, bl, bh, phrase)
	}
	if len(anchors) == 0 {
		if c.shortest(al, ah, bl, bh) {
			return
		}
		anchors = c.anchors(al, ah, bl, bh, 1)
	}
	if len(anchors) == 0 {
		c.differ(al, ah, bl, bh)
		return
	}
	for _, p := range anchors {
		c.stretch(al, p[0], bl, p[1])
		al, bl = p[0]+1, p[1]+1
	}
	c.stretch(al, ah, bl, bh)
}

// shortest finds the fewest removals and insertions that make one stretch of the other (E. W. Myers, "An O(ND)
// Difference Algorithm and Its Variations", Algorithmica 1, 1986). It gives up, and reports false, when that takes
// too much effort.
//
// After d changes, reached[k] is how far into a one can be on diagonal k, where the place in b is the place in a less
// k. All that was reached is kept, so that the way back can be read off it.
func (c *comparison) shortest(al, ah, bl, bh int) bool {
	a, b := c.a[al:ah], c.b[bl:bh]
	n, m := int32(len(a)), int32(len(b))
	c.trace = c.trace[:0]
	steps, most := 0, effort*(len(a)+len(b))
	for d := int32(0); ; d++ {
		if steps += int(d) + 1; steps > most {
			return false
		}
		now := c.row(int(d) + 1) // diagonals -d, -d+2 … d
		c.trace = append(c.trace, now)
		for i := int32(0); i <= d; i++ {
			k := 2*i - d
			x := int32(0)
			if d > 0 {
				before := c.trace[d-1] // diagonal k-1 is at i-1, k+1 at i
				switch {
				case i == 0 || i < d && before[i-1] < before[i]:
					x = before[i] // b's next is inserted
				default:
					x = before[i-1] + 1 // a's next is removed
				}
			}
			y := x - k
			for x < n && y < m && y >= 0 && a[x] == b[y] {
				x, y = x+1, y+1
				steps++
			}
			now[i] = x
			if x >= n && y >= m {
				c.way(al, bl, d, i)
				return true
			}
		}
	}
}

// row is memory for a row of the trace, cut from larger pieces: one that grows would be copied again and again.
func (c *comparison) row(n int) []int32 {
	if len(c.spare) < n {
		c.spare = make([]int32, max(n, 1<<14))
	}
	row := c.spare[:n:n]
	c.spare = c.spare[n:]
	return row
}

// way reads the changes off what was reached, from the d-th, which the i-th diagonal ended with, to the first.
func (c *comparison) way(al, bl int, d, i int32) {
	var back []block
	for ; d > 0; d-- {
		before := c.trace[d-1]
		if i == 0 || i < d && before[i-1] < before[i] { // inserted, from diagonal k+1
			x := before[i]
			y := x - (2*i - d + 1)
			back = append(back, block{int(x), int(x), int(y), int(y) + 1})
		} else {
			i--
			x := before[i]
			y := x - (2*i - d + 1)
			back = append(back, block{int(x), int(x) + 1, int(y), int(y)})
		}
	}
	for _, s := range slices.Backward(back) {
		c.differ(al+s.oldFrom, al+s.oldTo, bl+s.newFrom, bl+s.newTo)
	}
}

// anchors are places at which both stretches have a phrase of so many pieces that each of them has only once, as
// many as there are in the same order in both (the longest increasing subsequence, as in B. Cohen's patience diff).
func (c *comparison) anchors(al, ah, bl, bh, pieces int) [][2]int {
	type place struct{ a, b int } // -1: nowhere, -2: at several places
	places := map[uint64]place{}
	for i := al; i+pieces <= ah; i++ {
		h := hash(c.a[i : i+pieces])
		if _, ok := places[h]; ok {
			places[h] = place{-2, -1}
		} else {
			places[h] = place{i, -1}
		}
	}
	for i := bl; i+pieces <= bh; i++ {
		h := hash(c.b[i : i+pieces])
		if p, ok := places[h]; ok && p.b == -1 {
			places[h] = place{p.a, i}
		} else if ok {
			places[h] = place{p.a, -2}
		}
	}
	var pairs [][2]int
	for i := al; i+pieces <= ah; i++ {
		p := places[hash(c.a[i:i+pieces])]
		if p.a == i && p.b >= 0 && slices.Equal(c.a[i:i+pieces], c.b[p.b:p.b+pieces]) {
			pairs = append(pairs, [2]int{i, p.b})
		}
	}
	return increasing(pairs)
}

// hash is FNV-1a over the numbers of pieces.
func hash(pieces []int32) uint64 {
	h := uint64(14695981039346656037)
	for _, p := range pieces {
		h = (h ^ uint64(uint32(p))) * 1099511628211
	}
	return h
}

// increasing returns a longest part of pairs, whose first numbers grow, in which the second ones grow too.
func increasing(pairs [][2]int) [][2]int {
	var last []int // by length: the pair with the smallest second number that ends a part so long
	before := make([]int, len(pairs))
	for i, p := range pairs {
		at, _ := slices.BinarySearchFunc(last, p[1], func(j, y int) int { return pairs[j][1] - y })
		before[i] = -1
		if at > 0 {
			before[i] = last[at-1]
		}
		if at == len(last) {
			last = append(last, i)
		} else {
			last[at] = i
		}
	}
	if len(last) == 0 {
		return nil
	}
	list := make([][2]int, len(last))
	for i, j := len(last)-1, last[len(last)-1]; i >= 0; i, j = i-1, before[j] {
		list[i] = pairs[j]
	}
	return list
}
