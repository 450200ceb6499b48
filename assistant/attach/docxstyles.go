package attach

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// wordStyle is what matters here of a style of paragraphs or characters.
type wordStyle struct {
	base    string
	heading int // 1 to 9; 0: it says nothing; -1: none
	list    string
	level   int
	hidden  bool
}

// wordStyles are the styles of a document by their IDs.
type wordStyles map[string]*wordStyle

// maxBases is how many styles are looked at that a style is based on, each on the next.
const maxBases = 16

// resolve returns a style with what it has from those that it is based on.
func (s wordStyles) resolve(id string) (all wordStyle) {
	for range maxBases {
		x := s[id]
		if x == nil {
			break
		}
		if all.heading == 0 {
			all.heading = x.heading
		}
		if all.list == "" {
			all.list, all.level = x.list, x.level
		}
		all.hidden = all.hidden || x.hidden
		id = x.base
	}
	return all
}

func (s wordStyles) hides(id string) bool { return s.resolve(id).hidden }

type wordStylesVisitor struct {
	styles wordStyles
	now    *wordStyle // nil: none is open
}

func (v *wordStylesVisitor) start(e xml.StartElement, _ int) bool {
	name := officeName(e.Name)
	if name == "w:style" {
		v.now = &wordStyle{}
		v.styles[attr(e, "styleId")] = v.now
		return true
	}
	if v.now == nil || passedOver[name] {
		return v.now == nil
	}
	switch value := attr(e, "val"); name {
	case "w:basedOn":
		v.now.base = value
	case "w:name": // of the styles that every document can have, whatever language it shows them in
		lower := strings.ToLower(value)
		var level int
		if n, err := fmt.Sscanf(lower, "heading %d", &level); n == 1 && err == nil && level >= 1 && level <= 9 && v.now.heading == 0 {
			v.now.heading = level
		} else if lower == "title" {
			v.now.heading = 1
		}
	case "w:outlineLvl":
		if v.now.heading = number(value, 0, 9) + 1; v.now.heading > 9 {
			v.now.heading = -1
		}
	case "w:numId":
		v.now.list = value
	case "w:ilvl":
		v.now.level = number(value, 0, 8)
	case "w:vanish":
		v.now.hidden = isOn(value)
	}
	return true
}

func (v *wordStylesVisitor) end(e xml.EndElement, _ int) {
	if officeName(e.Name) == "w:style" {
		v.now = nil
	}
}

func (v *wordStylesVisitor) text(string) {}
func (v *wordStylesVisitor) err() error  { return nil }

// levels is how many levels a list has.
const levels = 9

// wordLevel is how a level of a list counts.
type wordLevel struct {
	format string // "bullet", "decimal" …; "none"
	start  int
}

// wordList is an abstract list with how far it has counted.
type wordList struct {
	levels [levels]wordLevel
	count  [levels]int
}

// wordLists finds the lists of a document. Several can count on from each other: they have the same abstract list.
type wordLists struct {
	abstract map[string]*wordList
	lists    map[string]string         // the abstract list of a list
	restarts map[string]map[int]string // by list: levels that start anew, at what
	begun    map[string]bool           // lists that were used

	nowList, nowAbstract string
	nowLevel             int
}

func newWordLists() *wordLists {
	return &wordLists{abstract: map[string]*wordList{}, lists: map[string]string{}, restarts: map[string]map[int]string{}, begun: map[string]bool{}}
}

func (l *wordLists) start(e xml.StartElement, _ int) bool {
	value := attr(e, "val")
	switch officeName(e.Name) {
	case "w:abstractNum":
		l.nowAbstract = attr(e, "abstractNumId")
		list := &wordList{}
		for i := range list.levels {
			list.levels[i].start = 1
		}
		l.abstract[l.nowAbstract] = list
	case "w:num":
		l.nowList = attr(e, "numId")
	case "w:abstractNumId":
		l.lists[l.nowList] = value
	case "w:lvl", "w:lvlOverride":
		l.nowLevel = number(attr(e, "ilvl"), 0, levels-1)
	case "w:startOverride":
		if l.restarts[l.nowList] == nil {
			l.restarts[l.nowList] = map[int]string{}
		}
		l.restarts[l.nowList][l.nowLevel] = value
	case "w:numFmt":
		if a := l.abstract[l.nowAbstract]; a != nil && l.nowList == "" {
			a.levels[l.nowLevel].format = value
		}
	case "w:start":
		if a := l.abstract[l.nowAbstract]; a != nil && l.nowList == "" {
			a.levels[l.nowLevel].start = number(value, 0, 1e6)
		}
	}
	return true
}

func (l *wordLists) end(e xml.EndElement, _ int) {
	switch officeName(e.Name) {
	case "w:abstractNum":
		l.nowAbstract = ""
	case "w:num":
		l.nowList = ""
	}
}

func (l *wordLists) text(string) {}
func (l *wordLists) err() error  { return nil }

// mark counts an item and returns what stands before it, "" if the list is none.
func (l *wordLists) mark(list string, level int) string {
	a := l.abstract[l.lists[list]]
	if a == nil || list == "0" {
		return ""
	}
	if !l.begun[list] {
		l.begun[list] = true
		for i, start := range l.restarts[list] {
			a.count[i] = 0
			a.levels[i].start = number(start, 0, 1e6)
		}
	}
	if a.count[level] == 0 {
		a.count[level] = a.levels[level].start
	} else {
		a.count[level]++
	}
	clear(a.count[level+1:])
	switch a.levels[level].format {
	case "none":
		return listIndent(level)
	case "bullet", "":
		return listIndent(level) + "- "
	}
	return fmt.Sprintf("%s%d. ", listIndent(level), a.count[level])
}
