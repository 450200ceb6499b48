package library

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of what a user or another application writes on a card.
const (
	maxNotes    = 4000     // runes
	maxTags     = 16       // of maxTag
	maxTag      = 40       // runes
	maxExtra    = 64 << 10 // bytes of a template, of a system prompt, of parameters
	maxAdapters = 16
)

// Extras are what another application keeps beside a model. They are data from strangers: nothing here is executed or
// opened.
type Extras struct {
	Template   string          `json:"template,omitempty"`   // how it lays out a prompt, in its own language
	System     string          `json:"system,omitempty"`     // its system prompt
	Parameters json.RawMessage `json:"parameters,omitempty"` // its settings, a JSON object
	License    string          `json:"-"`                    // the text, which is kept in a file: Library.Licence
	Adapters   []string        `json:"adapters,omitempty"`   // absolute paths
}

// clean returns what of the extras can be kept, nil if that is nothing. What is too long is left out: half a template
// says something else.
func (e *Extras) clean() *Extras {
	if e == nil {
		return nil
	}
	text := func(s string) string {
		if len(s) > maxExtra {
			return ""
		}
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	kept := Extras{Template: text(e.Template), System: text(e.System), License: e.License}
	var object map[string]json.RawMessage
	if len(e.Parameters) <= maxExtra && json.Unmarshal(e.Parameters, &object) == nil && len(object) > 0 {
		kept.Parameters, _ = json.Marshal(e.Parameters) // one form, however the card indents it
	}
	for _, path := range e.Adapters {
		if absolute(path) && len(kept.Adapters) < maxAdapters {
			kept.Adapters = append(kept.Adapters, path)
		}
	}
	if kept.Template == "" && kept.System == "" && kept.Parameters == nil && kept.License == "" && kept.Adapters == nil {
		return nil
	}
	return &kept
}

// Speed is how fast a model was on this computer.
type Speed struct {
	Decode   float64   `json:"decode_tokens_s"`            // tokens written in a second
	Prefill  float64   `json:"prefill_tokens_s,omitempty"` // tokens read in a second; 0: not measured
	Kernels  string    `json:"kernels"`                    // "avx512"
	Threads  int       `json:"threads"`
	Measured time.Time `json:"measured"`
}

func (s *Speed) check() error {
	if !positive(s.Decode, s.Prefill) || s.Decode == 0 || s.Threads < 0 {
		return errors.New("the speed is out of range")
	}
	return nil
}

// Tuning says what a model was trained for.
type Tuning string

// The values of Tuning. Cards of earlier versions have none.
const (
	Instruct Tuning = "instruct" // to follow instructions and to chat
	Base     Tuning = "base"     // to continue a text
)

func (t Tuning) clean() Tuning {
	if t == Instruct || t == Base {
		return t
	}
	return ""
}

// tuningOf judges by a model's name and by whether its files lay out a chat. A name that says it is right, as some
// base models carry the template of their siblings.
func tuningOf(name string, template bool) Tuning {
	if t := tuningOfName(name); t != "" {
		return t
	}
	if template {
		return Instruct
	}
	return Base
}

func tuningOfName(name string) Tuning {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r >= utf8.RuneSelf)
	})
	has := func(word string) bool { return slices.Contains(words, word) }
	switch {
	case has("it") || has("instruct") || has("chat"):
		return Instruct
	case has("pt") || has("base") || has("pretrained"):
		return Base
	}
	return ""
}

// Size is how large a model is, which is most of how much it knows.
type Size uint8

// The sizes, by the number of weights.
const (
	Tiny   Size = iota // below half a billion: short texts, narrow tasks, any computer
	Small              // below 2 billion
	Medium             // below 8 billion
	Large
)

// Precision is how much of its training a model has kept when it was quantized.
type Precision uint8

// The precisions.
const (
	OtherPrecision  Precision = iota // not known, or mixed
	LowPrecision                     // 2 and 3 bits: answers are worse
	MediumPrecision                  // 4 and 5 bits
	HighPrecision                    // 6 and 8 bits: nearly as trained
	FullPrecision                    // as trained
)

// Hint says what a model is good for, as far as its facts tell, in values that the window has words for.
type Hint struct {
	Tuning    Tuning // "" if nothing tells
	Size      Size
	Precision Precision
}

// Hint derives what the model is good for.
func (c *Card) Hint() Hint {
	h := Hint{Tuning: c.Tuning, Size: Large}
	if h.Tuning == "" {
		h.Tuning = tuningOfName(c.Name)
	}
	for size, end := range []int64{Tiny: 500e6, Small: 2e9, Medium: 8e9} {
		if c.Parameters < end {
			h.Size = Size(size)
			break
		}
	}
	for _, p := range []struct {
		prefixes  string
		precision Precision
	}{{"F32 F16 BF16", FullPrecision}, {"Q8 Q6", HighPrecision}, {"Q5 Q4", MediumPrecision}, {"Q3 Q2", LowPrecision}} {
		for _, prefix := range strings.Fields(p.prefixes) {
			if strings.HasPrefix(strings.ToUpper(c.Quantization), prefix) {
				h.Precision = p.precision
			}
		}
	}
	return h
}

// cleanTags makes tags fit to be shown: one line each, none empty, none twice in any case.
func cleanTags(tags []string) (clean []string) {
	for _, tag := range tags {
		tag = cutText(cleanText(tag), maxTag)
		same := func(t string) bool { return strings.EqualFold(t, tag) }
		if tag != "" && len(clean) < maxTags && !slices.ContainsFunc(clean, same) {
			clean = append(clean, tag)
		}
	}
	return clean
}
