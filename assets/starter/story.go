package starter

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// stories is the grammar of stories.
var stories = sync.OnceValue(func() *grammar {
	return parseGrammar(file("story.txt"), file("places.txt"), file("themes.txt"), file("twists.txt"), file("names.txt"))
})

// Story tells a story for a choice: a title and paragraphs, with an empty line between them. The same seed tells the same one.
func Story(c Choice, r *rand.Rand) string {
	t := teller{w: newWriter(stories(), r), r: r, c: c, said: map[string]bool{}}
	t.w.words = storyWords()
	t.people()
	t.where()
	t.helpers()
	t.about()
	return t.tell()
}

// teller tells one story.
type teller struct {
	w *writer
	r *rand.Rand
	c Choice

	said     map[string]bool // sentences
	heroes   []hero
	place    string // prefix of the place's rules
	theme    string
	listener string // "small", "children", "older", "grown"
	name     string // of who listens
	alone    bool   // there is no companion: somebody is met
	all      string // the names of all heroes
	gap      int    // words since a hero was named
}

// optionID returns the id of the option of a group that has this phrase, or "".
func optionID(group, phrase string) string {
	for _, g := range groups() {
		if g.ID != group {
			continue
		}
		for _, o := range g.Options {
			if o.Phrase == phrase {
				return o.ID
			}
		}
	}
	return ""
}

var groups = sync.OnceValue(Groups)

func (c Choice) first(group string) string {
	if len(c[group]) == 0 {
		return ""
	}
	return c[group][0]
}

// people sets the variables of heroes.
func (t *teller) people() {
	for i, phrase := range c3(t.c[Heroes]) {
		t.heroes = append(t.heroes, t.hero(phrase, i))
	}
	if len(t.heroes) == 0 {
		t.heroes = append(t.heroes, t.hero("a little fox", 0))
	}
	var names, intros []string
	for _, h := range t.heroes {
		names, intros = append(names, h.name), append(intros, h.intro)
	}
	first := t.heroes[0]
	t.w.set("heroes", join(intros))
	t.w.set("H", heroMark)
	t.w.vars["h"] = func() string {
		h := t.heroes[t.r.IntN(len(t.heroes))]
		if h.short != "" && t.r.IntN(4) == 0 {
			return h.short
		}
		return h.name
	}
	t.all = join(names)
	if len(t.heroes) > 1 {
		t.agree("they", "them", "their", "were")
		return
	}
	switch first.gender {
	case "she":
		t.agree("she", "her", "her", "was")
	case "he":
		t.agree("he", "him", "his", "was")
	default:
		t.agree(first.name, first.name, first.name+"'s", "was")
	}
}

func (t *teller) agree(he, him, his, was string) {
	t.w.set("he", he)
	t.w.set("him", him)
	t.w.set("his", his)
	t.w.set("was", was)
}

func c3(list []string) []string { return list[:min(len(list), MaxMany)] }

