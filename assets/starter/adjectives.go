package starter

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// attributes are the adjectives that may stand before nouns of the stories.
var attributes = sync.OnceValue(func() map[string][]string {
	of := map[string][]string{}
	for _, line := range strings.Split(file("adjectives.txt"), "\n") {
		nouns, list, ok := strings.Cut(line, "|")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for _, noun := range strings.Fields(nouns) {
			of[noun] = strings.Fields(list)
		}
	}
	return of
})

var attributed = regexp.MustCompile(`\b(an?|the|one|his|her|their|its) ([a-z]+)\b`)

// adorn puts adjectives before some of the nouns of a paragraph. What must stay as it was chosen is left alone.
func adorn(paragraph string, chosen []string, r *rand.Rand) string {
	return attributed.ReplaceAllStringFunc(paragraph, func(s string) string {
		article, noun, _ := strings.Cut(s, " ")
		list := attributes()[noun]
		if list == nil || r.IntN(2) > 0 || slices.Contains(chosen, noun) {
			return s
		}
		return article + " " + list[r.IntN(len(list))] + " " + noun
	})
}
