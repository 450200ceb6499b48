package library

import (
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxSlug = 64  // bytes, before the suffix that makes it unique
	maxText = 200 // runes of a text on a card
)

// slug makes a folder name of a model's name: lower-case ASCII letters and digits with single dashes, dots
// and underscores between them, at most maxSlug bytes. It is never empty, hidden, or a name that Windows
// keeps for devices.
func slug(name string) string {
	var b strings.Builder
	separator := byte(0) // the one waiting for something to separate
	for _, r := range strings.ToLower(name) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			if separator != 0 && b.Len() > 0 {
				b.WriteByte(separator)
			}
			separator = 0
			b.WriteRune(r)
		case separator == 0 && (r == '.' || r == '_'):
			separator = byte(r)
		default:
			separator = '-'
		}
	}
	s := b.String()
	s = strings.TrimRight(s[:min(len(s), maxSlug)], "-._")
	stem, _, _ := strings.Cut(s, ".")
	if s == "" || reserved(stem) {
		return strings.TrimSuffix("model-"+s, "-")
	}
	return s
}

// reserved reports whether Windows keeps the lower-case name, with any extension, for a device.
func reserved(stem string) bool {
	switch stem {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	device := strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")
	return device && len(stem) == 4 && '0' <= stem[3] && stem[3] <= '9'
}

// unique is the slug itself, or the slug with the first number from 2 on for which taken is false.
func unique(slug string, taken func(string) bool) string {
	s := slug
	for n := 2; taken(s); n++ {
		s = slug + "-" + strconv.Itoa(n)
	}
	return s
}

// plainName reports whether name, which may come from an edited card or from the window, is one visible
// entry of a folder and can be stored as text.
func plainName(name string) bool {
	return name != "" && len(name) <= 255 && name[0] != '.' && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, unicode.IsControl) && !strings.ContainsAny(name, `/\`) &&
		filepath.IsLocal(name)
}

// cleanText makes one line of at most maxText runes of a text that a stranger may have written: no control
// characters, no marks that reverse the direction of what follows, single spaces.
func cleanText(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), 8*maxText)], "")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return ' '
		}
		return visible(r)
	}, s)
	return cutText(strings.Join(strings.Fields(s), " "), maxText)
}

// cutText shortens a text to so many runes.
func cutText(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return s
}

// cleanLines is cleanText for several lines, of at most so many runes: lines end with \n, and what lies between their
// words stays.
func cleanLines(s string, most int) string {
	s = strings.ToValidUTF8(s[:min(len(s), 8*most)], "")
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(s)
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return visible(r)
	}, s)
	return strings.TrimRightFunc(cutText(strings.TrimRightFunc(s, unicode.IsSpace), most), unicode.IsSpace)
}

// visible drops characters that are there only to change how others look. Joiners shape letters and emoji.
func visible(r rune) rune {
	if unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d' {
		return -1
	}
	return r
}
