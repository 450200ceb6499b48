package ui

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"
)

// This file arranges the conversations into the rows of their list. talkrows.go shows them.

// rowKind is what a row of the list is.
type rowKind uint8

const (
	headingRow rowKind = iota // over a group; nothing is done with it
	folderRow
	talkRow
)

// listRow is a row of the list of conversations.
type listRow struct {
	kind     rowKind
	text     string // of a heading; the name of a folder
	count    int    // conversations in a folder
	folded   bool   // a folder whose conversations are not in the list
	talk     *talk
	inFolder bool
}

// listed is what the place of a conversation in the list depends on.
type listed struct {
	talk            *talk
	private, pinned bool
	folder          string    // "" for none
	changed         time.Time // when something was said last; zero: nothing was yet
}

// listRows arranges conversations: first those that are never kept, then the pinned ones, the folders by name, and
// the others by when something was said last. In each group they stay in the order they come in. A group of which
// there is nothing has no heading.
func listRows(all []listed, folded map[string]bool, now time.Time) []listRow {
	var private, pinned []listRow
	folders, ages := map[string][]listRow{}, map[int][]listRow{}
	since := periods(now)
	for _, l := range all {
		row := listRow{kind: talkRow, talk: l.talk}
		switch {
		case l.private:
			private = append(private, row)
		case l.pinned:
			pinned = append(pinned, row)
		case l.folder != "":
			row.inFolder = true
			folders[l.folder] = append(folders[l.folder], row)
		default:
			age := ageOf(l.changed, since)
			ages[age] = append(ages[age], row)
		}
	}
	rows := make([]listRow, 0, len(all)+8)
	group := func(heading string, of []listRow) {
		if len(of) > 0 {
			rows = append(append(rows, listRow{text: heading}), of...)
		}
	}
	group(lang.L("Private"), private)
	group(lang.L("Pinned"), pinned)
	if len(folders) > 0 {
		rows = append(rows, listRow{text: lang.L("Folders")})
	}
	for _, name := range slices.SortedFunc(maps.Keys(folders), alphabetically) {
		rows = append(rows, listRow{kind: folderRow, text: name, count: len(folders[name]), folded: folded[name]})
		if !folded[name] {
			rows = append(rows, folders[name]...)
		}
	}
	for _, age := range slices.Sorted(maps.Keys(ages)) {
		group(ageName(age), ages[age])
	}
	return rows
}

// alphabetically orders names as people do, whatever their capitals.
func alphabetically(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

// Groups by age, the latest first. Those before are months: ageMonth is December of the year 9999.
const (
	ageToday = iota
	ageYesterday
	age7Days
	age30Days
	ageMonth
)

// periods returns since when something is of today, yesterday, and of the 7 and 30 days before today, in local time.
func periods(now time.Time) [ageMonth]time.Time {
	y, m, d := now.Local().Date()
	start := func(before int) time.Time { return time.Date(y, m, d-before, 0, 0, 0, 0, time.Local) }
	return [ageMonth]time.Time{start(0), start(1), start(7), start(30)}
}

// ageOf returns the group of something of that time. What was not said yet, or in the future of a clock that went
// wrong, is of today.
func ageOf(t time.Time, since [ageMonth]time.Time) int {
	if t.IsZero() {
		return ageToday
	}
	for age, begin := range since {
		if !t.Before(begin) {
			return age
		}
	}
	y, m, _ := t.Local().Date()
	return ageMonth + (9999-y)*12 + int(time.December-m)
}

// ageName is the heading of a group.
func ageName(age int) string {
	switch age {
	case ageToday:
		return lang.L("Today")
	case ageYesterday:
		return lang.L("Yesterday")
	case age7Days:
		return lang.L("Previous 7 days")
	case age30Days:
		return lang.L("Previous 30 days")
	}
	n := age - ageMonth
	return lang.L("{{.Month}} {{.Year}}", map[string]any{"Month": months()[11-n%12], "Year": 9999 - n/12})
}

// untilMidnight is how long the groups stay as they are.
func untilMidnight(now time.Time) time.Duration {
	y, m, d := now.Local().Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.Local).Sub(now)
}
