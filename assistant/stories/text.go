package stories

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTitle is how long a first line may be to be a title, in characters.
const maxTitle = 80

// Parse takes a story apart as a model writes it, also one that is still being written: the title, then a paragraph for
// each line. Marks of Markdown go, and so does what small models say before and after a story though they were asked not to.
func Parse(text string, complete bool) (title string, paragraphs []string) {
	for line := range strings.Lines(text) {
		if line = plain(line); line != "" {
			paragraphs = append(paragraphs, line)
		}
	}
	for len(paragraphs) > 1 && isPreamble(paragraphs[0]) {
		paragraphs = paragraphs[1:]
	}
	if n := len(paragraphs); complete && n > 1 && isOffer(paragraphs[n-1]) {
		paragraphs = paragraphs[:n-1]
	}
	if len(paragraphs) == 0 {
		return "", nil
	}
	first := paragraphs[0]
	if complete && len(paragraphs) == 1 || utf8.RuneCountInString(first) > maxTitle || strings.HasSuffix(first, ".") || strings.HasSuffix(first, "。") {
		return "", paragraphs
	}
	return cleanTitle(first), paragraphs[1:]
}

// plain is a line without spaces around it and without marks of Markdown; "" for a rule.
func plain(line string) string {
	line = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if unicode.IsControl(r) || r == '\u200b' || r == '\ufeff' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(line, "\ufffd")))
	if strings.Trim(line, "*-_=#~ ") == "" {
		return ""
	}
	for strings.HasPrefix(line, "#") && strings.HasPrefix(strings.TrimLeft(line, "#"), " ") {
		line = strings.TrimSpace(strings.TrimLeft(line, "#"))
	}
	line = strings.ReplaceAll(strings.ReplaceAll(line, "*", ""), "__", "")
	return strings.TrimSpace(line)
}

func cleanTitle(line string) string {
	if name, rest, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "title") && strings.TrimSpace(rest) != "" {
		line = strings.TrimSpace(rest)
	}
	for _, q := range [][2]string{{`"`, `"`}, {"“", "”"}, {"„", "“"}, {"«", "»"}, {"『", "』"}, {"《", "》"}} {
		if inner, ok := strings.CutPrefix(line, q[0]); ok && len(inner) > len(q[1]) && strings.HasSuffix(inner, q[1]) {
			return strings.TrimSpace(strings.TrimSuffix(inner, q[1]))
		}
	}
	return line
}

// isPreamble reports whether a first line announces the story instead of telling it.
func isPreamble(line string) bool {
	lower := strings.ToLower(line)
	if !strings.Contains(lower, "story") && !strings.Contains(lower, "chapter") {
		return false
	}
	for _, begin := range []string{"okay", "ok,", "sure", "of course", "certainly", "here is", "here's", "here’s"} {
		if strings.HasPrefix(lower, begin) {
			return true
		}
	}
	return false
}

// isOffer reports whether a last line offers more instead of telling it.
func isOffer(line string) bool {
	lower := strings.ToLower(line)
	for _, begin := range []string{"would you like", "do you want me", "let me know", "i hope you", "i hope this"} {
		if strings.HasPrefix(lower, begin) {
			return true
		}
	}
	return false
}

// wholeSentences is a text up to the end of its last sentence; all of it if there is none.
func wholeSentences(text string) string {
	end := -1
	for i, r := range text {
		if !strings.ContainsRune(".!?…。！？", r) {
			continue
		}
		after := i + utf8.RuneLen(r)
		for after < len(text) {
			q, n := utf8.DecodeRuneInString(text[after:])
			if !strings.ContainsRune("\"'”’»」』)*", q) {
				break
			}
			after += n
		}
		if after == len(text) || unicode.IsSpace(rune(text[after])) || text[after] >= utf8.RuneSelf {
			end = after
		}
	}
	if end < 0 {
		return text
	}
	return text[:end]
}

// Lengths of what a story may say again and again, in bytes.
const (
	minCircle = 24
	maxCircle = 400
)

// circle reports whether a text ends in something that was said three times on end, and what it is without the repetitions.
func circle(text string) (once string, ok bool) {
	for n := minCircle; n <= min(maxCircle, len(text)/3); n++ {
		last := text[len(text)-n:]
		if text[len(text)-2*n:len(text)-n] == last && text[len(text)-3*n:len(text)-2*n] == last {
			once = text[:len(text)-2*n]
			for !utf8.ValidString(once) && len(once) > 0 {
				once = once[:len(once)-1]
			}
			return once, true
		}
	}
	return text, false
}
