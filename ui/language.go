package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"text/template"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// tongue is a language that the window speaks.
type tongue struct {
	tag       string // BCP 47; its catalogue is translations/<tag>.json
	name      string // as its speakers call it
	thousands string // between groups of three digits
	point     string // before decimals
	wrapping  fyne.TextWrap
}

// tongues are in the order of the list on the page Settings. English comes first: it stands in for what is none of them.
// Fyne looks for spaces to break lines at, which Chinese and Japanese do not have between words.
var tongues = []tongue{
	{"en", "English", ",", ".", fyne.TextWrapWord},
	{"de", "Deutsch", ".", ",", fyne.TextWrapWord},
	{"es", "Español", "\u00a0", ",", fyne.TextWrapWord},
	{"fr", "Français", "\u202f", ",", fyne.TextWrapWord},
	{"ja", "日本語", ",", ".", fyne.TextWrapBreak},
	{"zh-Hans", "简体中文", ",", ".", fyne.TextWrapBreak},
}

// voice is the language that is spoken now, and its words.
type voice struct {
	tongue
	words *i18n.Localizer
}

var (
	spoken   atomic.Pointer[voice] // nil: English, without what is counted
	takeOver sync.Once
)

// speak has the window speak a language by its tag; one that it does not know, such as "", stands for the
// system's. What is in the window already stays as it is.
//
// Package lang asks the system and nobody else, but lets its functions be replaced. Fyne's own words go through
// them too, so the catalogues have those that can be seen.
func speak(tag string) error {
	t := chosenTongue(tag, lang.SystemLocale)
	data, err := translations.ReadFile("translations/" + t.tag + ".json")
	if err != nil {
		return fmt.Errorf("translation: %w", err)
	}
	of := language.Make(t.tag)
	bundle := i18n.NewBundle(of)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	file, err := bundle.ParseMessageFileBytes(data, t.tag+".json")
	if err != nil {
		return fmt.Errorf("translation %s: %w", t.tag, err)
	}
	for _, m := range file.Messages {
		m.Many = m.Other // of whole millions in French and Spanish, which never stand alone as digits
	}
	if err := bundle.AddMessages(of, file.Messages...); err != nil {
		return fmt.Errorf("translation %s: %w", t.tag, err)
	}
	spoken.Store(&voice{t, i18n.NewLocalizer(bundle, t.tag)})
	takeOver.Do(func() {
		lang.L = func(text string, data ...any) string { return localize(text, text, nil, data) }
		lang.X = func(key, text string, data ...any) string { return localize(key, text, nil, data) }
		lang.N = func(text string, n int, data ...any) string { return localize(text, text, n, data) }
		lang.XN = func(key, text string, n int, data ...any) string { return localize(key, text, n, data) }
	})
	return nil
}

// chosenTongue returns the language with a tag, or the one that is nearest to the system's.
func chosenTongue(tag string, system func() fyne.Locale) tongue {
	tags := make([]language.Tag, len(tongues))
	for i, t := range tongues {
		if t.tag == tag {
			return t
		}
		tags[i] = language.Make(t.tag)
	}
	of, err := language.Parse(system().LanguageString())
	if err != nil {
		return tongues[0]
	}
	_, i, sure := language.NewMatcher(tags).Match(of)
	if sure == language.No {
		return tongues[0]
	}
	return tongues[i]
}

// spokenTongue is the language that is spoken.
func spokenTongue() tongue {
	if v := spoken.Load(); v != nil {
		return v.tongue
	}
	return tongues[0]
}

// localize returns what the catalogue has for a key, or the English text.
func localize(key, text string, count any, data []any) string {
	var fill any
	if len(data) > 0 {
		fill = data[0]
	}
	said, err := spoken.Load().words.Localize(&i18n.LocalizeConfig{
		DefaultMessage: &i18n.Message{ID: key, Other: text}, TemplateData: fill, PluralCount: count,
	})
	if said != "" || err == nil {
		return said
	}
	var b bytes.Buffer
	if t, err := template.New("").Parse(text); err != nil || t.Execute(&b, fill) != nil {
		return text
	}
	return b.String()
}

// grouped writes a whole number as readers of the language do: 1,234,567.
func grouped(n int64) string {
	s, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		s, sign = s[1:], "-"
	}
	between := spokenTongue().thousands
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + between + s[i:]
	}
	return sign + s
}

// decimal writes a number with so many decimals as readers of the language do: 0.25.
func decimal(f float64, decimals int) string {
	s := []byte(strconv.FormatFloat(f, 'f', decimals, 64))
	if i := bytes.IndexByte(s, '.'); i >= 0 {
		return string(s[:i]) + spokenTongue().point + string(s[i+1:])
	}
	return string(s)
}
