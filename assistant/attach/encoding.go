package attach

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// decode turns the bytes of a text file into text, and says ErrBinary of what is none.
//
// With a byte order mark they are UTF-8 or UTF-16, as it says. Without one, what has a zero byte is no text. The rest is
// UTF-8 if it is valid, or if at least nine in ten bytes beyond ASCII belong to valid characters, as in a log with a
// damaged line; what is invalid becomes U+FFFD. Anything else is read as Windows-1252, which has all of Latin-1 but
// control characters that nobody uses; a byte that means nothing there makes it no text. Text has few control
// characters, at most one in a hundred.
func decode(data []byte) (string, error) {
	var text string
	switch {
	case bytes.HasPrefix(data, []byte("\xFF\xFE\x00\x00")), bytes.HasPrefix(data, []byte("\x00\x00\xFE\xFF")): // UTF-32
		return "", ErrBinary
	case bytes.HasPrefix(data, []byte("\xFF\xFE")):
		text = fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xFE\xFF")):
		text = fromUTF16(data[2:], binary.BigEndian)
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		text = string(data[3:])
	case bytes.IndexByte(data, 0) >= 0:
		return "", ErrBinary
	case mostlyUTF8(data):
		text = string(data)
	default:
		var ok bool
		if text, ok = fromWindows1252(data); !ok {
			return "", ErrBinary
		}
	}
	controls, characters := 0, 0
	for _, r := range text {
		characters++
		if unicode.IsControl(r) && !strings.ContainsRune("\t\n\v\f\r\b\x1b\u0085", r) {
			controls++
		}
	}
	if strings.ContainsRune(text, 0) || controls > characters/100 {
		return "", ErrBinary
	}
	return clean(text), nil
}

// mostlyUTF8 reports whether at least nine in ten bytes beyond ASCII belong to valid characters.
func mostlyUTF8(data []byte) bool {
	if utf8.Valid(data) {
		return true
	}
	valid, invalid := 0, 0
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n == 1:
			invalid++
		case n > 1:
			valid += n
		}
		data = data[n:]
	}
	return valid >= 9*invalid
}

func fromUTF16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, (len(data)+1)/2)
	for i := range len(data) / 2 {
		units[i] = order.Uint16(data[2*i:])
	}
	if len(data)%2 == 1 { // half a character
		units[len(units)-1] = 0xFFFD
	}
	return string(utf16.Decode(units))
}

// windows1252 has what is not as in Unicode: the characters of the bytes from 0x80 on, 0 where there is none.
var windows1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

func fromWindows1252(data []byte) (string, bool) {
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	for _, c := range data {
		r := rune(c)
		if c >= 0x80 && c < 0xA0 {
			if r = windows1252[c-0x80]; r == 0 {
				return "", false
			}
		}
		b.WriteRune(r)
	}
	return b.String(), true
}

// clean leaves of text what can be shown: valid characters, lines that end with \n, tabs. Colours of a terminal go.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n", "\v", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	if strings.IndexByte(text, '\x1b') >= 0 {
		text = withoutColours(text)
	}
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) || r == '\uFEFF' {
			return -1
		}
		return r
	}, text)
}

// withoutColours removes what steers a terminal: ESC [ parameters letter.
func withoutColours(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		text = strings.TrimLeft(rest, "0123456789;?")
		if text != "" && text[0] >= '@' && text[0] <= '~' {
			text = text[1:]
		}
	}
}
