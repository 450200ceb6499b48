package starter

import (
	"math/rand/v2"
	"strings"
	"sync"
)

// owns is the grammar of what people type.
var owns = sync.OnceValue(func() *grammar { return parseGrammar(file("own.txt")) })

// Key identifies a choice, whatever its seed.
func (c Choice) Key() string { return StoryPrompt(c) }

// RandomChoice makes a choice of one side.
func RandomChoice(r *rand.Rand, side Side) Choice {
	for {
		c := randomChoice(r)
		if SideOf("story", c.Key()) == side {
			return c
		}
	}
}

func randomChoice(r *rand.Rand) Choice {
	c := Choice{}
	option := func(group string) string {
		for _, g := range groups() {
			if g.ID == group {
				return g.Options[r.IntN(len(g.Options))].Phrase
			}
		}
		panic("starter: no group " + group)
	}
	add := func(group string, missing, typed int, own func() string) { // parts of 100
		switch n := r.IntN(100); {
		case n < missing:
		case n < missing+typed:
			c[group] = append(c[group], own())
		default:
			c[group] = append(c[group], option(group))
		}
	}
	o := typist{newWriter(owns(), r), r}
	for range []int{1, 1, 1, 1, 2, 2, 3}[r.IntN(7)] {
		before := strings.Join(c[Heroes], ";")
		if add(Heroes, 0, 45, o.hero); strings.Contains(before, c[Heroes][len(c[Heroes])-1]) {
			c[Heroes] = c[Heroes][:len(c[Heroes])-1] // the same one twice
		}
	}
	for range []int{0, 0, 1, 1, 1, 2}[r.IntN(6)] {
		if add(Companions, 0, 25, o.kind); len(c[Companions]) == 2 && c[Companions][0] == c[Companions][1] {
			c[Companions] = c[Companions][:1]
		}
	}
	add(Place, 8, 30, o.place)
	add(Theme, 10, 20, func() string { return o.w.rule("theme") })
	add(Mood, 25, 0, nil)
	add(Twist, 35, 0, nil)
	add(Listener, 20, 40, o.name)
	add(Length, 10, 0, nil)
	for group, list := range c {
		for i := range list {
			list[i] = articles(list[i])
		}
		c[group] = list
	}
	return c
}

// typist makes what people type.
type typist struct {
	w *writer
	r *rand.Rand
}

func (o typist) kind() string {
	if o.r.IntN(3) == 0 {
		return o.w.line("a~ {kind.noun}")
	}
	return o.w.line("a~ {kind.adj} {kind.noun}")
}

func (o typist) hero() string {
	switch o.r.IntN(4) {
	case 0:
		return o.kind()
	case 1:
		return o.name() + " the " + o.w.rule("kind.noun")
	}
	return o.name()
}

// name is a first name of the tables, or made of syllables: names are what nobody can list.
func (o typist) name() string {
	if o.r.IntN(2) == 0 {
		list := strings.Fields(stories().rules[[]string{"she", "he"}[o.r.IntN(2)]][0])
		return list[o.r.IntN(len(list))]
	}
	starts := "B C D F G H J K L M N P R S T V W Z Br Ch Cl Cr Dr Fl Fr Gl Gr Kl Kr Pl Pr Sh Sl Sn St Th Tr Tw A E I O U Y"
	middles := "a e i o u ai ea ie oo ou a e i o u"
	joints := "l m n r s t d b k v z ll nn rr ss tt nd mb lv rl st ck sh"
	ends := "a o i e y us in en an ia el le ka ko na no ra ri ta to by ny ly mo zo x n r l s"
	part := func(list string) string { f := strings.Fields(list); return f[o.r.IntN(len(f))] }
	name := part(starts)
	if !strings.Contains("AEIOUY", name) {
		name += part(middles)
	}
	for range o.r.IntN(2) {
		name += part(joints) + part(middles)
	}
	return name + part(joints) + part(ends)
}

func (o typist) place() string {
	switch o.r.IntN(6) {
	case 0:
		return o.w.line("{place.owner}'s {place.noun}")
	case 1:
		return o.w.line("a~ {place.noun}")
	case 2:
		if o.r.IntN(3) == 0 {
			return o.w.line("[under|near|behind|above|inside] the [sea|clouds|stairs|bed|kitchen table|city|waterfall|old clock|piano]")
		}
		return o.name() + o.w.line("[ville|ton|berg|land|wood|by|field|]")
	}
	return o.w.line("[a~|a~|the] {place.adj} {place.noun}")
}
