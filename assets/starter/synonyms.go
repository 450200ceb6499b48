package starter

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// synonyms are words that may stand for each other.
type synonyms struct {
	pattern *regexp.Regexp
	of      map[string][]string
}

// storyWords are the synonyms of stories.
var storyWords = sync.OnceValue(func() *synonyms {
	s := &synonyms{of: map[string][]string{}}
	var keys []string
	for _, line := range strings.Split(file("synonyms.txt"), "\n") {
		if words := strings.Split(line, "|"); len(words) > 1 {
			s.of[words[0]] = words
			keys = append(keys, regexp.QuoteMeta(words[0]))
		}
	}
	s.pattern = regexp.MustCompile(`(?i)\b(?:` + strings.Join(longestFirst(keys), "|") + `)\b`)
	return s
})

// longestFirst orders texts so that none hides a longer one that it begins.
func longestFirst(list []string) []string {
	for i := range list {
		for j := i; j > 0 && len(list[j]) > len(list[j-1]); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return list
}

// vary puts synonyms in the place of words, as chance has it.
func (s *synonyms) vary(text string, r *rand.Rand) string {
	if s == nil || len(text) < 3 {
		return text
	}
	return s.pattern.ReplaceAllStringFunc(text, func(word string) string {
		list := s.of[strings.ToLower(word)]
		other := list[r.IntN(len(list))]
		if first, _ := utf8.DecodeRuneInString(word); unicode.IsUpper(first) {
			return strings.ToUpper(other[:1]) + other[1:]
		}
		return other
	})
}
