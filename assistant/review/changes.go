package review

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// changes makes what a reader would call changes of blocks that differ.
func changes(old string, a, b []string, blocks []block) []Change {
	for i := range blocks {
		slide(a, b, blocks, i)
	}
	blocks = join(a, b, blocks)
	var list []Change
	at, piece := 0, 0
	for _, d := range blocks {
		for ; piece < d.oldFrom; piece++ {
			at += len(a[piece])
		}
		start := at
		for ; piece < d.oldTo; piece++ {
			at += len(a[piece])
		}
		list = append(list, Change{start, at, strings.Join(b[d.newFrom:d.newTo], "")})
	}
	return list
}

// slide moves block i, if it only adds or only removes, to where it begins and ends as a reader expects. "a big dog"
// and "a very big dog" differ by "very " after "a ", and as well by " very" after "a".
func slide(a, b []string, blocks []block, i int) {
	d := &blocks[i]
	side, from, to := a, &d.oldFrom, &d.oldTo
	if d.oldFrom == d.oldTo {
		side, from, to = b, &d.newFrom, &d.newTo
	} else if d.newFrom != d.newTo {
		return
	}
	lowest, highest := 0, len(a)
	if i > 0 {
		lowest = blocks[i-1].oldTo + 1 // they must not touch
	}
	if i+1 < len(blocks) {
		highest = blocks[i+1].oldFrom - 1
	}
	best, bestAt := niceness(side, *from, *to), 0
	try := func(by int) {
		if n := niceness(side, *from+by, *to+by); n > best {
			best, bestAt = n, by
		}
	}
	for by := 0; d.oldFrom+by > lowest && side[*from+by-1] == side[*to+by-1]; {
		by--
		try(by)
	}
	for by := 0; d.oldTo+by < highest && side[*from+by] == side[*to+by]; {
		by++
		try(by)
	}
	d.oldFrom, d.oldTo, d.newFrom, d.newTo = d.oldFrom+bestAt, d.oldTo+bestAt, d.newFrom+bestAt, d.newTo+bestAt
}

// niceness says how well pieces [from, to) of a text stand for themselves: whole lines best, then a sentence, then words
// with the space after them.
func niceness(text []string, from, to int) int {
	n := 0
	if from == 0 || lineEnd(text[from-1]) {
		n += 4
	} else if from >= 2 && isBlank(text[from-1]) && strings.ContainsAny(text[from-2], ".!?…") {
		n += 2
	}
	if to == len(text) || lineEnd(text[to-1]) {
		n += 2
	}
	if !isBlank(text[from]) && !lineEnd(text[from]) {
		n += 2
	}
	if isBlank(text[to-1]) {
		n++
	}
	return n
}

// join makes one block of neighbours that a reader would decide on together. A block that has grown may swallow
// more, so it looks until nothing changes.
func join(a, b []string, blocks []block) []block {
	for {
		before := len(blocks)
		list := blocks[:0]
		for _, d := range blocks {
			if n := len(list); n > 0 && together(a, b, list[n-1], d) {
				list[n-1].oldTo, list[n-1].newTo = d.oldTo, d.newTo
			} else {
				list = append(list, d)
			}
		}
		if blocks = list; len(blocks) == before {
			return blocks
		}
	}
}

// together reports whether two neighbouring blocks are one change: what lies between them is no word, or little
// beside what they rewrite. Words that were corrected one by one, added or removed stay apart.
func together(a, b []string, left, right block) bool {
	gap := a[left.oldTo:right.oldFrom]
	between, blankOnly := 0, true
	for _, p := range gap {
		switch {
		case lineEnd(p):
			return false
		case isWord(p):
			between++
		}
		blankOnly = blankOnly && isBlank(p)
	}
	if between > 0 {
		return 3*between <= min(words(a, b, left), words(a, b, right))
	}
	return !(blankOnly && alone(a, b, left) && alone(a, b, right))
}

// words is how many words a block has, in the old text or the new, whichever are more.
func words(a, b []string, d block) int {
	count := func(pieces []string) (n int) {
		for _, p := range pieces {
			if isWord(p) {
				n++
			}
		}
		return n
	}
	return max(count(a[d.oldFrom:d.oldTo]), count(b[d.newFrom:d.newTo]))
}

// alone reports whether a block can be decided on without its neighbours: a word was corrected, or words were
// only added or removed.
func alone(a, b []string, d block) bool {
	if d.oldFrom == d.oldTo || d.newFrom == d.newTo {
		return words(a, b, d) > 0
	}
	return similar(letters(a[d.oldFrom:d.oldTo]), letters(b[d.newFrom:d.newTo]))
}

// letters are the characters of pieces without spaces, in lower case.
func letters(pieces []string) []rune {
	var list []rune
	for _, p := range pieces {
		if !isBlank(p) {
			list = append(list, []rune(strings.ToLower(p))...)
		}
	}
	return list
}

// similar reports whether two words look like one, spelt differently: at most a third of the characters has to be
// changed, two neighbours in the wrong order counting as one change (optimal string alignment).
func similar(x, y []rune) bool {
	const longest = 32
	if len(x) == 0 || len(y) == 0 || len(x) > longest || len(y) > longest {
		return false
	}
	var rows [longest + 1][longest + 1]int // by how much of x and of y
	for i := range len(x) + 1 {
		for j := range len(y) + 1 {
			if i == 0 || j == 0 {
				rows[i][j] = i + j
				continue
			}
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(x)][len(y)] <= (max(len(x), len(y))+2)/3
}

func isWord(piece string) bool {
	r, _ := utf8.DecodeRuneInString(piece)
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

func isBlank(piece string) bool {
	r, _ := utf8.DecodeRuneInString(piece)
	return blank(r)
}

func lineEnd(piece string) bool { return piece == "\n" || piece == "\r\n" || piece == "\r" }