// join makes "a, b and c".
func join(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// hero is one of those that a story is about.
type hero struct {
	name   string // "Pip"
	short  string // "the fox", or "" for somebody of whom only the name is known
	intro  string // "a little fox called Pip"
	gender string // "she", "he" or ""
}

// first is the first word of the name.
func (h hero) first() string {
	word, _, _ := strings.Cut(h.name, " ")
	return word
}

var kindPattern = regexp.MustCompile(`^(?i:an?|the) (.+)$`)

// hero reads what was chosen or typed: "a little fox", "Otto the hedgehog", "Mia".
func (t *teller) hero(phrase string, i int) hero {
	phrase = own(phrase)
	if m := kindPattern.FindStringSubmatch(phrase); m != nil {
		words := strings.Fields(m[1])
		gender := []string{"she", "he"}[t.r.IntN(2)]
		if known := genderOf(words[len(words)-1]); known != "" {
			gender = known
		}
		list := strings.Fields(t.w.g.rules["pet."+gender][0])
		name := list[t.r.IntN(len(list))]
		for slices.ContainsFunc(t.heroes, func(h hero) bool { return h.name == name }) {
			name = list[t.r.IntN(len(list))]
		}
		return hero{name, "the " + words[len(words)-1], phrase + " called " + name, gender}
	}
	name, kind, known := strings.Cut(phrase, " the ")
	h := hero{name: name, intro: phrase, gender: genderOf(name)}
	if known {
		words := strings.Fields(kind)
		h.short = "the " + words[len(words)-1]
	} else if i == 0 {
		h.intro = "somebody called " + name
	}
	return h
}

// genderOf returns "she" or "he" for first names of the tables and for princesses and kings, and "" for all others: then the name stands where a pronoun
// would.
func genderOf(name string) string {
	for _, g := range []string{"she", "he"} {
		if slices.Contains(strings.Fields(stories().rules[g][0]+" "+stories().rules["kind."+g][0]), name) {
			return g
		}
	}
	return ""
}

// prepositions of places in which one is not "in".
var prepositions = map[string]string{
	"mountain": "on", "island": "on", "moon": "on", "train": "on", "market": "at", "beach": "on", "bus": "on", "tram": "on",
	"ship": "on", "ferry": "on", "hill": "on", "roof": "on", "farm": "on", "balcony": "on", "planet": "on", "cloud": "on",
	"bridge": "on", "volcano": "on", "playground": "on", "field": "in", "station": "at", "airport": "at", "circus": "at",
	"school": "at", "fairground": "at", "harbour": "at", "lake": "by", "river": "by", "pond": "by", "waterfall": "by", "well": "by",
	"street": "on", "reef": "on",
}

// withPreposition are places that say themselves how one is there.
var withPreposition = regexp.MustCompile(`^(?:in|on|at|by|under|near|behind|inside|above|beside|over) `)

// where sets the variables of the place.
func (t *teller) where() {
	phrase := own(t.c.first(Place))
	if phrase == "" {
		t.place = t.pick("forest", "garden", "village", "meadow")
		phrase = map[string]string{"forest": "the old forest", "garden": "a moonlit garden", "village": "a village by the river", "meadow": "a wide meadow"}[t.place]
	} else if t.place = optionID(Place, phrase); t.place == "" {
		t.place = "any"
	}
	in, later := placeWords(phrase)
	t.w.set("in.place", in)
	t.w.set("theplace", later)
	for _, part := range []string{"sight", "sound", "nook", "far", "ground"} {
		t.w.vars[part] = func() string {
			place := t.place
			if place != "any" && (part == "sight" || part == "sound") && t.r.IntN(6) == 0 {
				place = "any"
			}
			return t.w.rule(place + "." + part)
		}
	}
	t.w.vars["on.ground"] = func() string { return "on " + t.w.value("ground") }
}

// placeWords returns how one is at a place, and how it is called later: "in a lighthouse by the sea", "the lighthouse".
func placeWords(phrase string) (in, later string) {
	if m := withPreposition.FindString(phrase); m != "" {
		return phrase, strings.TrimPrefix(phrase, m)
	}
	later = phrase
	if m := kindPattern.FindStringSubmatch(phrase); m != nil {
		later = m[1]
	} else if _, after, ok := strings.Cut(phrase, "'s "); ok {
		later = after
	} else {
		return "in " + phrase, phrase
	}
	head := later
	for _, p := range []string{" by ", " at ", " of ", " in ", " on ", " under "} {
		head, _, _ = strings.Cut(head, p)
	}
	words := strings.Fields(head)
	noun := words[len(words)-1]
	if len(words) > 1 && slices.Contains([]string{"shop", "tower", "reef", "patch", "palace", "grove", "fort"}, noun) {
		head = strings.Join(words[len(words)-2:], " ")
	} else {
		head = noun
	}
	in = "in "
	if p := prepositions[noun]; p != "" {
		in = p + " "
	}
	return in + phrase, "the " + head
}

func (t *teller) pick(list ...string) string { return list[t.r.IntN(len(list))] }

// helpers sets who goes along or is met.
func (t *teller) helpers() {
	var all []string
	for _, phrase := range c3(t.c[Companions]) {
		phrase = own(phrase)
		if m := kindPattern.FindStringSubmatch(phrase); m != nil {
			phrase = "the " + m[1]
		}
		all = append(all, phrase)
	}
	if len(all) > 0 {
		intro := make([]string, len(all))
		for i, phrase := range c3(t.c[Companions]) {
			intro[i] = own(phrase)
		}
		t.w.set("C", join(intro))
		t.w.set("cit", map[bool]string{true: "they", false: "it"}[len(all) > 1])
		t.w.set("cwas", map[bool]string{true: "were", false: "was"}[len(all) > 1])
		t.w.set("friend", map[bool]string{true: "friends", false: "friend"}[len(all) > 1])
		t.w.vars["K"] = func() string {
			switch who := all[t.r.IntN(len(all))]; {
			case len(all) > 1 && t.r.IntN(4) == 0:
				return helperMark + join(all)
			case t.r.IntN(2) == 0:
				return helperMark + shortKind(who)
			default:
				return helperMark + who
			}
		}
		return
	}
	t.alone = true
	who, said := t.w.rule(t.place+".being"), false
	t.w.vars["K"] = func() string {
		if !said {
			said = true
			return helperMark + who
		}
		return helperMark + shortBeing(who)
	}
}

var beingTail = regexp.MustCompile(` (?:with|who|in|that|between|on) .*$`)

// shortBeing makes "the badger" of "an old badger with spectacles".
func shortBeing(who string) string {
	who = beingTail.ReplaceAllString(articles(who), "")
	for _, article := range []string{"a ", "an ", "the "} {
		who = strings.TrimPrefix(who, article)
	}
	return "the " + strings.TrimPrefix(who, "old ")
}

// shortKind makes "the lantern" of "the talking lantern".
func shortKind(who string) string {
	words := strings.Fields(who)
	if len(words) < 3 || words[0] != "the" || words[len(words)-1] == "bear" {
		return who
	}
	return "the " + words[len(words)-1]
}

// about sets theme and listener.
func (t *teller) about() {
	phrase := own(t.c.first(Theme))
	if t.theme = optionID(Theme, phrase); t.theme == "" && phrase != "" {
		t.theme = "own"
		t.w.set("T", phrase)
	}
	if t.theme == "" {
		t.theme = t.pick("friendship", "courage", "sharing", "dark", "kindness", "curiosity", "trying")
	}
	who := own(t.c.first(Listener))
	if t.listener = optionID(Listener, who); t.listener == "" && who != "" {
		t.listener = "children"
		t.name, _, _ = strings.Cut(who, ",")
		t.w.set("L", t.name)
	}
}
